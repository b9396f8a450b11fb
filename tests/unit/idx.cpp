// SPDX-License-Identifier: Apache-2.0

// Files of IDX: bytes as the format's description says, written and read again, damaged.

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
  check_says(load({'\x1f', '\x8b', 8, 0}), "packed by gzip; unpack it first");
  check_says(load({0, 0, 13, 2, 0, 0, 0}), "it ends within its 2 extents");
  check_says(load({0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7}), "its elements are u8, and");
  check_says(load({0, 0, 7, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7}), "its elements are of type 7, and");
  check_says(load({0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 1}), "its extents are [1], and");
  check_says(load({0, 0, 13, 2, -1, -1, -1, -1, -1, -1, -1, -1, 7}),
             "it has 1 bytes of elements, too few for extents [4294967295, 4294967295]");
  check_says(load({0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 0, 7}), "1 bytes follow its elements");
}
