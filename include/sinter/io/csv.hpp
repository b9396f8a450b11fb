// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Numeric tables from CSV files. The file is read as a stream, one field at a time, so that memory
/// holds the numbers and nothing else, however long a line or a field is.

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "sinter/core/error.hpp"

namespace sinter {

/// A matrix of numbers, row by row.
struct table {
  std::int64_t rows = 0, columns = 0;
  std::vector<double> values = {};
};

struct csv_options {
  bool header = false;  ///< the first line holds names and is passed over
  char separator = ',';
  std::int64_t limit = std::int64_t{1} << 30;  ///< bytes; a larger file is refused
};

namespace detail {

/// Reads the stream and keeps count of where it is.
class csv_reader {
 public:
  csv_reader(const std::string& path, const csv_options& options, std::FILE* file)
      : path_(path), options_(options), file_(file) {}

  table read() {
    skip_byte_order_mark();
    for (int c = next(); c != end_of_file; c = next()) {
      if (c == '\r' && peek() == '\n') continue;
      if (c == '\n')
        end_line();
      else if (c == options_.separator)
        end_field();
      else
        take(static_cast<char>(c));
    }
    if (column_ > 0 || length_ > 0) end_line();
    if (line_ == 1) fail_file("the file is empty; expected rows of numbers");
    if (result_.rows == 0) fail_file("expected rows of numbers, found only " + what_was_there());
    return std::move(result_);
  }

 private:
  static constexpr int end_of_file = -1;
  static constexpr std::size_t longest_number = 2048;  // an exact double may need 1,077

  int next() {
    if (at_ == filled_ && !refill()) return end_of_file;
    return static_cast<unsigned char>(buffer_[at_++]);
  }

  int peek() {
    if (at_ == filled_ && !refill()) return end_of_file;
    return static_cast<unsigned char>(buffer_[at_]);
  }

  bool refill() {
    at_ = 0;
    filled_ = std::fread(buffer_.data(), 1, buffer_.size(), file_);
    if (std::ferror(file_)) fail_file(std::string("reading failed: ") + std::strerror(errno));
    total_ += static_cast<std::int64_t>(filled_);
    // What has no size of its own, such as a pipe, is measured as it comes.
    if (total_ > options_.limit)
      fail_file("more than " + std::to_string(options_.limit) +
                " bytes; raise csv_options::limit to read it");
    return filled_ > 0;
  }

  void skip_byte_order_mark() {
    if (peek() == 0xef && filled_ >= 3 && buffer_[1] == '\xbb' && buffer_[2] == '\xbf') at_ = 3;
  }

  void take(char c) {
    if (length_ < field_.size()) field_[length_] = c;
    ++length_;
  }

  bool in_header() const { return options_.header && line_ == 1; }

  std::string_view field() const {
    std::string_view text(field_.data(), std::min(length_, field_.size()));
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
  }

  void end_field() {
    ++column_;
    if (!in_header()) add_number();
    length_ = 0;
  }

  void add_number() {
    if (result_.columns > 0 && column_ > result_.columns) return;  // counted; reported by end_line
    if (blank_line_ > 0) {
      line_ = blank_line_;
      fail_file("line " + std::to_string(line_) +
                ": expected a row of numbers, found a blank line");
    }
    const std::string_view text = field();
    const char* begin = text.data();
    const char* const end = begin + text.size();
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') ++begin;  // from_chars takes no plus
    double value = 0;
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (length_ > field_.size() || error == std::errc::invalid_argument || stop != end)
      fail("expected a number, found " + quote(text));
    if (error == std::errc::result_out_of_range)
      fail("expected a number within the range of double, found " + quote(text));
    result_.values.push_back(value);
  }

  void end_line() {
    const bool blank = column_ == 0 && field().empty() && length_ <= field_.size();
    if (blank && !in_header()) {  // at the end of a file blank lines are usual, elsewhere none is
      if (blank_line_ == 0) blank_line_ = line_;
    } else {
      end_field();
      if (result_.columns == 0) result_.columns = column_;
      if (column_ != result_.columns)
        fail_file("line " + std::to_string(line_) + ": expected " +
                  std::to_string(result_.columns) + " columns, as in line " +
                  std::to_string(first_line_) + ", found " + std::to_string(column_));
      if (first_line_ == 0) first_line_ = line_;
      if (!in_header()) ++result_.rows;
    }
    ++line_;
    column_ = 0;
    length_ = 0;
  }

  std::string what_was_there() const { return options_.header ? "a header line" : "blank lines"; }

  /// The beginning of what was found, with every byte that is no plain character made visible.
  static std::string quote(std::string_view text) {
    if (text.empty()) return "an empty field";
    std::string out = "'";
    for (const char c : text.substr(0, 40)) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte >= 0x20 && byte < 0x7f)) {
        out += c;
      } else {
        out += "\\x";
        out += "0123456789abcdef"[byte / 16];
        out += "0123456789abcdef"[byte % 16];
      }
    }
    return out + (text.size() > 40 ? "...'" : "'");
  }

  [[noreturn]] void fail(std::string why) const {
    if (result_.rows == 0 && !options_.header && line_ == 1)
      why += "; if the first line is a header, set csv_options::header";
    fail_file("line " + std::to_string(line_) + ", column " + std::to_string(column_) + ": " + why);
  }

  [[noreturn]] void fail_file(const std::string& why) const {
    throw io_error("cannot read '" + path_ + "': " + why);
  }

  const std::string& path_;
  const csv_options& options_;
  std::FILE* file_;
  std::array<char, 65536> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::int64_t total_ = 0;
  std::array<char, longest_number> field_;
  std::size_t length_ = 0;  // may exceed what is kept of the field
  std::int64_t line_ = 1, column_ = 0, first_line_ = 0, blank_line_ = 0;
  table result_;
};

}  // namespace detail

/// Reads a table of numbers: one row a line, LF or CRLF, blanks around numbers allowed.
/// @errors   io_error with path, line and column, what was expected and what was found
/// @cost     one pass; memory for the numbers, at most 4 * limit bytes (twice that as it grows)
/// @example  const table t = read_csv("digits.csv", {.header = true});
inline table read_csv(const std::string& path, const csv_options& options = {}) {
  const std::string fail = "cannot read '" + path + "': ";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) throw io_error(fail + std::strerror(errno));
  struct ::stat status {};
  if (::fstat(::fileno(file.get()), &status) != 0) throw io_error(fail + std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw io_error(fail + "it is a directory; expected a file");
  if (S_ISREG(status.st_mode) && status.st_size > options.limit)
    throw io_error(fail + "it has " + std::to_string(status.st_size) + " bytes, more than the " +
                   std::to_string(options.limit) + " allowed; raise csv_options::limit to read it");
  const auto reader = std::make_unique<detail::csv_reader>(path, options, file.get());
  return reader->read();
}
/// The same of a file's content.
inline table read_csv(std::span<const std::byte> content, const csv_options& options = {}) {
  const std::string name = "bytes in memory";
  // Some libraries open no empty memory.
  if (content.empty())
    throw io_error("cannot read '" + name + "': the file is empty; expected rows of numbers");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      ::fmemopen(const_cast<std::byte*>(content.data()), content.size(), "rb"), std::fclose);
  if (!file) throw io_error("cannot read '" + name + "': " + std::strerror(errno));
  const auto reader = std::make_unique<detail::csv_reader>(name, options, file.get());
  return reader->read();
}

}  // namespace sinter
