// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Archives of the ZIP format: what NumPy's .npz files are. Entries are written as they are, and
/// read as they are or deflated. The latter needs zlib: with CMake the target sinter::files, by
/// hand -DSINTER_ZLIB and -lz, in all sources of a program or in none.
/// @source  PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5; RFC 1951

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/io/file.hpp"

#ifdef SINTER_ZLIB
#include <zlib.h>
#endif

namespace sinter::detail {

/// The check sum of entries, continued: CRC-32 with the polynomial 0xedb88320.
inline std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before = 0) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int bit = 0; bit < 8; ++bit) t[i] = t[i] >> 1 ^ (t[i] & 1 ? 0xedb88320u : 0u);
    }
    return t;
  }();
  std::uint32_t sum = ~before;
  for (const char c : bytes) sum = table[(sum ^ static_cast<unsigned char>(c)) & 255] ^ sum >> 8;
  return ~sum;
}

inline std::uint64_t little_endian(const std::string& text, std::size_t at, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
  return value;
}

/// An entry as the directory at the end of an archive describes it.
struct zip_entry {
  std::string name;
  unsigned flags = 0, method = 0;
  std::uint32_t check_sum = 0;
  std::uint64_t packed = 0, size = 0, offset = 0;  ///< bytes; from the archive's beginning
};

/// The directory of an archive, checked: names once, entries one behind the other.
class zip_directory {
 public:
  explicit zip_directory(seekable_input& file) : file_(file) {
    find();
    file.seek(static_cast<std::int64_t>(begin_));
    const std::string text = file.text(static_cast<std::int64_t>(bytes_));
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < count_; ++i) at = add(text, at);
    if (at != text.size()) file.fail("its directory has bytes that belong to no entry");
    check_order();
  }

  const std::vector<zip_entry>& entries() const { return entries_; }
  std::uint64_t begin() const { return begin_; }

 private:
  void find() {
    constexpr std::int64_t record = 22, longest_comment = 65535, locator = 20;
    const std::int64_t tail = std::min(file_.size(), record + longest_comment + locator);
    file_.seek(file_.size() - tail);
    const std::string text = file_.text(tail);
    std::size_t at = text.size() < record ? std::string::npos : text.size() - record;
    const auto is_end = [&] {  // its comment reaches to the end of the file
      return text.compare(at, 4, "PK\5\6") == 0 &&
             at + record + little_endian(text, at + 20, 2) == text.size();
    };
    while (at != std::string::npos && !is_end()) at = at == 0 ? std::string::npos : at - 1;
    if (at == std::string::npos) file_.fail("it is no zip archive, or its end is missing");
    const auto field = [&](std::size_t offset, int bytes) {
      return little_endian(text, at + offset, bytes);
    };
    unsigned long long disk = field(4, 2) | field(6, 2);
    count_ = field(10, 2), bytes_ = field(12, 4), begin_ = field(16, 4);
    std::uint64_t end = static_cast<std::uint64_t>(file_.size() - tail) + at;
    if (at >= locator && text.compare(at - locator, 4, "PK\6\7") == 0) {
      const std::uint64_t place = little_endian(text, at - locator + 8, 8);
      end -= locator;
      if (end < 56 || place > end - 56) file_.fail("its directory's place lies outside of it");
      file_.seek(static_cast<std::int64_t>(place));
      const std::string large = file_.text(56);
      if (large.compare(0, 4, "PK\6\6") != 0) file_.fail("it has no directory at its place");
      disk = little_endian(large, 16, 4) | little_endian(large, 20, 4);
      count_ = little_endian(large, 32, 8), bytes_ = little_endian(large, 40, 8);
      begin_ = little_endian(large, 48, 8);
      end = place;
    }
    if (disk != 0) file_.fail("it is a part of an archive of several files");
    if (begin_ > end || bytes_ != end - begin_ || count_ > bytes_ / 46)
      file_.fail("its directory of " + std::to_string(count_) + " entries is said to have " +
                 std::to_string(bytes_) + " bytes from byte " + std::to_string(begin_) +
                 ", but ends at byte " + std::to_string(end));
  }

  std::size_t add(const std::string& text, std::size_t at) {
    if (text.size() - at < 46 || text.compare(at, 4, "PK\1\2") != 0)
      file_.fail("byte " + std::to_string(begin_ + at) + ": expected an entry of the directory");
    const auto field = [&](std::size_t offset, int bytes) {
      return little_endian(text, at + offset, bytes);
    };
    const std::size_t name = field(28, 2), extra = field(30, 2), comment = field(32, 2);
    if (name + extra + comment > text.size() - at - 46)
      file_.fail("byte " + std::to_string(begin_ + at) +
                 ": an entry runs over the directory's end");
    zip_entry e{.name = text.substr(at + 46, name),
                .flags = static_cast<unsigned>(field(8, 2)),
                .method = static_cast<unsigned>(field(10, 2)),
                .check_sum = static_cast<std::uint32_t>(field(16, 4)),
                .packed = field(20, 4),
                .size = field(24, 4),
                .offset = field(42, 4)};
    read_large(e, text, at + 46 + name, extra);
    entries_.push_back(std::move(e));
    return at + 46 + name + extra + comment;
  }

  /// Numbers of 64 bits, in the order size, packed, offset, each where its field is full.
  void read_large(zip_entry& e, const std::string& text, std::size_t at, std::size_t length) {
    constexpr std::uint64_t full = 0xffffffff;
    const std::size_t end = at + length;
    while (end - at >= 4) {
      const std::uint64_t id = little_endian(text, at, 2), bytes = little_endian(text, at + 2, 2);
      at += 4;
      if (bytes > end - at) break;
      std::size_t next = at;
      if (id == 1)
        for (std::uint64_t* number : {&e.size, &e.packed, &e.offset})
          if (*number == full && at + bytes - next >= 8) {
            *number = little_endian(text, next, 8);
            next += 8;
          }
      at += bytes;
    }
  }

  void check_order() {
    std::vector<const zip_entry*> sorted;
    for (const zip_entry& e : entries_) sorted.push_back(&e);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->offset < b->offset; });
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const zip_entry& e = *sorted[i];
      const std::uint64_t end = i + 1 < sorted.size() ? sorted[i + 1]->offset : begin_;
      const std::uint64_t header = 30 + e.name.size();
      if (e.offset > end || end - e.offset < header || e.packed > end - e.offset - header)
        file_.fail("its entry '" + e.name + "' of " + std::to_string(e.packed) +
                   " bytes runs into what follows it");
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (sorted[i - 1]->name == sorted[i]->name)
        file_.fail("it has two entries '" + sorted[i]->name + "'");
  }

  seekable_input& file_;
  std::vector<zip_entry> entries_;
  std::uint64_t count_ = 0, bytes_ = 0, begin_ = 0;
};

