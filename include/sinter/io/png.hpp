// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pictures in PNG files as tensors [height, width, channels]. Needs libpng: with CMake the target
/// sinter::files where SINTER_PNG is defined, by hand -lpng.

#include <png.h>

#include <csetjmp>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sinter/io/elements.hpp"

namespace sinter {

namespace detail {

/// The library leaves a failed call by longjmp, past no destructor: the functions that it leaves
/// have none to call. What went wrong stays here.
struct png_state {
  png_structp png = nullptr;
  png_infop info = nullptr;
  bool reads = true;
  std::span<const std::byte> content = {};
  std::size_t at = 0;
  std::string written;
  char error[200] = "";

  explicit png_state(bool reading) : reads(reading) {
    png = reading ? ::png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, warn)
                  : ::png_create_write_struct(PNG_LIBPNG_VER_STRING, this, fail, warn);
    if (png != nullptr) info = ::png_create_info_struct(png);
    if (info == nullptr) std::strcpy(error, "libpng has no memory");
  }
  png_state(const png_state&) = delete;
  ~png_state() {
    if (reads) ::png_destroy_read_struct(&png, &info, nullptr);
    else ::png_destroy_write_struct(&png, &info);
  }

  static void fail(png_structp png, png_const_charp text) {
    auto* const self = static_cast<png_state*>(::png_get_error_ptr(png));
    std::strncpy(self->error, text, sizeof self->error - 1);
    ::png_longjmp(png, 1);
  }
  static void warn(png_structp, png_const_charp) {}
  static void take(png_structp png, png_bytep to, std::size_t bytes) {
    auto* const self = static_cast<png_state*>(::png_get_io_ptr(png));
    if (bytes > self->content.size() - self->at) ::png_error(png, "the file ends too early");
    std::memcpy(to, self->content.data() + self->at, bytes);
    self->at += bytes;
  }
  bool append(const png_byte* from, std::size_t bytes) {
    try {
      written.append(reinterpret_cast<const char*>(from), bytes);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  static void give(png_structp png, png_bytep from, std::size_t bytes) {
    if (!static_cast<png_state*>(::png_get_io_ptr(png))->append(from, bytes))
      ::png_error(png, "no memory");
  }
};

/// Reads what comes before the pixels, which will have 8 or 16 bits a channel, without a palette.
inline bool png_begin(png_state& s) {
  if (s.info == nullptr || setjmp(png_jmpbuf(s.png)) != 0) return false;
  ::png_set_read_fn(s.png, &s, png_state::take);
  ::png_set_user_limits(s.png, 0x7fffffff, 0x7fffffff);
  ::png_read_info(s.png, s.info);
  // Deflated bytes grow at most 1032-fold. Checked here, since the library asks for rows next.
  if (static_cast<double>(::png_get_rowbytes(s.png, s.info)) *
          static_cast<double>(::png_get_image_height(s.png, s.info)) >
      static_cast<double>(s.content.size()) * 1032)
    ::png_error(s.png, "it has too few bytes for the pixels that its header promises");
  ::png_set_expand(s.png);
  ::png_set_swap(s.png);
  ::png_set_interlace_handling(s.png);
  ::png_read_update_info(s.png, s.info);
  return true;
}

inline bool png_pixels(png_state& s, png_bytepp rows) {
  if (setjmp(png_jmpbuf(s.png)) != 0) return false;
  ::png_read_image(s.png, rows);
  ::png_read_end(s.png, nullptr);
  return true;
}

inline bool png_write(png_state& s, const std::int64_t* extents, int depth, png_bytepp rows) {
  constexpr int colours[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                             PNG_COLOR_TYPE_RGB_ALPHA};
  if (s.info == nullptr || setjmp(png_jmpbuf(s.png)) != 0) return false;
  ::png_set_write_fn(s.png, &s, png_state::give, nullptr);
  ::png_set_user_limits(s.png, 0x7fffffff, 0x7fffffff);
  ::png_set_IHDR(s.png, s.info, static_cast<png_uint_32>(extents[1]),
                 static_cast<png_uint_32>(extents[0]), depth, colours[extents[2]],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  ::png_write_info(s.png, s.info);
  ::png_set_swap(s.png);
  ::png_write_image(s.png, rows);
  ::png_write_end(s.png, nullptr);
  return true;
}

template <class T> std::vector<png_bytep> png_rows(T* pixels, const std::int64_t* extents) {
  std::vector<png_bytep> rows(static_cast<std::size_t>(extents[0]));
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] = reinterpret_cast<png_bytep>(pixels) +
              i * static_cast<std::size_t>(extents[1] * extents[2]) * sizeof(T);
  return rows;
}

template <class> struct png_picture;
template <class T, extent_t H, extent_t W, extent_t C> struct png_picture<tensor<T, H, W, C>> {
  static_assert(std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint16_t>,
                "sinter: pictures in PNG files are u8 or u16");
  using type = tensor<T, H, W, C>;

  static type load(input_source& file) {
    const std::string content = file.text(file.size());
    png_state s(true);
    s.content = std::as_bytes(std::span(content.data(), content.size()));
    if (!png_begin(s)) file.fail(s.error);
    const dtype found = ::png_get_bit_depth(s.png, s.info) == 16 ? dtype::u16 : dtype::u8;
    const std::int64_t given[max_rank + 1] = {::png_get_image_height(s.png, s.info),
                                              ::png_get_image_width(s.png, s.info),
                                              ::png_get_channels(s.png, s.info)};
    if (found != dtype_of<T>)
      file.fail(std::string("its elements are ") + properties(found).name +
                ", and the tensor's " + properties(dtype_of<T>).name +
                "; load them as they are and cast");
    if (!extents_fit(given, type::declared, 3))
      file.fail("its extents are " + extents_text(given, 3) + ", and the tensor's " +
                declared_text(type::declared, 3));
    type result = make_tensor<type>(given);
    std::vector<png_bytep> rows = png_rows(result.data(), given);
    if (!png_pixels(s, rows.data())) file.fail(s.error);
    return result;
  }

  static void save(const std::string& path, const type& x) {
    const std::string fail = "cannot write '" + path + "': ";
    const std::int64_t* const extents = x.extents();
    if (x.size() == 0 || extents[2] > 4 || extents[0] > 0x7fffffff || extents[1] > 0x7fffffff)
      throw io_error(fail + "extents " + extents_text(extents, 3) +
                     "; expected height and width from 1 on, and 1 to 4 channels");
    png_state s(false);
    std::vector<png_bytep> rows = png_rows(const_cast<T*>(x.data()), extents);  // only read
    if (!png_write(s, extents, 8 * static_cast<int>(sizeof(T)), rows.data()))
      throw io_error(fail + s.error);
    write_file(path, {s.written});
  }
};

}  // namespace detail

/// Reads a picture: load_png<tensor<std::uint8_t, dyn, dyn, 3>>("x.png"). Channels are grey; grey
/// and alpha; red, green, blue; or those and alpha. Palettes become colours, and fewer than 8 bits
/// 8; gamma and colour profiles are not applied.
/// @shape   [height, width, channels]; open extents come from the file
/// @dtype   u8 u16, as the file has them
/// @errors  io_error where the file is missing, damaged or of another type or shape; memory is
///          asked for only when the file can fill it
template <class Tensor> Tensor load_png(const std::string& path) {
  detail::input_file file(path);
  return detail::png_picture<Tensor>::load(file);
}
/// The same of a file's content.
template <class Tensor> Tensor load_png(std::span<const std::byte> content) {
  detail::input_bytes file(content);
  return detail::png_picture<Tensor>::load(file);
}

/// Writes a picture, from wherever it is. The file appears whole or not at all.
/// @errors  io_error with the path and the reason, such as a picture without pixels
template <class T, extent_t H, extent_t W, extent_t C>
void save_png(const std::string& path, const tensor<T, H, W, C>& x) {
  if (!x.where().is_host()) return save_png(path, x.to(cpu));
  detail::png_picture<tensor<T, H, W, C>>::save(path, x);
}

}  // namespace sinter
