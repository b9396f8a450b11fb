// SPDX-License-Identifier: Apache-2.0

// Files of safetensors: as its library writes them (archive_cases.py), as ours does, byte for byte,
// and damaged in every way.

#include "unit/archives.hpp"

#include <sinter/safetensors.hpp>

namespace st = sinter;
using st::dyn;

namespace {

/// A file of a header and bytes of elements.
std::string file_of(const std::string& header, std::size_t bytes = 0) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> 8 * i & 255);
  return file + header + std::string(bytes, '\1');
}

std::string opened(const std::string& content) {
  return io_mistake([&] { (void)st::safetensors_file(bytes_of(content)); });
}

std::string entry(const char* name, const char* type, const char* shape, const char* offsets) {
  return std::string("\"") + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

}  // namespace

TEST_CASE("safetensors: files of the format's library, and files that are the same bytes") {
  const test_folder here("SINTER_ARCHIVE_FOLDER");
  check_tensors(st::safetensors_file(bytes_of(archive("safetensors"))));
  st::detail::write_safetensors(here.file("tensors.safetensors"), archive_tensors(), {});
  CHECK(file_content(here.file("tensors.safetensors")) == archive("safetensors"));
  check_tensors(st::safetensors_file(here.file("tensors.safetensors")));

  const std::string q = "q\"\\\u00e9\n";
  const st::safetensors_file words(bytes_of(archive("safetensors_metadata")));
  CHECK(words.names() == std::vector<std::string>{"x", q});
  CHECK(words.metadata() == std::map<std::string, std::string>{{"a", "\u20ac\t"}});
  const auto x = words.load<st::tensor<std::uint16_t, 3>>("x");
  const auto y = words.load<st::tensor<std::int8_t, 2>>(q);
  st::save_safetensors(here.file("words.safetensors"), {{"x", x}, {q, y}}, words.metadata());
  CHECK(file_content(here.file("words.safetensors")) == archive("safetensors_metadata"));
  st::save_safetensors(here.file("none.safetensors"), {});
  CHECK(file_content(here.file("none.safetensors")) == archive("safetensors_empty"));
}

TEST_CASE("safetensors: structures, small floats, scalars, several dimensions") {
  const test_folder here("SINTER_ARCHIVE_FOLDER");
  struct parts {
    st::tensor<st::bf16, dyn> narrow{st::bf16(1.5f), st::bf16(-2.f)};
    st::tensor<double> scale = 2.0;
    st::tensor<std::int8_t, 2, 2, 2> cube;
    st::tensor<st::e4m3, 2> smallest{st::e4m3(448), st::e4m3(0.25f)};
    st::tensor<st::e5m2, 1> widest{st::e5m2(57344)};
  };
  parts p;
  st::save_safetensors(here.file("parts.safetensors"), p);
  const st::safetensors_file file(here.file("parts.safetensors"));
  CHECK(file.names() == std::vector<std::string>{"1", "0", "3", "4", "2"});
  const auto again = st::load_safetensors<parts>(here.file("parts.safetensors"));
  CHECK(static_cast<float>(again.narrow(1)) == -2);
  CHECK(again.scale.item() == 2);
  CHECK(static_cast<float>(again.smallest(0)) == 448);
  CHECK(static_cast<float>(again.widest(0)) == 57344);
}

TEST_CASE("safetensors: one mistake, one message") {
  check_says(opened(""), "it is no safetensors file: it has 0 bytes");
  check_says(opened(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}")), "says that it has 92");
  check_says(opened(file_of("{").substr(0, 8)), "its header says that it has 1 bytes");
  check_says(opened(file_of("[]")), "byte 0 of its header: expected '{'");
  check_says(opened(file_of("{}x")), "byte 2 of its header: expected the end");
  check_says(opened(file_of("{\"a\":{},}")), "expected dtype, shape and two data_offsets of 'a'");
  check_says(opened(file_of("{\"\\ud800\":1}")), "expected both halves of a pair");
  check_says(opened(file_of("{\"\\u00g0\":1}")), "expected four hexadecimal digits");
  check_says(opened(file_of("{\"a\n\":1}")), "no control character");
  const std::string a = entry("a", "U8", "[4]", "[0,4]");
  const auto both = [&](const std::string& b, std::size_t bytes) {
    return opened(file_of("{" + a + "," + b + "}", bytes));
  };
  CHECK(opened(file_of("{" + a + "}  ", 4)) == "none");
  CHECK(both(entry("b", "F32", "[1,1]", "[4,8]"), 8) == "none");
  CHECK(both(entry("b", "F8_E4M3", "[4]", "[4,8]"), 8) == "none");  // may be there, unread
  check_says(opened(file_of("{" + a + "}", 5)), "it has 5 bytes of elements; its header says 4");
  check_says(opened(file_of("{" + a + "}", 3)), "it has 3 bytes of elements; its header says 4");
  check_says(both(a, 4), "'a' begins at byte 0 of the elements; expected 4");
  check_says(both(entry("a", "U8", "[0]", "[4,4]"), 4), "it has two tensors 'a'");
  check_says(both(entry("b", "U8", "[4]", "[3,7]"), 7), "'b' begins at byte 3 of the elements");
  check_says(both(entry("b", "U8", "[4]", "[5,9]"), 9), "'b' begins at byte 5 of the elements");
  check_says(both(entry("b", "F32", "[2]", "[4,8]"), 8), "extents [2], and bytes from 4 to 8");
  check_says(both(entry("b", "U8", "[9223372036854775807,3]", "[4,8]"), 8), "bytes from 4 to 8");
  check_says(both(entry("b", "U8", "[-1]", "[4,8]"), 8), "expected a whole number");
  check_says(both(entry("b", "U8", "[01]", "[4,5]"), 5), "expected a whole number");
  check_says(both(entry("b", "U8", "[1.0]", "[4,5]"), 5), "expected ']'");
  check_says(both("\"b\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}", 4), "expected a key once");

  const std::string good = archive("safetensors");
  const st::safetensors_file file(bytes_of(good));
  check_says(io_mistake([&] { (void)file.load<st::tensor<float, dyn>>("bias"); }),
             "its elements are F64, and the tensor's f32; conversion::lossless or conversion::any");
  check_says(io_mistake([&] { (void)file.load<st::tensor<double, 4>>("bias"); }),
             "its extents are [3], and the tensor's [4]");
  const st::tensor<float> x = 1.f;
  check_says(io_mistake([&] { st::save_safetensors("no.safetensors", {{"x", x}, {"x", x}}); }),
             "the name 'x' is there twice");
  CHECK(!std::filesystem::exists("no.safetensors"));
}
