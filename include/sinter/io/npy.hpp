// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors in files of NumPy's format, one array each.
/// @source  https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1 to 3

#include <charconv>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinter/core/message.hpp"
#include "sinter/io/elements.hpp"
#include "sinter/tensor/evaluate.hpp"
#include "sinter/tensor/tensor.hpp"
#include "sinter/tensor/view.hpp"

namespace sinter {

namespace detail {

/// What the header of a file says.
struct npy_header {
  std::string descr;            ///< the element type in NumPy's spelling, such as "<f4"
  bool columns_first = false;   ///< Fortran's order
  std::vector<std::int64_t> extents;
};

/// Element types as NumPy spells them, without the order of bytes; null where it has none.
constexpr const char* npy_name(dtype type) {
  constexpr const char* names[dtype_count] = {"b1", "u1", "u2", "u4",    "u8", "i1", "i2",
                                              "i4", "i8", nullptr, nullptr, "f2", nullptr,
                                              "f4", "f8"};
  return names[static_cast<int>(type)];
}

/// Reads the header's text: a dictionary in Python's notation, with three keys.
class npy_parser {
 public:
  npy_parser(std::string_view text, const input_source& file) : text_(text), file_(file) {}

  npy_header parse() {
    npy_header h;
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      if (which < 0 || seen[which]) wrong("a key once, of descr, fortran_order and shape");
      seen[which] = true;
      if (which == 0) h.descr = quoted();
      else if (which == 1) h.columns_first = boolean();
      else h.extents = extents();
      if (!accept(',') && !at('}')) wrong("a comma");
    }
    if (!seen[0] || !seen[1] || !seen[2]) wrong("descr, fortran_order and shape");
    if (skip_blanks(), at_ != text_.size()) wrong("the end of the header");
    return h;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool at(char c) {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == c;
  }
  bool accept(char c) {
    const bool found = at(c);
    at_ += found;
    return found;
  }
  void expect(char c) {
    if (!accept(c)) wrong(std::string("'") + c + "'");
  }
  std::string_view quoted() {
    const char quote = at('"') ? '"' : '\'';
    expect(quote);
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) wrong("the end of a word");
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    skip_blanks();
    for (const std::string_view word : {"False", "True"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    wrong("True or False");
  }
  std::vector<std::int64_t> extents() {
    std::vector<std::int64_t> all;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::int64_t n = 0;
      const char* const end = text_.data() + text_.size();
      const auto [stop, error] = std::from_chars(text_.data() + at_, end, n);
      if (error != std::errc{} || n < 0) wrong("an extent");
      at_ = static_cast<std::size_t>(stop - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long integers
      all.push_back(n);
      if (!accept(',') && !at(')')) wrong("a comma");
    }
    return all;
  }
  [[noreturn]] void wrong(const std::string& wanted) const {
    file_.fail("byte " + std::to_string(at_) + " of its header: expected " + wanted);
  }

  std::string_view text_;
  const input_source& file_;
  std::size_t at_ = 0;
};

inline npy_header read_npy_header(input_source& file) {
  constexpr std::int64_t longest = 1 << 16;
  unsigned char start[12];
  if (file.size() < 10) file.fail("it is no .npy file: it has " + std::to_string(file.size()) +
                                  " bytes");
  file.read(start, 10);
  if (std::memcmp(start, "\x93NUMPY", 6) != 0) file.fail("it is no .npy file");
  if (start[6] < 1 || start[6] > 3)
    file.fail("version " + std::to_string(start[6]) + " of the format is not known; 1 to 3 are");
  std::int64_t length = start[8] | start[9] << 8;
  if (start[6] > 1) {
    file.read(start + 10, 2);
    length |= std::int64_t{start[10]} << 16 | std::int64_t{start[11]} << 24;
  }
  if (length > longest || length > file.size() - file.position())
    file.fail("its header says that it has " + std::to_string(length) + " bytes");
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read(text.data(), length);
  return npy_parser(text, file).parse();
}

/// Whether the elements of a file are of a type; `swapped`: in the other order of bytes.
inline bool is_npy_type(const std::string& descr, dtype type, bool& swapped) {
  const char* const name = npy_name(type);
  if (name == nullptr || descr.size() != 3 || descr.compare(1, 2, name) != 0) return false;
  swapped = descr[0] == '>' && properties(type).size > 1;
  return descr[0] == '<' || descr[0] == '>' || descr[0] == '=' ||
         (descr[0] == '|' && properties(type).size == 1);
}

/// What the header says, and the input stands where the elements begin.
inline stored_array read_npy_array(input_source& file) {
  const npy_header h = read_npy_header(file);
  stored_array array{.type_text = "'" + h.descr + "'",
                     .columns_first = h.columns_first,
                     .extents = h.extents};
  for (int type = 0; type < dtype_count; ++type)
    if (is_npy_type(h.descr, static_cast<dtype>(type), array.swapped)) {
      array.type = static_cast<dtype>(type);
      break;
    }
  return array;
}

template <class Tensor, conversion How> Tensor read_npy(input_source& file) {
  static_assert(npy_name(dtype_of<typename Tensor::element>) != nullptr || How != conversion::none,
                "sinter: load_npy: NumPy has no bf16 and no floats of 8 bits; conversion::any "
                "makes them of others");
  return read_elements<Tensor, How>(file, read_npy_array(file));
}

/// The bytes before the elements: a multiple of 64, as NumPy aligns them.
inline std::string npy_start(dtype type, const std::int64_t* extents, int rank) {
  std::string text = "{'descr': '";
  text += properties(type).size == 1 ? '|' : '<';
  text += std::string(npy_name(type)) + "', 'fortran_order': False, 'shape': (";
  for (int a = 0; a < rank; ++a) text += std::to_string(extents[a]) + (a + 1 < rank ? ", " : "");
  text += rank == 1 ? ",), }" : "), }";
  const std::size_t length = (10 + text.size() + 1 + 63) / 64 * 64 - 10;
  text.append(length - text.size() - 1, ' ');
  text += '\n';
  std::string start = "\x93NUMPY\x01";
  start += '\0';
  start += static_cast<char>(length & 255);
  start += static_cast<char>(length >> 8);
  return start + text;
}

}  // namespace detail

/// Reads a tensor: tensor<float, dyn, 3> x = load_npy<tensor<float, dyn, 3>>("x.npy"). Elements
/// have to be of the tensor's type unless a conversion is asked for, in either order of bytes,
/// extents as the type says; open ones come from the file. Arrays in Fortran's order are turned.
/// @errors  io_error where the file is missing, malformed, shorter than its header promises or of
///          another type or shape; memory is asked for only when the file can fill it
/// @cost    one read into the tensor; of arrays in Fortran's order a copy besides
template <class Tensor, conversion How = conversion::none>
Tensor load_npy(const std::string& path) {
  detail::input_file file(path);
  return detail::read_npy<Tensor, How>(file);
}
/// The same of a file's content.
template <class Tensor, conversion How = conversion::none>
Tensor load_npy(std::span<const std::byte> content) {
  detail::input_bytes file(content);
  return detail::read_npy<Tensor, How>(file);
}

/// Writes a tensor, from wherever it is, in row-major order. The file appears whole or not at all:
/// one that was there before stays until the new one is complete.
/// @errors  io_error with the path and the reason
template <class T, extent_t... E>
void save_npy(const std::string& path, const tensor<T, E...>& x) {
  static_assert(detail::npy_name(dtype_of<T>) != nullptr,
                "sinter: save_npy: NumPy has no bf16 and no floats of 8 bits; cast to f32 first");
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sinter: save_npy: little endian only");
  if (!x.where().is_host()) return save_npy(path, x.to(cpu));
  const std::string start = detail::npy_start(dtype_of<T>, x.extents(), sizeof...(E));
  const std::string_view elements(reinterpret_cast<const char*>(x.data()),
                                  static_cast<std::size_t>(x.size()) * sizeof(T));
  detail::write_file(path, {start, elements});
}
/// The same of a view or an expression, which is computed first.
template <operand X>
  requires(!is_tensor<X>)
void save_npy(const std::string& path, X&& x) {
  save_npy(path, tensor(std::forward<X>(x)));
}

}  // namespace sinter
