// SPDX-License-Identifier: Apache-2.0

// Files of IDX: bytes as the format's description says, written and read again, packed, damaged.

#include "unit/files.hpp"

#include <sinter/idx.hpp>

namespace st = sinter;
using st::dyn;

TEST_CASE("idx: bytes as the description says, both ways") {
  const test_folder here("SINTER_IDX_FOLDER");
  const std::string bytes{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
  const auto x = st::load_idx<st::tensor<std::uint8_t, dyn, 3>>(bytes_of(bytes));
  REQUIRE(x.extent(0) == 2);
  CHECK(x(1, 0) == 4);
  st::save_idx(here.file("x.idx"), x);
  CHECK(file_content(here.file("x.idx")) == bytes);
  const std::string wide{0, 0, 11, 1, 0, 0, 0, 2, 1, 2, '\xff', '\xfe'};
  const auto y = st::load_idx<st::tensor<std::int16_t, dyn>>(bytes_of(wide));
  CHECK(y(0) == 258);
  CHECK(y(1) == -2);
  st::save_idx(here.file("y.idx"), y);
  CHECK(file_content(here.file("y.idx")) == wide);
  const st::tensor<double> z = -2.5;  // 0xc004000000000000
  st::save_idx(here.file("z.idx"), z);
  CHECK(file_content(here.file("z.idx")) ==
        std::string{0, 0, 14, 0, '\xc0', 4, 0, 0, 0, 0, 0, 0});
  CHECK(st::load_idx<st::tensor<double>>(here.file("z.idx")).item() == -2.5);
  const std::string none{0, 0, 13, 2, 0, 0, 0, 0, 0, 0, 0, 3};
  CHECK(st::load_idx<st::tensor<float, dyn, 3>>(bytes_of(none)).size() == 0);
}

TEST_CASE("idx: one mistake, one message") {
  const auto load = [](const std::string& bytes) {
    return io_mistake([&] { (void)st::load_idx<st::tensor<float, dyn, dyn>>(bytes_of(bytes)); });
  };
  check_says(load({0, 0}), "it is no IDX file: it has 2 bytes");
  check_says(load("GIF89a"), "it does not begin with 0, 0");
  check_says(load({0, 0, 13, 2, 0, 0, 0}), "it ends within its 2 extents");
  check_says(load({0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7}), "its elements are u8, and");
  check_says(load({0, 0, 7, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7}), "its elements are of type 7, and");
  check_says(load({0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 1}), "its extents are [1], and");
  check_says(load({0, 0, 13, 2, -1, -1, -1, -1, -1, -1, -1, -1, 7}),
             "it has 1 bytes of elements, too few for extents [4294967295, 4294967295]");
  check_says(load({0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 0, 7}), "1 bytes follow its elements");
}

#ifdef SINTER_ZLIB

namespace {

/// One member, as zlib packs it.
std::string packed(const std::string& text) {
  z_stream stream = {};
  REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(::deflateBound(&stream, static_cast<uLong>(text.size())) + 32, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.erase(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return out;
}

using matrix = st::tensor<std::uint8_t, dyn, dyn>;

}  // namespace

TEST_CASE("idx: packed by gzip, in one member and in several") {
  // gzip.compress(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]), mtime=0) of Python
  const std::string from_python(
      "\037\213\010\000\000\000\000\000\002\003\143\140\340\140\142\140\140\000\141\146\106\046"
      "\146\026\126\066\000\110\224\076\345\022\000\000\000",
      35);
  const auto x = st::load_idx<matrix>(bytes_of(from_python));
  CHECK((x.extent(0) == 2 && x.extent(1) == 3 && x(1, 2) == 6));

  // More than the buffers hold, in members that end anywhere, empty ones among them.
  std::string content{0, 0, 8, 2, 0, 0, 4, 0, 0, 0, 4, 0};
  for (int i = 0; i < 1 << 20; ++i) content += static_cast<char>(std::int64_t{i} * i >> 7);
  const std::string several = packed("") + packed(content.substr(0, 3)) + packed("") +
                              packed(content.substr(3, 700000)) + packed(content.substr(700003)) +
                              packed("");
  const test_folder here("SINTER_IDX_FOLDER");
  std::ofstream(here.file("x.gz"), std::ios::binary) << several;
  const auto y = st::load_idx<matrix>(here.file("x.gz"));
  REQUIRE(y.size() == 1 << 20);
  CHECK(std::string(reinterpret_cast<const char*>(y.data()), 1 << 20) == content.substr(12));
}

TEST_CASE("idx: packed by gzip, cut anywhere, changed anywhere, longer, and hostile") {
  const std::string content{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
  const std::string good = packed(content.substr(0, 9)) + packed(content.substr(9));
  const auto refusal = [](const std::string& bytes) {
    return io_mistake([&] { (void)st::load_idx<matrix>(bytes_of(bytes)); });
  };
  CHECK(refusal(good) == "none");
  const std::size_t first = packed(content.substr(0, 9)).size();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const std::string text = refusal(good.substr(0, size));
    CHECK(text != "none");
    if (size > first + 2) check_says(text, "damaged: they end too early");
  }
  check_says(refusal(good.substr(0, first)), "it ends within its 2 extents");
  for (std::size_t at = 0; at < good.size(); ++at) {
    CAPTURE(at);
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    const std::size_t in_member = at < first ? at : at - first;
    // Time, system and effort are no part of the content, nor are the bits that fill up the last
    // byte before the check sum and the size.
    const std::size_t end = at < first ? first : good.size() - first;
    const bool is_free = (in_member >= 4 && in_member < 10) || in_member == end - 9;
    CHECK((refusal(bytes) == "none") == is_free);
  }
  check_says(refusal(good + std::string(1, '\0')), "bytes follow what gzip has packed");
  check_says(refusal(good + "more"), "bytes follow what gzip has packed");
  check_says(refusal(good + "\x1f"), "bytes follow what gzip has packed");
  check_says(refusal(packed(content + "x")), "1 bytes follow its elements");
  check_says(refusal(packed(packed(content))), "it does not begin with 0, 0");
  check_says(refusal(packed("")), "it is no IDX file: it has 0 bytes");
  // Promises 2^64 elements, packs many zeros: found out before memory is asked for.
  std::string hostile{0, 0, 8, 2, -1, -1, -1, -1, -1, -1, -1, -1};
  hostile.append(std::size_t{1} << 24, '\0');
  check_says(refusal(packed(hostile)), "it has 16777216 bytes of elements, too few for extents");
}

#else

TEST_CASE("idx: packed by gzip, without zlib") {
  const std::string bytes{'\x1f', '\x8b', 8, 0};
  check_says(io_mistake([&] { (void)st::load_idx<st::tensor<float, dyn>>(bytes_of(bytes)); }),
             "it is packed by gzip, and this program has no zlib");
}

#endif
