// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors, views and texts on standard output. Arrays look as NumPy prints them.

#include <cstdio>

#include "sinter/tensor/print.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter {

/// A view's elements as NumPy's `str` gives them. @errors placement_error on a device
template <class T, extent_t... E>
std::string to_string(const tensor_view<T, E...>& x, const print_options& options = {}) {
  detail::require_host(x.where());
  return format_array(x.data(), tensor_view<T, E...>::rank, x.extents(), x.strides(), options);
}

/// The same for a tensor, whose memory is row-major.
template <class T, extent_t... E>
std::string to_string(const tensor<T, E...>& x, const print_options& options = {}) {
  detail::require_host(x.where());
  constexpr int rank = tensor<T, E...>::rank;
  std::int64_t strides[max_rank]{}, step = 1;
  for (int i = rank; i-- > 0; step *= x.extent(i)) strides[i] = step;
  return format_array(x.data(), rank, x.extents(), strides, options);
}

/// Writes a text, such as what `explain` returns, and ends the line if the text does not.
inline void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
}

/// Writes a tensor or a view, and ends the line.
template <class X>
  requires requires(const X& x) { to_string(x); }
void print(const X& x, const print_options& options = {}) {
  print(std::string_view(to_string(x, options)));
}

}  // namespace sinter
