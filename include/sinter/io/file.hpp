// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Files written whole or not at all, and read with their size known.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
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
inline void write_file(const std::string& path, std::span<const std::string_view> pieces) {
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

inline void write_file(const std::string& path, std::initializer_list<std::string_view> pieces) {
  write_file(path, std::span(pieces.begin(), pieces.size()));
}

/// Bytes that are read in order, whose number is known before.
/// @errors io_error with the name and the reason
// Not called `input`: nvcc would read `x.input < y` elsewhere as a template of this class.
class input_source {
 public:
  input_source(const input_source&) = delete;
  virtual ~input_source() = default;

  /// Bytes in all, when it was opened.
  std::int64_t size() const { return size_; }
  /// Bytes that have been read.
  std::int64_t position() const { return position_; }
  std::int64_t rest() const { return size_ - position_; }

  /// The next bytes, all of them.
  void read(void* to, std::int64_t bytes) {
    char* at = static_cast<char*>(to);
    while (bytes > 0) {
      const std::int64_t count = read_some(at, bytes);
      if (count == 0) fail("it ends after " + std::to_string(position_) + " bytes");
      at += count;
      bytes -= count;
      position_ += count;
    }
  }
  /// The next bytes as text. The caller has compared their number with what there is.
  std::string text(std::int64_t bytes) {
    std::string all(static_cast<std::size_t>(bytes), '\0');
    read(all.data(), bytes);
    return all;
  }

  [[noreturn]] void fail(const std::string& why) const { throw io_error(fail_ + why); }

 protected:
  explicit input_source(const std::string& name) : fail_("cannot read '" + name + "': ") {}
  /// Reads bytes from position() on, at least one and at most so many; 0 at the end.
  virtual std::int64_t read_some(char* to, std::int64_t bytes) = 0;

  std::string fail_;
  std::int64_t size_ = 0, position_ = 0;
};

/// An input that is read from any place.
class seekable_input : public input_source {
 public:
  void seek(std::int64_t position) { position_ = position; }

 protected:
  using input_source::input_source;
};

class input_file final : public seekable_input {
 public:
  explicit input_file(const std::string& path)
      : seekable_input(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
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
  ~input_file() override { ::close(file_); }

 private:
  std::int64_t read_some(char* to, std::int64_t bytes) override {
    for (;;) {
      const auto count = ::pread(file_, to, static_cast<std::size_t>(bytes), position_);
      if (count >= 0) return count;
      if (errno != EINTR) fail(std::strerror(errno));
    }
  }

  int file_;
};

/// A file's content that is in memory already.
class input_bytes final : public seekable_input {
 public:
  explicit input_bytes(std::span<const std::byte> bytes)
      : seekable_input("bytes in memory"), bytes_(bytes) {
    size_ = static_cast<std::int64_t>(bytes.size());
  }

 private:
  std::int64_t read_some(char* to, std::int64_t bytes) override {
    const std::int64_t count = std::min(bytes, rest());
    if (count > 0)
      std::memcpy(to, bytes_.data() + position_, static_cast<std::size_t>(count));
    return count;
  }

  std::span<const std::byte> bytes_;
};

}  // namespace sinter::detail
