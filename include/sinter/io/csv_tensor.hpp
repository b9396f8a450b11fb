// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Matrices from CSV files.

#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include "sinter/core/message.hpp"
#include "sinter/io/csv.hpp"
#include "sinter/tensor/evaluate.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter {

namespace detail {

/// Whether a type holds a number of a file: a floating type up to rounding, if not too great;
/// others just as it is. Whole numbers beyond 2^53 may have been rounded when they were read.
template <class T> bool holds_number(double value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value == 0 || value == 1;
  } else if constexpr (std::is_integral_v<T>) {
    constexpr double exact = 9007199254740992.0;
    const double low = static_cast<double>(std::numeric_limits<T>::min());
    const double high = static_cast<double>(std::numeric_limits<T>::max());
    return value >= low && value <= high && std::abs(value) < exact && value == std::trunc(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return true;
  } else {
    return !std::isfinite(value) ||
           std::isfinite(static_cast<float>(static_cast<T>(static_cast<float>(value))));
  }
}

template <class> struct csv_matrix;
template <class T, extent_t Rows, extent_t Columns> struct csv_matrix<tensor<T, Rows, Columns>> {
  using type = tensor<T, Rows, Columns>;

  static type of(const table& t, const std::string& name) {
    const std::int64_t given[max_rank + 1] = {t.rows, t.columns};
    const std::string fail = "cannot read '" + name + "': ";
    if (!extents_fit(given, type::declared, 2))
      throw io_error(fail + "its extents are " + extents_text(given, 2) + ", and the tensor's " +
                     declared_text(type::declared, 2));
    type result = make_tensor<type>(given);
    for (std::int64_t i = 0; i < result.size(); ++i) {
      const double value = t.values[static_cast<std::size_t>(i)];
      if (!holds_number<T>(value)) {
        char text[32] = {};
        std::to_chars(text, text + sizeof text - 1, value);
        throw io_error(fail + "row " + std::to_string(i / t.columns + 1) + ", column " +
                       std::to_string(i % t.columns + 1) + ": " + text + " is no " +
                       properties(dtype_of<T>).name + "; load f64 and cast");
      }
      if constexpr (is_floating(dtype_of<T>) && sizeof(T) < 4)
        result.data()[i] = static_cast<T>(static_cast<float>(value));
      else result.data()[i] = static_cast<T>(value);
    }
    return result;
  }
};

}  // namespace detail

/// Reads a matrix: load_csv<tensor<float, dyn, 3>>("x.csv", {.header = true}). Open extents come
/// from the file, which is read as read_csv does.
/// @dtype    floating types round; others take whole numbers within their range, below 2^53
/// @errors   io_error with path and place: as read_csv, and where extents are not the tensor's or
///           its type cannot hold a number
/// @cost     one pass, and a second one over the numbers; 8 bytes a number besides the tensor
template <class Tensor>
Tensor load_csv(const std::string& path, const csv_options& options = {}) {
  return detail::csv_matrix<Tensor>::of(read_csv(path, options), path);
}
/// The same of a file's content.
template <class Tensor>
Tensor load_csv(std::span<const std::byte> content, const csv_options& options = {}) {
  return detail::csv_matrix<Tensor>::of(read_csv(content, options), "bytes in memory");
}

}  // namespace sinter
