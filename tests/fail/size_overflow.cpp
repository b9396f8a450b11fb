// SPDX-License-Identifier: Apache-2.0

// reshape: extents whose product overflows.
//
// expect: the number of elements does not fit 63 bits

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 4> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::reshape<2, 2>(x);
#else
  st::tensor y = st::reshape<4294967296, 4294967296>(x);
#endif
}
