// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From the elements that a file holds to a tensor, for every format that has arrays: types and
/// extents are compared, and memory is asked for only when the file can fill it.

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "sinter/core/message.hpp"
#include "sinter/io/conversion.hpp"
#include "sinter/io/file.hpp"
#include "sinter/tensor/evaluate.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter::detail {

/// What a file says of an array.
struct stored_array {
  std::optional<dtype> type = {};  ///< none where no tensor can hold it
  std::string type_text;           ///< as the format spells it
  bool swapped = false;            ///< in the other order of bytes
  bool columns_first = false;      ///< Fortran's order
  std::vector<std::int64_t> extents;
};

/// Elements that came columns first, into rows.
template <class T>
void turn_elements(const T* from, T* to, const std::vector<std::int64_t>& extents,
                   std::int64_t count) {
  std::vector<std::int64_t> at(extents.size()), stride(extents.size(), 1);
  for (std::size_t a = 1; a < stride.size(); ++a) stride[a] = stride[a - 1] * extents[a - 1];
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    to[i] = from[offset];
    for (std::size_t a = extents.size(); a-- > 0;) {
      offset += stride[a];
      if (++at[a] < extents[a]) break;
      offset -= at[a] * stride[a];
      at[a] = 0;
    }
  }
}

/// Turns the order of bytes in each of `count` elements.
inline void swap_bytes(void* elements, int size, std::int64_t count) {
  auto* const bytes = static_cast<unsigned char*>(elements);
  for (std::int64_t i = 0; i < count; ++i)
    std::reverse(bytes + i * size, bytes + (i + 1) * size);
}

/// Bytes of an array of such extents; -1 where that is no number of 64 bits.
inline std::int64_t stored_bytes(int element_size, const std::vector<std::int64_t>& extents) {
  if (std::find(extents.begin(), extents.end(), 0) != extents.end()) return 0;
  std::int64_t bytes = element_size;
  for (const std::int64_t n : extents)
    if (__builtin_mul_overflow(bytes, n, &bytes)) return -1;
  return bytes;
}

template <class> struct declared_extents;
template <class T, extent_t... E> struct declared_extents<tensor<T, E...>> {
  static constexpr int rank = sizeof...(E);
};

/// Reads the elements of another type, a piece at a time.
template <conversion How, class T>
void read_converted(input_source& file, const stored_array& array, T* to, std::int64_t count) {
  constexpr std::int64_t piece = 8192;
  const int size = properties(*array.type).size;
  std::vector<unsigned char> bytes(static_cast<std::size_t>(std::min(count, piece) * size));
  std::string value;
  for (std::int64_t first = 0; first < count; first += piece) {
    const std::int64_t some = std::min(count - first, piece);
    file.read(bytes.data(), some * size);
    if (array.swapped) swap_bytes(bytes.data(), size, some);
    const std::int64_t fitted = convert_elements(*array.type, bytes.data(), some,
                                                 How == conversion::lossless, to + first, value);
    if (fitted == some) continue;
    std::int64_t place = first + fitted, at[max_rank + 1] = {};
    const int rank = static_cast<int>(array.extents.size());
    for (int i = 0; i < rank; ++i) {
      const int axis = array.columns_first ? i : rank - 1 - i;
      at[axis] = place % array.extents[static_cast<std::size_t>(axis)];
      place /= array.extents[static_cast<std::size_t>(axis)];
    }
    file.fail("its element at " + extents_text(at, rank) + " is " + value + ", which " +
              properties(dtype_of<T>).name + " does not hold" +
              (How == conversion::lossless ? " as it is; conversion::any rounds" : ""));
  }
}

/// The tensor of an array whose elements come next.
/// @errors io_error where type or extents are not the tensor's, or the input holds too little, or
///         an element does not fit the type that it is converted to
template <class Tensor, conversion How>
Tensor read_elements(input_source& file, const stored_array& array) {
  using element = typename Tensor::element;
  constexpr int rank = declared_extents<Tensor>::rank;
  const bool converted = array.type != dtype_of<element>;
  if (!array.type || (converted && How == conversion::none))
    file.fail("its elements are " + array.type_text + ", and the tensor's " +
              properties(dtype_of<element>).name +
              (array.type ? "; conversion::lossless or conversion::any would convert them" : ""));
  const auto found = static_cast<int>(array.extents.size());
  const std::string extents = extents_text(array.extents.data(), found);
  if (found != rank || !extents_fit(array.extents.data(), Tensor::declared, rank))
    file.fail("its extents are " + extents + ", and the tensor's " +
              declared_text(Tensor::declared, rank));
  const int size = properties(*array.type).size;
  const std::int64_t bytes = stored_bytes(size, array.extents);
  if (bytes < 0 || bytes > file.rest())
    file.fail("it has " + std::to_string(file.rest()) +
              " bytes of elements, too few for extents " + extents);
  const std::int64_t count = bytes / size;
  std::int64_t given[max_rank + 1] = {};
  std::copy(array.extents.begin(), array.extents.end(), given);
  Tensor result = make_tensor<Tensor>(given);
  if (count == 0) return result;
  const bool turned = array.columns_first && rank > 1;
  std::vector<unsigned char> beside(
      turned ? static_cast<std::size_t>(count) * sizeof(element) : 0);
  element* const to = turned ? reinterpret_cast<element*>(beside.data()) : result.data();
  if (converted) {
    if constexpr (How != conversion::none) read_converted<How>(file, array, to, count);
  } else {
    file.read(to, bytes);
    if (array.swapped) swap_bytes(to, size, count);
    if constexpr (std::is_same_v<element, bool>) {  // any byte but 0 is true
      auto* const bits = reinterpret_cast<unsigned char*>(to);
      for (std::int64_t i = 0; i < count; ++i) bits[i] = bits[i] != 0;
    }
  }
  if (turned) turn_elements<element>(to, result.data(), array.extents, count);
  return result;
}

}  // namespace sinter::detail
