// SPDX-License-Identifier: Apache-2.0

// A cell whose state has another width than it is made for.
//
// expect: the left operand's columns must match the right one's rows
// expect: operation_name<matmul>, operand_shape<2, 5>, operand_shape<4, 4>

#include <sinter/sinter.hpp>  // first, so that errors come with few lines
#include <sinter/nn.hpp>

#include <tuple>

namespace st = sinter;

int main() {
  const st::gru_cell<3, 4> cell;
  const st::tensor<float, st::dyn, 2, 3> x(7);
#ifdef SINTER_CONTROL
  const st::tensor<float, 2, 4> state;
#else
  const st::tensor<float, 2, 5> state;
#endif
  auto [outputs, last] = st::through_time(cell, x, state);
}
