// SPDX-License-Identifier: Apache-2.0

// A tensor of seven axes.
//
// expect: at most six axes

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
#ifdef SINTER_CONTROL
  st::tensor<float, 1, 1, 1, 1, 1, 1> x;
#else
  st::tensor<float, 1, 1, 1, 1, 1, 1, 1> x;
#endif
}
