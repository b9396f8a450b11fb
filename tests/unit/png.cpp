// SPDX-License-Identifier: Apache-2.0

// Pictures: as Pillow writes them (png_cases.py), as the library does, damaged. With
// SINTER_PNG_FOLDER the files that are written stay there, for png_cases.py --check.

#ifdef SINTER_PNG

#include "unit/files.hpp"

#include <sinter/io/zip.hpp>
#include <sinter/png.hpp>

namespace st = sinter;
using st::dyn;

namespace {

const std::string& picture(const std::string& name) {
  static const stored_file all[] = {
#include "unit/png_cases.inc"
  };
  static const std::map<std::string, std::string> made = by_name(all);
  return made.at(name);
}

template <st::extent_t C> using pixels = st::tensor<std::uint8_t, dyn, dyn, C>;
using wide_pixels = st::tensor<std::uint16_t, dyn, dyn, dyn>;

template <st::extent_t C> void check_both_ways(const char* name) {
  const test_folder here("SINTER_PNG_FOLDER");
  const std::string path = here.file("channels" + std::to_string(C) + ".png");
  auto x = st::load_png<pixels<C>>(bytes_of(picture(name)));
  for (int round = 0; round < 2; ++round) {
    REQUIRE(x.extent(0) == 2);
    REQUIRE(x.extent(1) == 3);
    int wrong = 0;
    for (std::int64_t i = 0; i < x.size(); ++i) wrong += x.data()[i] != i * 37 % 256;
    CHECK(wrong == 0);
    st::save_png(path, x);
    x = st::load_png<pixels<C>>(path);
  }
}

template <class Tensor> std::string refusal(const std::string& bytes) {
  return io_mistake([&] { (void)st::load_png<Tensor>(bytes_of(bytes)); });
}

}  // namespace

TEST_CASE("png: pictures of 1 to 4 channels, both ways") {
  check_both_ways<1>("grey");
  check_both_ways<2>("grey_alpha");
  check_both_ways<3>("rgb");
  check_both_ways<4>("rgba");
}

TEST_CASE("png: 16 bits, single bits, palettes") {
  const test_folder here("SINTER_PNG_FOLDER");
  auto wide = st::load_png<wide_pixels>(bytes_of(picture("grey16")));
  for (int round = 0; round < 2; ++round) {
    REQUIRE(wide.size() == 6);
    for (int i = 0; i < 6; ++i) CHECK(wide.data()[i] == i * 9001 % 65536);
    st::save_png(here.file("wide.png"), wide);
    wide = st::load_png<wide_pixels>(here.file("wide.png"));
  }
  wide_pixels colours(1, 2, 3);
  for (int i = 0; i < 6; ++i) colours.data()[i] = static_cast<std::uint16_t>(i * 12345);
  st::save_png(here.file("colours.png"), colours);
  const auto again = st::load_png<wide_pixels>(here.file("colours.png"));
  for (int i = 0; i < 6; ++i) CHECK(again.data()[i] == static_cast<std::uint16_t>(i * 12345));
  const auto bits = st::load_png<pixels<1>>(bytes_of(picture("bits")));
  CHECK((bits(0, 0, 0) == 0 && bits(0, 1, 0) == 255 && bits(1, 2, 0) == 0));
  const auto palette = st::load_png<pixels<3>>(bytes_of(picture("palette")));
  CHECK((palette(0, 0, 0) == 250 && palette(0, 1, 2) == 3));
}

TEST_CASE("png: one mistake, one message") {
  const std::string good = picture("rgb");
  check_says(refusal<pixels<3>>(""), "the file ends too early");
  check_says(refusal<pixels<3>>("GIF89a, something else"), "Not a PNG file");
  check_says(refusal<pixels<3>>(good.substr(0, good.size() - 20)), "the file ends too early");
  check_says(refusal<pixels<1>>(good), "its extents are [2, 3, 3], and the tensor's [dyn, dyn, 1]");
  check_says(refusal<wide_pixels>(good), "its elements are u8, and the tensor's u16");
  std::string damaged = good;
  damaged[good.find("IDAT") + 6] ^= 1;
  check_says(refusal<pixels<3>>(damaged), "IDAT: CRC error");
  // A header that is right in itself and promises 2^31 - 1 by 2^31 - 1 pixels.
  std::string large = good;
  const std::size_t header = good.find("IHDR");
  large.replace(header + 4, 8, "\x7f\xff\xff\xff\x7f\xff\xff\xff");
  const std::uint32_t sum = st::detail::crc32_of(std::string_view(large).substr(header, 17));
  for (std::size_t i = 0; i < 4; ++i)
    large[header + 17 + i] = static_cast<char>(sum >> (24 - 8 * i));
  check_says(refusal<pixels<3>>(large), "too few bytes for the pixels that its header promises");
  check_says(io_mistake([&] { st::save_png("x.png", pixels<3>(0, 4)); }),
             "extents [0, 4, 3]; expected height and width from 1 on");
  check_says(io_mistake([&] { st::save_png("x.png", pixels<5>(1, 4)); }), "1 to 4 channels");
}

#endif
