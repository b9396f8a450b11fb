// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Arrays as text, character for character as NumPy 2.4 prints them: `str(array)`, or
/// `array2string` with the same options. Every function that does not need the element type is an
/// ordinary one, so that printing ten types costs little more than printing one.
/// Invariant: the output never depends on the locale.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "sinter/tensor/decimal.hpp"

namespace sinter {

/// NumPy's print options of the same meaning, with its defaults.
struct print_options {
  int precision = 8;              ///< most digits after the point
  std::int64_t threshold = 1000;  ///< arrays with more elements are summarised
  std::int64_t edge_items = 3;    ///< what a summary shows at either end of an axis
  std::int64_t line_width = 75;
};

namespace detail::text {

inline std::string special_text(double x) { return std::isnan(x) ? "nan" : x < 0 ? "-inf" : "inf"; }

inline std::string pad_left(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

/// The common form of all floats of an array: it sees each once, then prints each alike.
struct float_column {
  const float_traits& traits;
  int precision;
  double largest = 0, smallest = std::numeric_limits<double>::infinity();
  bool special = false, minus_infinity = false, exponential = false;
  std::size_t before = 0, after = 0, exponent = 0;

  void see_range(double x) {
    if (!std::isfinite(x)) {
      special = true;
      minus_infinity = minus_infinity || x == -std::numeric_limits<double>::infinity();
    } else if (x != 0) {
      largest = std::max(largest, std::abs(x));
      smallest = std::min(smallest, std::abs(x));
    }
  }

  /// NumPy compares in the element type, so both sides are rounded to it.
  void choose_form() {
    exponential =
        largest > 0 && (largest >= traits.array_cutoff || smallest < round_to(1e-4, traits) ||
                        round_to(largest / smallest, traits) > 1000);
  }

  decimal split(double x) const {
    return exponential ? scientific(x, traits, precision) : positional(x, traits, precision);
  }

  void see_width(double x) {
    if (!std::isfinite(x)) return;
    const decimal parts = split(x);
    before = std::max(before, parts.before.size());
    after = std::max(after, parts.after.size());
    exponent = std::max(exponent, parts.exponent.size());
  }

  std::size_t right() const { return 1 + after + (exponential ? 1 + exponent : 0); }

  void finish() {
    if (!special) return;
    const std::size_t want = minus_infinity ? 4 : 3;
    before = std::max(before, want > right() ? want - right() : 0);
  }

  std::string print(double x) const {
    if (!std::isfinite(x)) return pad_left(special_text(x), before + right());
    decimal parts = split(x);
    if (exponential) {
      // All get as many digits as the longest, and true ones: NumPy does not fill with zeros.
      std::string text = to_text(x, std::chars_format::scientific, static_cast<int>(after));
      const std::size_t mark = text.find('e');
      if (after == 0) text.insert(mark, ".");
      const std::size_t sign = text.find('e') + 1;
      text.insert(sign + 1, exponent - (text.size() - sign), '0');
      return pad_left(text, before + right());
    }
    parts.after.resize(after, ' ');
    return pad_left(parts.before, before) + '.' + parts.after;
  }
};

/// An array without its element type: `word` prints the element at an offset.
struct array_layout {
  int rank;
  const std::int64_t* extents;
  const std::int64_t* strides;
  bool summarised;
  print_options options;

  bool cut(int axis) const { return summarised && extents[axis] > 2 * options.edge_items; }

  /// Calls `visit(offset)` for each element that will be printed.
  template <class Visit>
  void for_each(const Visit& visit, int axis = 0, std::int64_t offset = 0) const {
    if (axis == rank) return visit(offset);
    for (std::int64_t i = 0; i < extents[axis]; ++i) {
      if (cut(axis) && i == options.edge_items) i = extents[axis] - options.edge_items;
      if (i < extents[axis]) for_each(visit, axis + 1, offset + i * strides[axis]);
    }
  }

  template <class Word>
  void print(std::string& out, const Word& word, int axis = 0, std::int64_t offset = 0) const {
    const bool row = axis == rank - 1;
    const std::size_t indent = static_cast<std::size_t>(axis) + 1;
    // Every enclosing bracket takes one column off the width, and the own one another.
    const auto width =
        static_cast<std::size_t>(std::max<std::int64_t>(options.line_width - axis - 1, 0));
    std::size_t line = indent;  // columns used so far
    const auto add = [&](std::string_view text) {
      if (line > indent && line + text.size() > width) {
        while (out.back() == ' ') out.pop_back();
        (out += '\n').append(indent, ' ');
        line = indent;
      }
      out += text;
      line += text.size();
    };
    const auto separate = [&] {
      if (row)
        out += ' ', ++line;
      else
        out.append(static_cast<std::size_t>(rank - axis - 1), '\n').append(indent, ' ');
    };
    out += '[';
    for (std::int64_t i = 0; i < extents[axis]; ++i) {
      if (i > 0) separate();
      if (cut(axis) && i == options.edge_items) {
        if (row)
          add("...");
        else
          out += "...";
        i = extents[axis] - options.edge_items;
        if (i == extents[axis]) break;
        separate();
      }
      if (row)
        add(word(offset + i * strides[axis]));
      else
        print(out, word, axis + 1, offset + i * strides[axis]);
    }
    out += ']';
  }
};

template <class T>
std::string integer_text(T x) {
  char text[24];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

}  // namespace detail::text

/// One number, as `str(numpy.float32(x))` and its siblings print it: shortest that reads back.
template <class T>
std::string format_scalar(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "True" : "False";
  } else if constexpr (std::is_integral_v<T>) {
    return detail::text::integer_text(value);
  } else {
    const auto& traits = detail::text::traits_of<T>();
    const auto x = static_cast<double>(
        static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(value));
    if (!std::isfinite(x)) return detail::text::special_text(x);
    const double magnitude = std::abs(x);
    constexpr int all = std::numeric_limits<int>::max();
    if (x != 0 && (magnitude < 1e-4 || magnitude >= traits.scalar_cutoff)) {
      const detail::text::decimal d = detail::text::scientific(x, traits, all);
      return d.before + (d.after.empty() ? "" : "." + d.after) + 'e' + d.exponent;
    }
    const detail::text::decimal d = detail::text::positional(x, traits, all);
    return d.before + '.' + (d.after.empty() ? "0" : d.after);
  }
}

/// An array as `str(numpy_array)` prints it. Strides count elements; rank 0 is a scalar.
/// @errors   none
/// @cost     reads each printed element three times; summarised arrays are not read further
template <class T>
std::string format_array(const T* data, int rank, const std::int64_t* extents,
                         const std::int64_t* strides, const print_options& options = {}) {
  if (rank == 0) return format_scalar(*data);
  double size = 1;  // a double, since a broadcast array may have more elements than an int64
  for (int axis = 0; axis < rank; ++axis) size *= static_cast<double>(extents[axis]);
  if (size == 0) return "[]";
  const detail::text::array_layout layout{rank, extents, strides,
                                          size > static_cast<double>(options.threshold), options};
  std::string out;
  if constexpr (std::is_integral_v<T>) {
    std::size_t width = 0;
    const auto digits = [&](std::int64_t at) { return format_scalar(data[at]); };
    if constexpr (std::is_same_v<T, bool>)
      width = 5;
    else
      layout.for_each([&](std::int64_t at) { width = std::max(width, digits(at).size()); });
    layout.print(out, [&](std::int64_t at) { return detail::text::pad_left(digits(at), width); });
  } else {
    const auto value = [&](std::int64_t at) {
      if constexpr (std::is_same_v<T, double>)
        return data[at];
      else
        return static_cast<double>(static_cast<float>(data[at]));
    };
    detail::text::float_column column{detail::text::traits_of<T>(), options.precision};
    layout.for_each([&](std::int64_t at) { column.see_range(value(at)); });
    column.choose_form();
    layout.for_each([&](std::int64_t at) { column.see_width(value(at)); });
    column.finish();
    layout.print(out, [&](std::int64_t at) { return column.print(value(at)); });
  }
  return out;
}

}  // namespace sinter
