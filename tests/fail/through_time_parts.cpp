// SPDX-License-Identifier: Apache-2.0

// A cell of two states that is given one.
//
// expect: the parts of this state

#include <sinter/nn.hpp>

#include <tuple>

namespace st = sinter;

int main() {
  const st::lstm_cell<3, 4> cell;
  const st::tensor<float, st::dyn, 2, 3> x(7);
#ifdef SINTER_CONTROL
  const std::tuple<st::tensor<float, 2, 4>, st::tensor<float, 2, 4>> state;
#else
  const st::tensor<float, 2, 4> state;
#endif
  auto [outputs, last] = st::through_time(cell, x, state);
}
