// SPDX-License-Identifier: Apache-2.0

// squeeze: an axis of extent 3.
//
// expect: the number of elements must stay the same
// expect: operation_name<squeeze>, operand_shape<1, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 1, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::squeeze<0>(x);
#else
  st::tensor y = st::squeeze<1>(x);
#endif
}
