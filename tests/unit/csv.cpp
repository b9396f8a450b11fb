// SPDX-License-Identifier: Apache-2.0

// Tensors from CSV. The reader itself is tested in report.cpp.

#include "unit/files.hpp"

#include <sinter/csv.hpp>

#include <cmath>

namespace st = sinter;
using st::dyn;

namespace {

template <class Tensor> std::string refusal(const std::string& text) {
  return io_mistake([&] { (void)st::load_csv<Tensor>(bytes_of(text)); });
}

}  // namespace

TEST_CASE("csv: matrices of several types, open and fixed extents") {
  const std::string text = "a,b\n1,-2\n3,4\n0,1\n";
  const auto x = st::load_csv<st::tensor<float, dyn, 2>>(bytes_of(text), {.header = true});
  REQUIRE(x.extent(0) == 3);
  CHECK(x(0, 1) == -2);
  const auto y = st::load_csv<st::tensor<std::int8_t, 3, dyn>>(bytes_of(text), {.header = true});
  CHECK(y(1, 0) == 3);
  const std::string special = "nan,inf,0.1,1e-60\n";
  const auto z = st::load_csv<st::tensor<float, 1, 4>>(bytes_of(special));
  CHECK((std::isnan(z(0, 0)) && std::isinf(z(0, 1)) && z(0, 2) == 0.1f && z(0, 3) == 0));
  CHECK(st::load_csv<st::tensor<bool, 1, 2>>(bytes_of("1,0"))(0, 0));
  CHECK(static_cast<float>(st::load_csv<st::tensor<st::f16, 1, 1>>(bytes_of("0.5"))(0, 0)) == 0.5f);
  const auto large = st::load_csv<st::tensor<std::int64_t, 1, 1>>(bytes_of("9007199254740991"));
  CHECK(large(0, 0) == 9007199254740991);

  const test_folder here("SINTER_CSV_FOLDER");
  std::ofstream(here.file("x.csv")) << "1;2\n";
  CHECK(st::load_csv<st::tensor<double, 1, 2>>(here.file("x.csv"), {.separator = ';'})(0, 1) == 2);
}

TEST_CASE("csv: what would lose a value is refused") {
  check_says(refusal<st::tensor<std::uint8_t, dyn, 2>>("1,2\n3,256\n"),
             "row 2, column 2: 256 is no u8; load f64 and cast");
  check_says(refusal<st::tensor<std::uint8_t, 1, 1>>("-1"), "-1 is no u8");
  check_says(refusal<st::tensor<int, 1, 1>>("0.5"), "0.5 is no i32");
  check_says(refusal<st::tensor<int, 1, 1>>("nan"), "nan is no i32");
  check_says(refusal<st::tensor<std::int64_t, 1, 1>>("9007199254740993"), "is no i64");
  check_says(refusal<st::tensor<bool, 1, 1>>("2"), "2 is no bool");
  check_says(refusal<st::tensor<float, 1, 1>>("1e39"), "1e+39 is no f32");
  check_says(refusal<st::tensor<st::f16, 1, 1>>("70000"), "70000 is no f16");
  check_says(refusal<st::tensor<float, dyn, 3>>("1,2\n"),
             "its extents are [1, 2], and the tensor's [dyn, 3]");
  check_says(refusal<st::tensor<float, dyn, 3>>(""), "the file is empty");
}
