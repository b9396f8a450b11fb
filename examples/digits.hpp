// SPDX-License-Identifier: Apache-2.0
#pragma once

// The data of examples/10_digits.cpp: images of handwritten digits, divided once and for all.

#include <sinter/io/csv.hpp>
#include <sinter/sinter.hpp>

#include <string>
#include <vector>

namespace digits {

inline constexpr sinter::axis batch{"batch"};
inline constexpr int train_count = 1438, test_count = 359, pixels = 64, classes = 10;

struct images {
  sinter::tensor<float, batch, pixels> pixel;   // 0 ... 1
  sinter::tensor<std::int32_t, batch> label;
};

struct data {
  images train, test;
};

/// What the command line asks for: [--target cpu|cuda] [FILE].
struct options {
  std::string path = "examples/data/digits.csv";
  sinter::placement target = sinter::cpu;
};
inline options parse(int argc, char** argv) {
  options chosen;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument != "--target") {
      if (argument.starts_with("-"))
        throw sinter::value_error("want [--target cpu|cuda] [FILE], got " + argument);
      chosen.path = argument;
      continue;
    }
    const std::string target = ++i < argc ? argv[i] : "nothing";
    if (target != "cpu" && target != "cuda")
      throw sinter::value_error("--target is cpu or cuda, got " + target);
    chosen.target = target == "cpu" ? sinter::cpu : sinter::cuda;
  }
  return chosen;
}

/// The order of `count` things, shuffled by a seed (Fisher and Yates).
inline std::vector<int> shuffled(int count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<int> order(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) order[i] = i;
  for (int i = count - 1; i > 0; --i) {
    const auto draw = sinter::random::philox(seed, stream, static_cast<std::uint64_t>(i)).word[0];
    std::swap(order[i], order[draw % static_cast<unsigned>(i + 1)]);
  }
  return order;
}

/// Reads 1,797 rows of 64 pixels and a label, and sets 359 of them, drawn by a fixed seed, apart.
inline data load(const std::string& path) {
  const sinter::table table = sinter::read_csv(path);
  if (table.columns != pixels + 1 || table.rows != train_count + test_count)
    throw sinter::io_error(path + ": " + std::to_string(table.rows) + " rows of " +
                           std::to_string(table.columns) +
                           " numbers; the digits are 1797 rows of 65, 64 pixels and a label");
  data result;
  result.train.pixel.resize(train_count), result.train.label.resize(train_count);
  result.test.pixel.resize(test_count), result.test.label.resize(test_count);
  const std::vector<int> order = shuffled(train_count + test_count, 1998, 0);
  for (int i = 0; i < train_count + test_count; ++i) {
    images& part = i < train_count ? result.train : result.test;
    const int at = i < train_count ? i : i - train_count;
    const double* row = table.values.data() + order[i] * table.columns;
    for (int p = 0; p < pixels; ++p) part.pixel(at, p) = static_cast<float>(row[p] / 16);
    part.label(at) = static_cast<std::int32_t>(row[pixels]);
  }
  return result;
}

/// Rows first ... first + count - 1 of a shuffled order.
inline void gather(const images& from, const std::vector<int>& order, int first, int count,
                   images& to) {
  if (to.label.extent(0) != count) to.pixel.resize(count), to.label.resize(count);
  for (int i = 0; i < count; ++i) {
    const std::int64_t row = order[static_cast<std::size_t>(first + i)];
    std::copy_n(from.pixel.data() + row * pixels, pixels, to.pixel.data() + i * pixels);
    to.label(i) = from.label(row);
  }
}

}  // namespace digits
