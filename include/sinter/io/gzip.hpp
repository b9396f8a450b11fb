// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Files packed by gzip, as bytes that are read in order. Needs zlib: with CMake the target
/// sinter::files, by hand -DSINTER_ZLIB and -lz, in all sources of a program or in none.
/// @source  RFC 1952

#include <algorithm>
#include <string>
#include <vector>

#include "sinter/io/file.hpp"

#ifdef SINTER_ZLIB
#include <zlib.h>
#endif

namespace sinter::detail {

/// Whether a file is packed by gzip; it is then read from its beginning.
inline bool is_gzip(seekable_input& file) {
  unsigned char start[2] = {};
  if (file.size() >= 2) file.read(start, 2);
  file.seek(0);
  return start[0] == 0x1f && start[1] == 0x8b;
}

/// The unpacked content of all members of a file, one behind the other. How long it is, gzip does
/// not say, so it is unpacked twice: once to count and to compare the check sums, then as it is
/// read. Memory is the window and two buffers, whatever the file promises.
/// @errors io_error where the file is damaged, ends too early, or goes on behind its last member
class gzip_input final : public input_source {
 public:
  gzip_input(seekable_input& file, const std::string& name) : input_source(name), file_(file) {
    begin();
#ifdef SINTER_ZLIB
    std::vector<char> passed(chunk);
    std::int64_t total = 0;
    while (const std::int64_t count = read_some(passed.data(), chunk)) total += count;
    size_ = total;
    file_.seek(0);
    stream_.avail_in = 0;
    begin_member();
#endif
  }

 private:
#ifdef SINTER_ZLIB
  static constexpr std::int64_t chunk = 1 << 16;

  void begin() {
    packed_.resize(chunk);
    if (::inflateInit2(&stream_, 15 + 16) != Z_OK) fail("zlib has no memory");
  }
  void begin_member() {
    (void)::inflateReset(&stream_);
    is_inside_ = true;
  }

  std::int64_t read_some(char* to, std::int64_t bytes) override {
    const auto wanted = static_cast<uInt>(std::min(bytes, std::int64_t{1} << 20));
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = wanted;
    while (stream_.avail_out == wanted) {
      const std::int64_t next = std::min(file_.rest(), chunk);
      if (stream_.avail_in == 0 && next > 0) {
        file_.read(packed_.data(), next);
        stream_.next_in = packed_.data();
        stream_.avail_in = static_cast<uInt>(next);
      }
      if (!is_inside_) {
        if (stream_.avail_in == 0) return 0;
        ++ended_;
        begin_member();
      }
      const int state = ::inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) is_inside_ = false;
      else if (state != Z_OK) fail_inside();
    }
    return wanted - stream_.avail_out;
  }

  [[noreturn]] void fail_inside() const {
    if (ended_ > 0 && stream_.total_in <= 2) fail("bytes follow what gzip has packed");
    fail(std::string("its bytes, packed by gzip, are damaged: ") +
         (stream_.msg != nullptr ? stream_.msg : "they end too early"));
  }

  /// Its own type, since a constructor that throws runs members' destructors only.
  struct inflating : z_stream {
    inflating() : z_stream() {}
    ~inflating() { ::inflateEnd(this); }
  };
  inflating stream_;
  std::vector<Bytef> packed_;
  bool is_inside_ = true;  ///< of a member
  std::int64_t ended_ = 0;  ///< members before this one
#else
  [[noreturn]] void begin() const {
    file_.fail("it is packed by gzip, and this program has no zlib; define SINTER_ZLIB and link "
               "-lz, or use CMake's target sinter::files");
  }
  std::int64_t read_some(char*, std::int64_t) override { return 0; }
#endif

  seekable_input& file_;
};

}  // namespace sinter::detail
