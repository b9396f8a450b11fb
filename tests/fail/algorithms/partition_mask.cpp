// SPDX-License-Identifier: Apache-2.0

// partition: a mask of numbers.
//
// expect: the condition must be boolean
// expect: operation_name<partition>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto parts = st::partition(x, x > 0.f);
#else
  auto parts = st::partition(x, x);
#endif
}