/// The content of an entry. Its check sum is compared when the last byte has been read.
class zip_input final : public input_source {
 public:
  zip_input(seekable_input& file, const zip_directory& directory, const zip_entry& entry,
            const std::string& archive)
      : input_source(archive), file_(file), entry_(entry) {
    fail_ += "its entry '" + entry.name + "': ";
    if (entry.flags & 1) fail("it is encrypted");
    if (entry.method != 0 && entry.method != 8)
      fail("it is packed by method " + std::to_string(entry.method) + "; 0 and 8 can be read");
    file.seek(static_cast<std::int64_t>(entry.offset));
    const std::string header = file.text(30);
    const std::uint64_t name = little_endian(header, 26, 2), extra = little_endian(header, 28, 2);
    const std::uint64_t begin = entry.offset + 30 + name + extra;
    if (header.compare(0, 4, "PK\3\4") != 0 || name != entry.name.size() ||
        begin > directory.begin() || entry.packed > directory.begin() - begin ||
        file.text(static_cast<std::int64_t>(name)) != entry.name)
      fail("the entry is not where the directory says");
    file.seek(static_cast<std::int64_t>(begin));
    // Deflated bytes grow at most 1032-fold, so that what is promised beyond that is refused.
    if (entry.method == 0 ? entry.size != entry.packed : entry.size / 1032 > entry.packed)
      fail("its " + std::to_string(entry.packed) + " bytes cannot hold " +
           std::to_string(entry.size));
    size_ = static_cast<std::int64_t>(entry.size);
    packed_left_ = static_cast<std::int64_t>(entry.packed);
    if (entry.method == 8) begin_inflating();
  }
  ~zip_input() override {
#ifdef SINTER_ZLIB
    if (entry_.method == 8) ::inflateEnd(&stream_);
#endif
  }

