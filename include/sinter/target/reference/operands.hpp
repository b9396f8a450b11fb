// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory of any type as the reference sees it: doubles, in row-major order.

#include <vector>

#include "sinter/target/execution.hpp"

namespace sinter::reference {

namespace detail {

template <class T>
void append_elements(std::vector<double>& out, const sinter::target::operand_memory& m, int rank) {
  std::int64_t count = 1;
  for (int a = 0; a < rank; ++a) count *= m.extents[a];
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t at = i;
    if (m.strides != nullptr) {
      at = 0;
      std::int64_t rest = i;
      for (int a = rank; a-- > 0; rest /= m.extents[a]) at += rest % m.extents[a] * m.strides[a];
    }
    out.push_back(static_cast<double>(static_cast<const T*>(m.data)[at]));
  }
}

}  // namespace detail

/// The elements of memory on the host. Integers beyond 2^53 are rounded.
inline std::vector<double> as_doubles(const sinter::target::operand_memory& m, int rank) {
  std::vector<double> values;
  const auto append = [&]<dtype Type>() {
    if (m.type == Type) detail::append_elements<element_t<Type>>(values, m, rank);
  };
  [&]<int... Type>(std::integer_sequence<int, Type...>) {
    (append.template operator()<static_cast<dtype>(Type)>(), ...);
  }(std::make_integer_sequence<int, dtype_count>{});
  return values;
}

}  // namespace sinter::reference
