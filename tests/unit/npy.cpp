// SPDX-License-Identifier: Apache-2.0

// Files of NumPy: as it makes them (npy_cases.py), as the library does, damaged in every way. With
// SINTER_NPY_FOLDER the files that are written stay there, for npy_cases.py --check.

#include "unit/files.hpp"

#include <sinter/npy.hpp>

namespace st = sinter;
using st::dyn;

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string>& cases() {
  static const stored_file all[] = {
#include "npy_cases.inc"
  };
  static const std::map<std::string, std::string> made = by_name(all);
  return made;
}

struct folder : test_folder {
  folder() : test_folder("SINTER_NPY_FOLDER") {}
  std::string file_of(const std::string& bytes) const {
    std::ofstream(file("case.npy"), std::ios::binary) << bytes;
    return file("case.npy");
  }
};

template <class T> T value_of(std::int64_t i) {
  if constexpr (std::is_same_v<T, bool>) return i % 3 == 0;
  else return static_cast<T>(std::is_unsigned_v<T> ? i % 7 : i % 7 - 2);
}

template <class Tensor> int wrong_elements(const Tensor& x) {
  int wrong = 0;
  for (std::int64_t i = 0; i < x.size(); ++i)
    wrong += x.data()[i] != value_of<typename Tensor::element>(i);
  return wrong;
}

template <class T> using cube = st::tensor<T, dyn, 3, dyn>;

}  // namespace

TEST_CASE_TEMPLATE("npy: NumPy's files of every type, and files that are the same bytes", T, bool,
                   std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t, st::f16, float, double) {
  const folder here;
  const std::string name = st::properties(st::dtype_of<T>).name;
  const auto x = st::load_npy<cube<T>>(here.file_of(cases().at(name)));
  REQUIRE(x.extent(0) == 2);
  REQUIRE(x.extent(2) == 5);
  CHECK(wrong_elements(x) == 0);
  if (const auto big = cases().find(name + "_big_endian"); big != cases().end())
    CHECK(wrong_elements(st::load_npy<cube<T>>(here.file_of(big->second))) == 0);
  st::save_npy(here.file(name + ".npy"), x);
  CHECK(file_content(here.file(name + ".npy")) == cases().at(name));
}

TEST_CASE("npy: orders, versions, scalars, nothing, views and expressions") {
  const folder here;
  for (const char* name : {"f32_columns_first", "f32_version_2", "f32_version_3"})
    CHECK(wrong_elements(st::load_npy<cube<float>>(here.file_of(cases().at(name)))) == 0);
  CHECK(st::load_npy<st::tensor<float>>(here.file_of(cases().at("f32_scalar"))).item() == 2.5f);
  const auto line = st::load_npy<st::tensor<float, 4>>(here.file_of(cases().at("f32_line")));
  CHECK(line(3) == 3);
  const auto none = st::load_npy<cube<float>>(here.file_of(cases().at("f32_empty")));
  CHECK(none.size() == 0);
  CHECK(none.extent(2) == 5);
  for (const auto& [name, bytes] : {std::pair{"f32_line", cases().at("f32_line")},
                                    {"f32_empty", cases().at("f32_empty")}}) {
    if (name == std::string("f32_line")) st::save_npy(here.file("again.npy"), line);
    else st::save_npy(here.file("again.npy"), none);
    CHECK(file_content(here.file("again.npy")) == bytes);
  }
  st::save_npy(here.file("scalar.npy"), st::tensor<float>(2.5f));
  CHECK(file_content(here.file("scalar.npy")) == cases().at("f32_scalar"));

  const auto x = st::load_npy<cube<float>>(here.file_of(cases().at("f32")));
  st::save_npy(here.file("view.npy"), x.slice(2, 0, 5, 2));
  const auto view = st::load_npy<cube<float>>(here.file("view.npy"));
  CHECK(view(1, 2, 2) == x(1, 2, 4));
  st::save_npy(here.file("twice.npy"), x * 2);
  CHECK(st::load_npy<cube<float>>(here.file("twice.npy"))(1, 0, 3) == 2 * x(1, 0, 3));
}

TEST_CASE("npy: one mistake, one message") {
  const folder here;
  const auto load = [&](const std::string& bytes) {
    return io_mistake([&] { (void)st::load_npy<cube<float>>(here.file_of(bytes)); });
  };
  const std::string good = cases().at("f32");
  check_says(load(cases().at("f64")),
             "its elements are '<f8', and the tensor's f32; "
             "conversion::lossless or conversion::any would convert them");
  check_says(load(cases().at("f32_line")), "its extents are [4], and the tensor's [dyn, 3, dyn]");
  check_says(load(""), "it is no .npy file: it has 0 bytes");
  check_says(load("PK\x03\x04 something else entirely"), "it is no .npy file");
  check_says(load(good.substr(0, good.size() - 1)),
       "it has 119 bytes of elements, too few for extents [2, 3, 5]");
  std::string other = good;
  other[6] = 9;
  check_says(load(other), "version 9 of the format is not known; 1 to 3 are");
  const auto with = [&](const char* from, const char* to) {
    std::string changed = good;
    return changed.replace(changed.find(from), std::string(from).size(), to);
  };
  check_says(load(with("False", "Maybe")), "of its header: expected True or False");
  check_says(load(with("(2, 3, 5)", "(2, 3, -)")), "of its header: expected an extent");
  check_says(load(with("'shape'", "'shame'")), "of its header: expected a key once");
  check_says(load(with("(2, 3, 5), }            ", "(9999999999, 3, 99999), }")),
             "too few for extents");
  check_says(load(with("(2, 3, 5), }                        ",
                 "(4611686018427387904, 3, 8), }      ")),
       "too few for extents");
  check_says(io_mistake([&] { (void)st::load_npy<cube<float>>(here.file("absent.npy")); }),
       "absent.npy': No such file or directory");
  check_says(io_mistake([&] { (void)st::load_npy<cube<float>>(here.path.string()); }),
             "it is a directory");

  // What was there stays where the new file cannot be written.
  check_says(io_mistake([&] { st::save_npy(here.file("no/such/folder.npy"), cube<float>(1, 1)); }),
       "No such file or directory");
  if (fs::exists("/dev/full"))
    check_says(io_mistake([&] { st::save_npy("/dev/full", cube<float>(1, 1)); }), "No space left");
}

TEST_CASE("npy: damaged files are read or refused, within their bytes") {
  const folder here;
  std::uint32_t seed = 1;
  const auto next = [&](std::size_t n) {
    seed = seed * 1664525u + 1013904223u;
    return static_cast<std::size_t>(seed >> 8) % n;
  };
  int read = 0, refused = 0;
  for (const char* name : {"f32", "f32_columns_first", "f32_version_2"}) {
    const std::string& good = cases().at(name);
    const auto attempt = [&](const std::string& bytes) {
      const std::string why =
          io_mistake([&] { (void)st::load_npy<cube<float>>(here.file_of(bytes)); });
      ++(why == "none" ? read : refused);
    };
    for (std::size_t size = 0; size < good.size(); size += 3) attempt(good.substr(0, size));
    for (int round = 0; round < 1000; ++round) {
      std::string bytes = good;
      for (std::size_t change = 1 + next(4); change > 0; --change) {
        const std::size_t at = next(4) > 0 ? next(128) : next(bytes.size());
        const char letters[] = "0123456789(),'{}: \xff<>fbi";
        bytes[at] = next(2) > 0 ? letters[next(sizeof letters - 1)] : static_cast<char>(next(256));
      }
      attempt(bytes);
    }
  }
  CHECK(refused > 1000);
  CHECK(read > 100);
}
