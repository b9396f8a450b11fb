// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elements of files in another type than the tensor's, on request: one rule for every format.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "sinter/core/dtype.hpp"

namespace sinter {

/// How a reader treats elements whose type is not the tensor's, as its second template argument:
/// load_npy<tensor<float, dyn>, conversion::lossless>("x.npy"). What a type cannot hold is an
/// io_error that names the element.
enum class conversion {
  none,      ///< refuses the file
  lossless,  ///< every value must stay what it is; 0 and -0 are one, and so are all NaNs
  any        ///< fractions are rounded, for integers towards 0; to bool, whether they differ from 0
};

namespace detail {

/// Whether a floating type holds a finite double, rounded: below halfway from its largest value to
/// the next power of two, or there, if that tie goes down.
template <class T> bool in_range(double x) {
  x = std::abs(x);
  if constexpr (std::is_same_v<T, e4m3>) return x <= 464;
  else if constexpr (std::is_same_v<T, e5m2>) return x < 61440;
  else if constexpr (std::is_same_v<T, f16>) return x < 65520;
  else if constexpr (std::is_same_v<T, bf16>) return x < 0x1.ffp127;
  else if constexpr (std::is_same_v<T, float>) return x < 0x1.ffffffp127;
  else return true;
}

/// A number, which is a double or an integer of 64 bits, in an element type. Returns whether it
/// fits: rounded, or, if `exactly`, as it is.
template <class To, class From> bool convert_number(From x, bool exactly, To& to) {
  if constexpr (std::is_same_v<To, bool>) {
    to = x != From(0);
    return !exactly || x == From(0) || x == From(1);
  } else if constexpr (std::is_integral_v<To> && std::is_integral_v<From>) {
    to = static_cast<To>(x);
    return std::in_range<To>(x);
  } else if constexpr (std::is_integral_v<To>) {
    // One beyond the largest is a power of two, and so a double.
    constexpr int bits = std::numeric_limits<To>::digits;
    constexpr double end = 2.0 * static_cast<double>(std::uint64_t{1} << (bits - 1));
    const double whole = std::trunc(x);
    if (!(whole < end && whole >= (std::is_signed_v<To> ? -end : 0))) return false;
    to = static_cast<To>(whole);
    return !exactly || whole == x;
  } else if constexpr (std::is_integral_v<From>) {
    if (!in_range<To>(static_cast<double>(x))) return false;
    to = static_cast<To>(x);
    From back{};
    return !exactly || (convert_number(static_cast<double>(to), true, back) && back == x);
  } else {
    if (std::isfinite(x) && !in_range<To>(x)) return false;
    to = static_cast<To>(x);
    const auto back = static_cast<double>(to);
    if (x != x) return back != back;
    return back == x || (!exactly && std::isfinite(x));
  }
}

template <class Number> std::string number_text(Number x) {
  char text[32] = {};
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

/// Elements of one of some types as the widest numbers of their kind.
template <dtype... Types, class Wide>
void widen(dtype type, const unsigned char* from, std::int64_t count, Wide* to) {
  const auto from_type = [&]<class T>() {
    for (std::int64_t i = 0; i < count; ++i) {
      T x;
      std::memcpy(&x, from + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
      to[i] = static_cast<Wide>(x);
    }
  };
  ((type == Types ? from_type.template operator()<element_t<Types>>() : void()), ...);
}

/// Converts stored elements of a type, in this machine's order of bytes. Returns how many fitted;
/// of one that does not, `text` gets the value.
template <class To>
std::int64_t convert_elements(dtype type, const unsigned char* from, std::int64_t count,
                              bool exactly, To* to, std::string& text) {
  constexpr std::int64_t piece = 512;
  const auto by_way_of = [&]<class Wide, dtype... Types>() {
    Wide wide[piece];
    for (std::int64_t first = 0; first < count; first += piece) {
      const std::int64_t some = count - first < piece ? count - first : piece;
      widen<Types...>(type, from + first * properties(type).size, some, wide);
      for (std::int64_t i = 0; i < some; ++i)
        if (!convert_number(wide[i], exactly, to[first + i])) {
          text = number_text(wide[i]);
          return first + i;
        }
    }
    return count;
  };
  using enum dtype;
  if (type == boolean) {  // any byte but 0 is true
    for (std::int64_t i = 0; i < count; ++i)
      (void)convert_number(std::int64_t{from[i] != 0}, exactly, to[i]);
    return count;
  }
  if (is_floating(type))
    return by_way_of.template operator()<double, e4m3, e5m2, f16, bf16, f32, f64>();
  if (is_signed_integer(type))
    return by_way_of.template operator()<std::int64_t, i8, i16, i32, i64>();
  return by_way_of.template operator()<std::uint64_t, u8, u16, u32, u64>();
}

}  // namespace detail

}  // namespace sinter
