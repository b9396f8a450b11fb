// SPDX-License-Identifier: Apache-2.0

// A constant tensor in a structure of DLPack that cannot say so.
//
// expect: before version 1, DLPack has no word for read-only tensors

#include <sinter/dlpack.hpp>

namespace st = sinter;

int main() {
  const st::tensor<float, 3> x;
#ifdef SINTER_CONTROL
  auto* const lent = st::to_dlpack(x);
#else
  auto* const lent = st::to_dlpack<st::dlpack::managed_tensor>(x);
#endif
  lent->deleter(lent);
}
