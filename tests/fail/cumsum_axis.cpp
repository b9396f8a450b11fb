// SPDX-License-Identifier: Apache-2.0

// cumsum: axis 2 of [2,3].
//
// expect: there is no such axis
// expect: operation_name<cumsum>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::cumsum<st::backwards, 1>(x);
#else
  st::tensor y = st::cumsum<st::backwards, 2>(x);
#endif
}
