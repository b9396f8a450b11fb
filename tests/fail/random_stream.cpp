// SPDX-License-Identifier: Apache-2.0

// normal_like: a stream for each element.
//
// expect: the seed and the stream must be single integers
// expect: operation_name<normal>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<int, 3> s;
  st::tensor<int> t;
#ifdef SINTER_CONTROL
  st::tensor y = st::normal_like(x, 1, t);
#else
  st::tensor y = st::normal_like(x, 1, s);
#endif
}
