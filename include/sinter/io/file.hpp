// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Files written whole or not at all, and read with their size known.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "sinter/core/error.hpp"

namespace sinter::detail {

/// Writes all of `content`, or throws `fail` and the reason.
inline void write_descriptor(int file, std::string_view content, const std::string& fail) {
  while (!content.empty()) {
    const auto count = ::write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw io_error(fail + std::strerror(errno));
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Replaces the file at `path` by the pieces in one step: whoever reads it sees the old content or
/// the new. A symbolic link is followed; what is no ordinary file, such as a pipe, is written in
/// place, since a rename would replace it.
/// @errors io_error with the path and the reason; an existing file is then as it was
inline void write_file(const std::string& path, std::initializer_list<std::string_view> pieces) {
  static std::atomic<unsigned> serial{0};
  const std::string fail = "cannot write '" + path + "': ";
  if (path.empty()) throw io_error(fail + "the path is empty");
  struct ::stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw io_error(fail + "it is a directory");
  std::string target = path;
  if (exists) {
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
    if (real) target = real.get();
  }
  const bool in_place = exists && !S_ISREG(status.st_mode);
  const std::string temporary = in_place ? target
                                         : target + '.' + std::to_string(::getpid()) + '.' +
                                               std::to_string(serial++) + ".tmp";
  const int flags = O_WRONLY | O_CLOEXEC | (in_place ? 0 : O_CREAT | O_EXCL);
  const int file = ::open(temporary.c_str(), flags, exists ? status.st_mode & 0777 : 0666);
  if (file < 0) throw io_error(fail + std::strerror(errno));
  try {
    for (const std::string_view piece : pieces) write_descriptor(file, piece, fail);
  } catch (...) {
    ::close(file);
    if (!in_place) ::unlink(temporary.c_str());
    throw;
  }
  const bool written = ::close(file) == 0;
  if (in_place && written) return;
  if (written && ::rename(temporary.c_str(), target.c_str()) == 0) return;
  const std::string reason = std::strerror(errno);
  if (!in_place) ::unlink(temporary.c_str());
  throw io_error(fail + reason);
}

/// A file that is read from its beginning.
/// @errors io_error with the path and the reason
class input_file {
 public:
  explicit input_file(const std::string& path)
      : fail_("cannot read '" + path + "': "), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail(std::strerror(errno));
    struct ::stat status {};
    const bool known = ::fstat(file_, &status) == 0;
    const int reason = errno;
    if (known && S_ISREG(status.st_mode)) {
      size_ = status.st_size;
      return;
    }
    ::close(file_);
    fail(!known                    ? std::strerror(reason)
         : S_ISDIR(status.st_mode) ? "it is a directory; expected a file"
                                   : "it has no size of its own; expected an ordinary file");
  }
  input_file(const input_file&) = delete;
  ~input_file() { ::close(file_); }

  /// Bytes in all, when it was opened.
  std::int64_t size() const { return size_; }
  /// Bytes that have been read.
  std::int64_t position() const { return position_; }

  /// The next bytes, all of them.
  void read(void* to, std::int64_t bytes) {
    char* at = static_cast<char*>(to);
    while (bytes > 0) {
      const auto count = ::read(file_, at, static_cast<std::size_t>(bytes));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(std::strerror(errno));
      if (count == 0) fail("it ends after " + std::to_string(position_) + " bytes");
      at += count;
      bytes -= count;
      position_ += count;
    }
  }

  [[noreturn]] void fail(const std::string& why) const { throw io_error(fail_ + why); }

 private:
  std::string fail_;
  int file_;
  std::int64_t size_ = 0, position_ = 0;
};

}  // namespace sinter::detail
