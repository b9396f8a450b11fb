// SPDX-License-Identifier: Apache-2.0

// reshape: two axes that are dyn.
//
// expect: one axis at most may be dyn
// expect: operation_name<reshape>, operand_shape<6>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 6> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::reshape<st::dyn, 2>(x);
#else
  st::tensor y = st::reshape<st::dyn, st::dyn>(x);
#endif
}
