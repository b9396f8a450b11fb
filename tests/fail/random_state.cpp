// SPDX-License-Identifier: Apache-2.0

// uniform_like: a seed that is no integer.
//
// expect: the seed and the stream must be single integers
// expect: operation_name<uniform>, operand_shape<>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::uniform_like(x, 1, 2);
#else
  st::tensor y = st::uniform_like(x, 1.5, 2);
#endif
}
