// SPDX-License-Identifier: Apache-2.0

// A state that has no rows, whereas the next one has those of the input.
//
// expect: a tensor keeps its shape when it is assigned
// expect: operation_name<assign>, operand_shape<4>, operand_shape<2, 4>

#include <sinter/sinter.hpp>  // first, so that errors come with few lines
#include <sinter/nn.hpp>

#include <tuple>

namespace st = sinter;

int main() {
  const st::rnn_cell<3, 4> cell;
  const st::tensor<float, st::dyn, 2, 3> x(7);
#ifdef SINTER_CONTROL
  const st::tensor<float, 2, 4> state;
#else
  const st::tensor<float, 4> state;
#endif
  auto [outputs, last] = st::through_time(cell, x, state);
}
