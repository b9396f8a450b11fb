// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors in files of the IDX format, in which MNIST and its relatives come, one array each.
/// @source  LeCun, Cortes and Burges, The MNIST database of handwritten digits, "The IDX file
///          format"

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/io/elements.hpp"
#include "sinter/io/gzip.hpp"

namespace sinter {

namespace detail {

/// The number of an element type; 0 where the format has none.
constexpr unsigned char idx_number(dtype type) {
  switch (type) {
    case dtype::u8: return 0x08;
    case dtype::i8: return 0x09;
    case dtype::i16: return 0x0b;
    case dtype::i32: return 0x0c;
    case dtype::f32: return 0x0d;
    case dtype::f64: return 0x0e;
    default: return 0;
  }
}

template <class Tensor, conversion How> Tensor read_plain_idx(input_source& file) {
  static_assert(idx_number(dtype_of<typename Tensor::element>) != 0 || How != conversion::none,
                "sinter: load_idx: the format has u8, i8, i16, i32, f32 and f64; "
                "conversion::lossless makes others of them");
  unsigned char start[4] = {};
  if (file.size() < 4)
    file.fail("it is no IDX file: it has " + std::to_string(file.size()) + " bytes");
  file.read(start, 4);
  if (start[0] != 0 || start[1] != 0) file.fail("it is no IDX file: it does not begin with 0, 0");
  stored_array array{.type_text = "of type " + std::to_string(start[2]),
                     .swapped = true,
                     .extents = {}};
  for (int i = 0; i < dtype_count; ++i)
    if (const auto type = static_cast<dtype>(i); start[2] != 0 && idx_number(type) == start[2]) {
      array.type = type;
      array.type_text = properties(type).name;
      array.swapped = properties(type).size > 1;
    }
  if (file.rest() < 4 * start[3])
    file.fail("it ends within its " + std::to_string(start[3]) + " extents");
  for (int a = 0; a < start[3]; ++a) {
    unsigned char n[4];
    file.read(n, 4);
    array.extents.push_back(std::int64_t{n[0]} << 24 | n[1] << 16 | n[2] << 8 | n[3]);
  }
  Tensor result = read_elements<Tensor, How>(file, array);
  if (file.rest() > 0) file.fail(std::to_string(file.rest()) + " bytes follow its elements");
  return result;
}

template <class Tensor, conversion How>
Tensor read_idx(seekable_input& file, const std::string& name) {
  if (!is_gzip(file)) return read_plain_idx<Tensor, How>(file);
  gzip_input unpacked(file, name);
  return read_plain_idx<Tensor, How>(unpacked);
}

}  // namespace detail

/// Reads a tensor: load_idx<tensor<std::uint8_t, dyn, 28, 28>>("train-images-idx3-ubyte.gz"), as it
/// is or packed by gzip, which needs zlib: CMake's target sinter::files. Elements have to be of the
/// tensor's type unless a conversion is asked for, extents as the type says; open ones come from
/// the file.
/// @errors  io_error where the file is missing, malformed, damaged, shorter or longer than its
///          header promises or of another type or shape; memory is asked for only when the file,
///          packed or not, can fill it
/// @cost    one read into the tensor; what is packed is unpacked twice
template <class Tensor, conversion How = conversion::none>
Tensor load_idx(const std::string& path) {
  detail::input_file file(path);
  return detail::read_idx<Tensor, How>(file, path);
}
/// The same of a file's content.
template <class Tensor, conversion How = conversion::none>
Tensor load_idx(std::span<const std::byte> content) {
  detail::input_bytes file(content);
  return detail::read_idx<Tensor, How>(file, "bytes in memory");
}

/// Writes a tensor, from wherever it is. The file appears whole or not at all.
/// @errors  io_error with the path and the reason, such as an extent of 2^32 or more
/// @cost    a copy of the elements, whose bytes turn around
template <class T, extent_t... E>
void save_idx(const std::string& path, const tensor<T, E...>& x) {
  static_assert(detail::idx_number(dtype_of<T>) != 0,
                "sinter: save_idx: the format has u8, i8, i16, i32, f32 and f64; cast first");
  if (!x.where().is_host()) return save_idx(path, x.to(cpu));
  std::string start{'\0', '\0', static_cast<char>(detail::idx_number(dtype_of<T>)),
                    static_cast<char>(sizeof...(E))};
  for (std::size_t a = 0; a < sizeof...(E); ++a) {
    const std::int64_t n = x.extents()[a];
    if (n > 0xffffffff)
      throw io_error("cannot write '" + path + "': the format has no extent " + std::to_string(n));
    for (int shift = 24; shift >= 0; shift -= 8) start += static_cast<char>(n >> shift & 255);
  }
  std::vector<T> turned(x.data(), x.data() + x.size());
  if constexpr (sizeof(T) > 1) detail::swap_bytes(turned.data(), sizeof(T), x.size());
  const std::string_view elements(reinterpret_cast<const char*>(turned.data()),
                                  turned.size() * sizeof(T));
  detail::write_file(path, {start, elements});
}

}  // namespace sinter
