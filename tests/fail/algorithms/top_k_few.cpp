// SPDX-License-Identifier: Apache-2.0

// top_k: 4 of the 3 elements of a row.
//
// expect: the axis has fewer elements than are asked for
// expect: operation_name<top_k>, operand_shape<2, 3>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto best = st::top_k<3>(x * 2.f);
#else
  auto best = st::top_k<4>(x * 2.f);
#endif
}
