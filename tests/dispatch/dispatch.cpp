// SPDX-License-Identifier: Apache-2.0

// A program compiled for any x86-64, whose layer has kernels for several instruction sets: those of
// the processor run, and SINTER_MAX_LEVEL holds them back.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cmath>

#include "layer.hpp"

namespace st = sinter;

TEST_CASE("dispatch: the kernels of the processor's level run, nothing of a higher one") {
  const int level = st::cpu_target::processor_level();
  const char* const most = std::getenv("SINTER_MAX_LEVEL");
  CHECK(level <= (most != nullptr ? std::atoi(most) : 4));
  const matrix x = st::random::normal(3, 50);
  matrix y(3, 50);
  vector_bytes(x, y);
  for (std::int64_t i = 0; i < y.size(); ++i)
    CHECK(y.data()[i] == (level >= 2 ? 64 : level == 1 ? 32 : 16));
  MESSAGE("level ", level, ", vectors of ", static_cast<double>(y(0, 0)), " bytes");
}

TEST_CASE("dispatch: results against double, on several threads and one") {
  const std::int64_t m = 300, k = 70, n = 90;
  const matrix x = st::random::normal(m, k), w = st::random::normal(k, n);
  const halves a = x, b = w;
  matrix y(m, n);
  halves c(m, n);
  for (const int threads : {3, 1}) {
    st::set_threads(threads);
    forward(x, w, y);
    multiply(a, b, c);
    double worst = 0, worst_half = 0;
    std::vector<double> row(n);
    for (std::int64_t i = 0; i < m; ++i) {
      double sum = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        double product = 0, half = 0, size = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          product += double{x(i, p)} * double{w(p, j)};
          half += double(float(a(i, p))) * double(float(b(p, j)));
          size += std::abs(double(float(a(i, p))) * double(float(b(p, j))));
        }
        sum += row[j] = std::exp(product);
        // bf16 rounds once at 2^-8; sums of 70 terms in f32 err by less than 2^-17 of their size.
        worst_half = std::max(worst_half, (std::abs(double(float(c(i, j))) - half) -
                                           0x1p-8 * std::abs(half)) / size);
      }
      for (std::int64_t j = 0; j < n; ++j)
        worst = std::max(worst, std::abs(double{y(i, j)} - row[j] / sum));
    }
    CHECK(worst < 70 * 0x1p-24 * 40);  // 70 terms of sums up to 40, each rounded
    CHECK(worst_half < 0x1p-17);
  }
  st::set_threads(0);
}

int main(int argc, char** argv) { return doctest::Context(argc, argv).run(); }
