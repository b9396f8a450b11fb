// SPDX-License-Identifier: Apache-2.0

// matmul: [2,3] x [4,5].
//
// expect: the left operand's columns must match the right one's rows
// expect: operation_name<'m', 'a', 't', 'm', 'u', 'l'>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 4, 5> w;
#ifdef SINTER_CONTROL
  st::tensor y = matmul(x, transpose(w));
#else
  st::tensor y = matmul(x, w);
#endif
}
