// SPDX-License-Identifier: Apache-2.0

// Constant memory for a tensor to own, which could write to it.
//
// expect: a tensor may write to what it owns

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
#ifdef SINTER_CONTROL
  float memory[3]{};
#else
  const float memory[3]{};
#endif
  st::tensor<float, 3> x(st::adopt(&memory[0], [](const float*) {}));
}
