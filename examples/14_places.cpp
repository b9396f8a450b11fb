// SPDX-License-Identifier: Apache-2.0
// Where values come from: views with steps, parts put together, rows of a table, letters that name
// axes, and random numbers that are functions of their place. None is a kernel of its own.

#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cstdio>
#include <tuple>

namespace st = sinter;

// Windows overlap in memory; nothing is copied.
constexpr auto moving_mean = st::fused([](auto x) { return st::mean<1>(st::windows<0, 3>(x)); });

// A table of embeddings, and the gradient that adds to the rows that were used.
constexpr auto embed = st::fused([](auto table, auto words) {
  auto rows = st::embedding(table, words);
  return std::tuple(rows, gradient(sum(rows), table));
});

constexpr auto noisy = st::fused([](auto x, auto p, auto seed, auto step) {
  auto y = st::dropout(x, p, seed, step);
  return std::tuple(y, gradient(sum(y), x));
});

int main() {
  const st::tensor<float, 6> x = st::arange<6>();
  st::tensor smooth = moving_mean(x);
  st::print(smooth);  // 1, 2, 3, 4
  bool right = smooth(0) == 1 && smooth(3) == 4;

  st::tensor row = st::concatenate<0>(st::slice<0, 0, 2>(x), st::flip(x) * 10);
  st::print(row);  // 0, 1, 50, 40, 30, 20, 10, 0
  right &= row(2) == 50 && st::kernels(st::concatenate<0>(x, st::flip(x))) == 1;

  const st::tensor<float, 4, 2> table{0, 1, 10, 11, 20, 21, 30, 31};
  const st::tensor<int, 3> words{3, 1, 3};
  const auto [rows, used] = embed(table, words);
  st::print(rows);
  right &= rows(0, 1) == 31 && used(3, 0) == 2 && used(2, 0) == 0;  // word 3 twice, 2 never

  const st::tensor<float, 2, 5, 4> tokens = st::uniform_like(st::full<2, 5, 4>(0.f), 1, 0);
  st::tensor scores = st::einsum<"bqd,bkd->bqk">(tokens, tokens);
  right &= scores(1, 2, 3) == scores(1, 3, 2);

  const st::tensor<float, 6> ones = st::full<6>(1.f);
  const auto [y, slope] = noisy(ones, 0.5, 42, 0);
  const auto [again, same] = noisy(ones, 0.5, 42, 0);
  for (int i = 0; i < 6; ++i)  // kept and doubled or dropped, the gradient alike, and repeatable
    right &= slope(i) == (y(i) == 0 ? 0 : 2) && y(i) == again(i) && slope(i) == same(i);

  std::puts(right ? "as expected" : "not as expected");
  return right ? 0 : 1;
}
