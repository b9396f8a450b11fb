// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Matrices from CSV files.

#include <cmath>
#include <span>
#include <string>
#include <type_traits>

#include "sinter/core/message.hpp"
#include "sinter/io/conversion.hpp"
#include "sinter/io/csv.hpp"
#include "sinter/tensor/evaluate.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter {

namespace detail {

/// A number of a file in an element type; whether it fits. Text has no type that could be kept:
/// floating types round, others take whole numbers unless any conversion is allowed. Whole numbers
/// beyond 2^53 may have been rounded when they were read.
template <conversion How, class T> bool convert_text(double value, T& to) {
  constexpr double exact = 9007199254740992.0;
  constexpr bool floating = is_floating(dtype_of<T>);
  if (!floating && !(std::abs(value) < exact)) return false;
  constexpr bool exactly = floating ? How == conversion::lossless : How != conversion::any;
  return convert_number(value, exactly, to);
}

template <class> struct csv_matrix;
template <class T, extent_t Rows, extent_t Columns> struct csv_matrix<tensor<T, Rows, Columns>> {
  using type = tensor<T, Rows, Columns>;

  template <conversion How> static type of(const table& t, const std::string& name) {
    const std::int64_t given[max_rank + 1] = {t.rows, t.columns};
    const std::string fail = "cannot read '" + name + "': ";
    if (!extents_fit(given, type::declared, 2))
      throw io_error(fail + "its extents are " + extents_text(given, 2) + ", and the tensor's " +
                     declared_text(type::declared, 2));
    type result = make_tensor<type>(given);
    for (std::int64_t i = 0; i < result.size(); ++i) {
      const double value = t.values[static_cast<std::size_t>(i)];
      if (!convert_text<How>(value, result.data()[i]))
        throw io_error(fail + "row " + std::to_string(i / t.columns + 1) + ", column " +
                       std::to_string(i % t.columns + 1) + ": " + number_text(value) + " is no " +
                       properties(dtype_of<T>).name + "; load f64 and cast");
    }
    return result;
  }
};

}  // namespace detail

/// Reads a matrix: load_csv<tensor<float, dyn, 3>>("x.csv", {.header = true}). Open extents come
/// from the file, which is read as read_csv does.
/// @dtype    floating types round, unless conversion::lossless is asked for; others take whole
///           numbers within their range, below 2^53, or with conversion::any what is left without a
///           fraction
/// @errors   io_error with path and place: as read_csv, and where extents are not the tensor's or
///           its type cannot hold a number
/// @cost     one pass, and a second one over the numbers; 8 bytes a number besides the tensor
template <class Tensor, conversion How = conversion::none>
Tensor load_csv(const std::string& path, const csv_options& options = {}) {
  return detail::csv_matrix<Tensor>::template of<How>(read_csv(path, options), path);
}
/// The same of a file's content.
template <class Tensor, conversion How = conversion::none>
Tensor load_csv(std::span<const std::byte> content, const csv_options& options = {}) {
  const table numbers = read_csv(content, options);
  return detail::csv_matrix<Tensor>::template of<How>(numbers, "bytes in memory");
}

}  // namespace sinter
