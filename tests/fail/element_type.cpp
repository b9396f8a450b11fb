// SPDX-License-Identifier: Apache-2.0

// A tensor of pointers.
//
// expect: the element type must be one of bool, integers, float, double, f16, bf16, e4m3 and e5m2

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
#ifdef SINTER_CONTROL
  st::tensor<char, 3> x;
#else
  st::tensor<char*, 3> x;
#endif
}
