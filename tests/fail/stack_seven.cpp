// SPDX-License-Identifier: Apache-2.0

// stack: six axes and a new one.
//
// expect: a tensor has at most six axes
// expect: operation_name<stack>, operand_shape<1, 1, 1, 1, 1, 2>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 1, 1, 1, 1, 1, 2> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::concatenate<0>(x, x);
#else
  st::tensor y = st::stack<0>(x, x);
#endif
}
