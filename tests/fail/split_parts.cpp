// SPDX-License-Identifier: Apache-2.0

// split: three elements in two parts.
//
// expect: the parts must be equal
// expect: operation_name<split>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto parts = st::split<1, 3>(x);
#else
  auto parts = st::split<1, 2>(x);
#endif
}