 private:
  std::int64_t read_some(char* to, std::int64_t bytes) override {
    const std::int64_t wanted = std::min({bytes, rest(), std::int64_t{1} << 20});
    if (wanted == 0) return 0;
    std::int64_t count = wanted;
    if (entry_.method == 8) count = inflate_some(to, wanted);
    else file_.read(to, wanted);
    sum_ = crc32_of({to, static_cast<std::size_t>(count)}, sum_);
    if (count == rest() && sum_ != entry_.check_sum) fail("its check sum is wrong");
    return count;
  }

#ifdef SINTER_ZLIB
  void begin_inflating() {
    packed_.resize(1 << 16);
    if (::inflateInit2(&stream_, -15) != Z_OK) fail("zlib has no memory");
  }
  std::int64_t inflate_some(char* to, std::int64_t bytes) {
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(bytes);
    while (stream_.avail_out == static_cast<uInt>(bytes)) {
      if (stream_.avail_in == 0 && packed_left_ > 0) {
        const auto next = std::min(packed_left_, static_cast<std::int64_t>(packed_.size()));
        file_.read(packed_.data(), next);
        packed_left_ -= next;
        stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
        stream_.avail_in = static_cast<uInt>(next);
      }
      const int state = ::inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) break;
      if (state != Z_OK)
        fail(std::string("its deflated bytes are damaged: ") +
             (stream_.msg != nullptr ? stream_.msg : "they end too early"));
    }
    return bytes - static_cast<std::int64_t>(stream_.avail_out);
  }
  z_stream stream_ = {};
  std::string packed_;
#else
  void begin_inflating() {
    fail("it is deflated, and this program has no zlib; define SINTER_ZLIB and link -lz, or use "
         "CMake's target sinter::files");
  }
  std::int64_t inflate_some(char*, std::int64_t) { return 0; }
#endif

  seekable_input& file_;
  const zip_entry& entry_;
  std::uint32_t sum_ = 0;
  std::int64_t packed_left_ = 0;
};

/// Puts an archive together: headers here, contents where they are. `limit` is the greatest number
/// that a field of 32 bits holds; what is greater is written in 64.
class zip_writer {
 public:
  explicit zip_writer(std::uint64_t limit = 0xfffffffe) : limit_(limit) {}

  /// Adds an entry whose content is the text, which is kept, and the bytes, which must stay.
  void add(const std::string& name, std::string start, std::string_view bytes) {
    const std::uint64_t size = start.size() + bytes.size();
    const std::uint32_t sum = crc32_of(bytes, crc32_of(start));
    const bool large = size > limit_, far = offset_ > limit_;
    std::string extra, central;
    if (large) extra = number(1, 2) + number(16, 2) + number(size, 8) + number(size, 8);
    const std::uint64_t field = large ? 0xffffffff : size;
    // The date, 0x21, is the format's first day, so that equal tensors give equal files.
    const std::string common = number(large || far ? 45 : 20, 2) + number(0, 4) + number(0, 2) +
                               number(0x21, 2) + number(sum, 4) + number(field, 4) +
                               number(field, 4) + number(name.size(), 2);
    std::string header = "PK\3\4" + common + number(extra.size(), 2) + name + extra;
    if (large || far)
      central = number(1, 2) + number((large ? 16 : 0) + (far ? 8 : 0), 2) +
                (large ? number(size, 8) + number(size, 8) : "") + (far ? number(offset_, 8) : "");
    directory_ += "PK\1\2" + number(large || far ? 45 : 20, 2) + common +
                  number(central.size(), 2) + number(0, 2) + number(0, 2) + number(0, 2) +
                  number(0, 4) + number(far ? 0xffffffff : offset_, 4) + name + central;
    offset_ += header.size() + size;
    ++count_;
    // On the heap, since a short string that moves takes its characters along.
    texts_.push_back(std::make_unique<std::string>(header + start));
    pieces_.push_back(*texts_.back());
    pieces_.push_back(bytes);
  }

  void write(const std::string& path) {
    const std::uint64_t bytes = directory_.size();
    std::string end;
    const bool large = count_ > std::min<std::uint64_t>(limit_, 0xfffe) || offset_ > limit_ ||
                       bytes > limit_;
    if (large)
      end = "PK\6\6" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) +
            number(count_, 8) + number(count_, 8) + number(bytes, 8) + number(offset_, 8) +
            "PK\6\7" + number(0, 4) + number(offset_ + bytes, 8) + number(1, 4);
    const std::string count = number(large ? 0xffff : count_, 2);
    end += "PK\5\6" + number(0, 4) + count + count + number(large ? 0xffffffff : bytes, 4) +
           number(large ? 0xffffffff : offset_, 4) + number(0, 2);
    pieces_.push_back(directory_);
    pieces_.push_back(end);
    write_file(path, pieces_);
  }

 private:
  static std::string number(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 255);
    return text;
  }

  std::uint64_t limit_, offset_ = 0, count_ = 0;
  std::string directory_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<std::string_view> pieces_;
};

}  // namespace sinter::detail
