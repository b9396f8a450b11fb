// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory that tensors adopt, and what they hold, for tests of who gives it back.

#include <cstddef>
#include <cstdlib>
#include <vector>

namespace sinter::testing {

using numbers = std::vector<float>;
template <class Tensor> numbers elements(const Tensor& x) {
  return numbers(x.data(), x.data() + x.size());
}

/// What gives memory back and counts how often.
struct counted_delete {
  int* calls;
  void operator()(float* data) const {
    ++*calls;
    std::free(data);
  }
};
/// 0, 1, 2, ...
inline float* allocated(std::size_t count) {
  auto* const data = static_cast<float*>(std::malloc(count * sizeof(float)));
  for (std::size_t i = 0; i < count; ++i) data[i] = static_cast<float>(i);
  return data;
}

}  // namespace sinter::testing
