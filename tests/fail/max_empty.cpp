// SPDX-License-Identifier: Apache-2.0

// max: over an axis of extent 0.
//
// expect: an empty axis has no such value
// expect: operation_name<max>, operand_shape<2, 0>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 0> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::sum<1>(x);
#else
  st::tensor y = st::max<1>(x);
#endif
}
