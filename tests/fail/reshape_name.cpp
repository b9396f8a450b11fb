// SPDX-License-Identifier: Apache-2.0

// reshape: to a name that no operand has.
//
// expect: a named one must occur in an operand
// expect: operation_name<reshape>, operand_shape<4>

#include <sinter/sinter.hpp>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

int main() {
  st::tensor<float, 4> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::reshape<2, 2>(x);
#else
  st::tensor y = st::reshape<batch, 2>(x);
#endif
}
