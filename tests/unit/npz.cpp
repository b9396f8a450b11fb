// SPDX-License-Identifier: Apache-2.0

// Archives of NumPy: as it writes them (archive_cases.py), as the library does, damaged in every
// way. With SINTER_ARCHIVE_FOLDER what is written stays there, for archive_cases.py --check.

#include "unit/archives.hpp"

#include <sinter/npz.hpp>

namespace st = sinter;
using st::dyn;

namespace {

#ifdef SINTER_ZLIB
constexpr bool inflates = true;
#else
constexpr bool inflates = false;
#endif

struct layer {
  static constexpr const char* member_names[] = {"weight", "bias"};
  st::tensor<float, 2, 3> weight{1, 2, 3, 4, 5, 6};
  st::tensor<float, 3> bias{7, 8, 9};
};
struct network {
  layer layers[2];
  st::tensor<std::int64_t> steps = 3;
};

}  // namespace

TEST_CASE("npz: NumPy's archives, stored and deflated") {
  CHECK(st::npz_file(bytes_of(archive("npz_empty"))).names().empty());
  const st::npz_file file(bytes_of(archive("npz_stored")));
  check_tensors(file);
  const st::npz_file packed(bytes_of(archive("npz_deflated")));
  const st::npz_file large(bytes_of(archive("npz_large")));
  if (inflates) {
    check_tensors(packed);
    const auto x = large.load<st::tensor<float, dyn, 5>>("x");
    REQUIRE(x.extent(0) == 3000);
    CHECK(x(2999, 4) == 0);
  } else {
    check_says(io_mistake([&] { (void)large.load<st::tensor<float, dyn, 5>>("x"); }),
               "its entry 'x.npy': it is deflated, and this program has no zlib");
  }
}

TEST_CASE("npz: what is written is read, in 32 and in 64 bits") {
  const test_folder here("SINTER_ARCHIVE_FOLDER");
  const auto all = archive_tensors();
  st::detail::write_npz(here.file("tensors.npz"), all);
  check_tensors(st::npz_file(here.file("tensors.npz")));
  st::detail::write_npz(here.file("tensors64.npz"), all, st::detail::zip_writer(200));
  check_tensors(st::npz_file(here.file("tensors64.npz")));
  CHECK(file_content(here.file("tensors64.npz")).find("PK\6\6") != std::string::npos);

  st::tensor<float, dyn> x{1, 2, 3};
  st::save_npz(here.file("two.npz"), {{"x", x}, {"y", st::tensor<float, dyn>(x * 2)}});
  CHECK(st::npz_file(here.file("two.npz")).load<st::tensor<float, 3>>("y")(2) == 6);
  st::save_npz(here.file("none.npz"), {});
  CHECK(st::npz_file(here.file("none.npz")).names().empty());
}

TEST_CASE("npz: a structure of tensors, named by place or by the structure") {
  const test_folder here("SINTER_ARCHIVE_FOLDER");
  network net;
  net.layers[1].bias(2) = -1;
  st::save_npz(here.file("net.npz"), net);
  const st::npz_file file(here.file("net.npz"));
  CHECK(file.names() == std::vector<std::string>{"0.0.weight", "0.0.bias", "0.1.weight",
                                                 "0.1.bias", "1"});
  const auto again = st::load_npz<network>(here.file("net.npz"));
  CHECK(again.layers[1].bias(2) == -1);
  CHECK(again.steps.item() == 3);
  check_says(io_mistake([&] { (void)st::load_npz<layer>(here.file("net.npz")); }),
             "it has no tensor 'weight', but '0.0.weight', '0.0.bias', '0.1.weight'");
  st::save_npz(here.file("more.npz"), {{"0", net.steps}, {"1", net.steps}});
  check_says(io_mistake([&] {
               (void)st::load_npz<st::tensor<std::int64_t>>(here.file("more.npz"));
             }),
             "it has a tensor '1', which the structure has not");
}

TEST_CASE("npz: one mistake, one message") {
  const std::string good = archive("npz_stored");
  const auto open = [](const std::string& bytes) {
    return io_mistake([&] { check_tensors(st::npz_file(bytes_of(bytes))); });
  };
  const auto with = [&](std::size_t at, const std::string& text) {
    std::string changed = good;
    return changed.replace(at, text.size(), text);
  };
  const std::size_t end = good.size() - 22, directory = good.find("PK\1\2");
  check_says(open(""), "it is no zip archive, or its end is missing");
  check_says(open(good.substr(0, good.size() - 1)), "its end is missing");
  check_says(open(with(end + 10, "\x08")), "expected an entry of the directory");
  check_says(open(with(end + 10, "\x06")), "its directory has bytes that belong to no entry");
  check_says(open(with(end + 10, "\xff\xff")), "its directory of 65535 entries");
  check_says(open(with(end + 4, "\x01")), "a part of an archive of several files");
  check_says(open(with(directory + 8, "\x01")), "its entry 'weight.npy': it is encrypted");
  check_says(open(with(directory + 10, "\x0c")), "packed by method 12; 0 and 8 can be read");
  check_says(open(with(directory + 22, "\x01")), "runs into what follows it");
  check_says(open(with(directory + 24, "\x01")), "cannot hold");
  check_says(open(with(good.find("PK\3\4"), "PKPK")), "not where the directory says");
  check_says(open(with(good.find("\x93NUMPY") + 128, "\x01")), "its check sum is wrong");
  std::string twice = good;
  const std::size_t bias = twice.rfind("bias.npy"), mask = twice.rfind("mask.npy");
  twice.replace(mask, 8, twice, bias, 8);
  check_says(open(twice), "it has two entries 'bias.npy'");

  const test_folder here("SINTER_ARCHIVE_FOLDER");
  const st::tensor<float> x = 1.f;
  const st::tensor<st::bf16> b;
  check_says(io_mistake([&] { st::save_npz(here.file("x.npz"), {{"x", x}, {"x", x}}); }),
             "the name 'x' is there twice");
  check_says(io_mistake([&] { st::save_npz(here.file("x.npz"), {{"b", b}}); }),
             "bf16 tensor, which NumPy has not");
}
