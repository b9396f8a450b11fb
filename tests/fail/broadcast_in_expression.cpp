// SPDX-License-Identifier: Apache-2.0

// A mistake deep in an expression is one error, and nothing follows from it.
//
// expect: the shapes do not broadcast
// expect: operation_name<mul>, operand_shape<2, 3>, operand_shape<2, 4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 2, 4> y;
#ifdef SINTER_CONTROL
  st::tensor z = softmax(relu(exp(x) * x + 1)) - x;
#else
  st::tensor z = softmax(relu(exp(x) * y + 1)) - x;
#endif
}
