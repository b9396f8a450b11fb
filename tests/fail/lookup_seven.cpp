// SPDX-License-Identifier: Apache-2.0

// lookup: a result of seven axes.
//
// expect: a tensor has at most six axes
// expect: operation_name<lookup>, operand_shape<5, 3, 1, 1>, operand_shape<1, 1, 1, 4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 5, 3, 1, 1> x;
  st::tensor<int, 1, 1, 4> i;
  st::tensor<int, 1, 1, 1, 4> j;
#ifdef SINTER_CONTROL
  st::tensor y = st::lookup<0>(x, i);
#else
  st::tensor y = st::lookup<0>(x, j);
#endif
}
