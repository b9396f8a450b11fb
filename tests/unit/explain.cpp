// SPDX-License-Identifier: Apache-2.0

// Costs of kernels against counts by hand, and plans as text and as pictures.

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "sinter/ops/activation.hpp"
#include "sinter/ops/cumulative.hpp"
#include "sinter/ops/gradient.hpp"
#include "sinter/ops/linear.hpp"
#include "sinter/ops/loss.hpp"
#include "sinter/ops/normalise.hpp"
#include "sinter/plan/explain.hpp"
#include "sinter/report/plan_picture.hpp"
#include "unit/sketch.hpp"

namespace {

using namespace sinter;
using namespace sinter::testing;

kernel_cost one_kernel(const plan_builder& p,
                       const list<std::int64_t>& extents = {}) {
  REQUIRE(p.kernels.size() == 1);
  return cost_of(p.kernels[0], dimension_values(p.graph, extents));
}

TEST_CASE("cost: a dense layer [32,784] x [784,256], static and with a run-time batch") {
  const kernel_cost expected{4.0 * (32 * 784 + 784 * 256 + 256), 4.0 * 32 * 256,
                             2.0 * 32 * 784 * 256 + 2 * 32 * 256};
  CHECK(one_kernel(dense_layer(32)) == expected);
  CHECK(one_kernel(dense_layer(batch), {32}) == expected);
  CHECK(is_static(dense_layer(32).kernels[0]));
  CHECK(!is_static(dense_layer(batch).kernels[0]));
}

TEST_CASE("cost: softmax of rows [8,100] reads and writes each element once") {
  sketch s;
  s.result(softmax(s.input({8, 100})));
  const kernel_cost c = one_kernel(s.plan());
  CHECK(c.bytes_read == 3200);
  CHECK(c.bytes_written == 3200);
  // max, sub, exp, sum, mul at 1, 1, 12, 1, 1 flops, and a quotient at 4 for each row
  CHECK(c.flops == 800 * 16 + 8 * 4);
}

TEST_CASE("cost: running sums of [50,7] read and write each element once, along either axis") {
  sketch rows, columns;
  rows.result(cumsum(rows.input({50, 7})) * 2);
  columns.result(cumsum<backwards, 0>(columns.input({50, 7})) * 2);
  const kernel_cost expected{4 * 350, 4 * 350, 2 * 350};
  CHECK(one_kernel(rows.plan()) == expected);
  CHECK(one_kernel(columns.plan()) == expected);
}

TEST_CASE("cost: sum over the leading axis of [50,7]") {
  sketch s;
  s.result(sum<0>(s.input({50, 7})) * 2);
  const kernel_cost c = one_kernel(s.plan());
  CHECK(c.bytes_read == 4 * 350);
  CHECK(c.bytes_written == 4 * 7);
  CHECK(c.flops == 350 + 7);
}

TEST_CASE("cost: an update reads and writes its target") {
  sketch s;
  const symbol w = s.input({1000}), g = s.input({1000});
  s.update(0, w - g * 0.1f);
  const kernel_cost c = one_kernel(s.plan());
  CHECK(c.bytes_read == 8000);
  CHECK(c.bytes_written == 4000);
  CHECK(c.flops == 2000);
}

TEST_CASE("cost: x [16,16] times its transpose plus x reads x once") {
  sketch s;
  const symbol x = s.input({16, 16});
  s.result(matmul(x, transpose(x)) + x);
  CHECK(one_kernel(s.plan()).bytes_read == 4 * 256);
}

TEST_CASE("cost: the windows of a stencil over [100] share their elements") {
  sketch s;
  const symbol x = s.input({100});
  s.result(slice<0, 0, 98>(x) + slice<0, 1, 99>(x) + slice<0, 2, 100>(x));
  CHECK(one_kernel(s.plan()).bytes_read == 400);
}

TEST_CASE("cost: padding reads the guarded part only") {
  sketch s;
  const symbol x = s.input({10, 3}), y = s.input({10, 5});
  const std::int64_t begin[] = {0, 1};
  s.result(y + symbol{&s.graph, rules::pad(s.graph, x.index, {2, {10, 5}}, begin)});
  CHECK(one_kernel(s.plan()).bytes_read == 4 * (30 + 50));
}

TEST_CASE("cost: a broadcast row is read once, f16 at two bytes") {
  sketch s;
  const symbol x = s.input({64, 32}, dtype::f16), row = s.input({32}, dtype::f16);
  s.result(x * row);
  const kernel_cost c = one_kernel(s.plan());
  CHECK(c.bytes_read == 2 * (64 * 32 + 32));
  CHECK(c.bytes_written == 2 * 64 * 32);
}

TEST_CASE("cost: unfused, every operation reads its operands and writes its result") {
  sketch s;
  const symbol x = s.input({1000}), y = s.input({1000});
  s.result(relu(x * y + 1) * x);
  const auto kernels = unfused_cost(s.graph);
  REQUIRE(kernels.size() == 4);
  CHECK(total(kernels).bytes_read == 4 * 1000 * (2 + 1 + 1 + 2));
  CHECK(total(kernels).bytes_written == 4 * 1000 * 4);
  CHECK(total(kernels).flops == 4000);
  CHECK(one_kernel(s.plan()).bytes() == 4 * 3000);
}

TEST_CASE("cost: a slot of the workspace is as large as its largest value") {
  sketch s;
  const symbol weight = s.input({300, 300});
  symbol x = s.input({batch, 300});
  for (int i = 0; i < 4; ++i) x = tanh(matmul(x, weight));
  s.result(x);
  const plan_builder p = s.plan();
  const auto values =
      dimension_values(p.graph, list<std::int64_t>(p.graph.dimensions.size(), 16));
  const workspace_size w = workspace_of(p, values);
  CHECK(w.bytes == 2 * 16 * 300 * 4);
  CHECK(w.without_reuse == 3 * 16 * 300 * 4);
}

TEST_CASE("explain: a dense layer with a named axis") {
  const std::string text = explain(dense_layer(batch), {.inputs = {"x", "w", "b"}});
  CHECK(text == R"(plan: 1 kernel
  reads x f32 [batch, 784]; w f32 [784, 256]; b f32 [256]
  returns out0 f32 [batch, 256]

  #  family    space                          bytes        flops
  --------------------------------------------------------------
  0  contract  [batch, 256]  4.16 kB*batch + 804 kB  402 k*batch
     relu(matmul(x, w) + b) -> out0
  --------------------------------------------------------------
     fused     1 kernel      4.16 kB*batch + 804 kB  402 k*batch
     unfused   3 kernels     8.26 kB*batch + 804 kB  402 k*batch

  traffic    4.16 kB*batch + 804 kB; unfused 8.26 kB*batch + 804 kB
  workspace  none
  times      need batch
)");
}

TEST_CASE("explain: a dense layer, batch = 512") {
  const explain_options options{.inputs = {"x", "w", "b"},
                                .dimensions = {{"batch", 512}},
                                .machines = {{"unit", 1e12, 1e12, 1e-6}}};
  CHECK(explain(dense_layer(batch), options) == R"(plan: 1 kernel; batch = 512
  reads x f32 [512, 784]; w f32 [784, 256]; b f32 [256]
  returns out0 f32 [512, 256]

  #  family    space          read  written  flops  flop/B    unit
  ----------------------------------------------------------------
  0  contract  [512, 256]  2.41 MB   524 kB  206 M    70.1  207 us
     relu(matmul(x, w) + b) -> out0
  ----------------------------------------------------------------
     fused     1 kernel    2.41 MB   524 kB  206 M    70.1  207 us
     unfused   3 kernels   3.46 MB  1.57 MB  206 M    40.9  211 us

  traffic    2.93 MB; unfused 5.03 MB, 1.71 times as much
  workspace  none
)");
}

TEST_CASE("explain: a training step spells products, folds and updates") {
  const explain_options options{.inputs = {"x", "w", "v", "label"}};
  const std::string text = explain(training_step(), options);
  for (const char* line : {"plan: 1 kernel\n", "  0  chain    6 spaces ",
                           "     [batch, 32]  m1 = relu(matmul(x, w))\n",
                           "     [batch, 10]  t1 = matmul(m1, v)\n",
                           "     t2 = t1 - max<-1>(t1)\n",
                           "     t3 = iota<-1> == label\n",
                           "     [batch]  sum(m2) / batch -> out0\n",
                           "     [32, 10]  v <- v - matmul(transpose(m1), m3) * 0.5\n",
                           "     [64, 32]  w <- w - matmul(transpose(x), m4) * 0.5\n",
                           "  workspace  none\n",
                           "  updates w; v\n"})
    CHECK_MESSAGE(text.find(line) != text.npos, line << " in\n" << text);
}

TEST_CASE("explain: why a product is not part of the chain that it reads") {
  const auto why = [](auto&& make) {
    sketch s;
    make(s);
    const std::string text = explain(s.plan());
    const std::size_t at = text.find("  unchained  ");
    return at == text.npos ? "" : text.substr(at + 13, text.find('\n', at) - at - 13);
  };
  CHECK(why([](sketch& s) {
          s.result(matmul(matmul(s.input({batch, 32}), s.input({32, 16})), s.input({16, 8})));
        }) == "");
  CHECK(why([](sketch& s) {
          s.result(matmul(matmul(s.input({batch, 32}), s.input({32, 300})), s.input({300, 8})));
        }) == "1: rows of more than 256 columns, or of a run-time number");
  CHECK(why([](sketch& s) {
          const symbol own = s.input({3, 16, 8});
          s.result(matmul(matmul(s.input({3, batch, 32}), s.input({32, 16})), own));
        }) == "1: each item of a batch with a right operand of its own");
  CHECK(why([](sketch& s) {
          const symbol x = s.input({batch, 32}), h = matmul(x, s.input({32, 16}));
          s.result(matmul(transpose(x), h));
        }) == "1: other rows than those of the products that they read");
  CHECK(why([](sketch& s) {
          const symbol h = matmul(s.input({16, 32}), s.input({32, 16}));
          s.result(matmul(transpose(h), s.input({16, 8})));
        }) == "1: more of the products that they read than the own row");
  CHECK(why([](sketch& s) {
          const symbol h = matmul(s.input({batch, 32}), s.input({32, 16}));
          s.result(matmul(h, s.input({16, 16})) + sum<0>(h));
        }) == "2: kernels in between");
  CHECK(why([](sketch& s) {
          symbol h = s.input({batch, 16});
          const symbol w = s.input({16, 16});
          for (int i = 0; i < 17; ++i) h = relu(matmul(h, w));
          s.result(h);
        }) == "1: a chain has at most 16 products");
}

TEST_CASE("explain: why what sums over the rows of a chain is not part of it") {
  // Two products of a width, and the gradient of the second one's right operand.
  const auto why = [](extent_t width, auto&& result) {
    sketch s;
    const symbol x = s.input({batch, 16});
    const symbol h = tanh(matmul(x, s.input({16, width})));
    result(s, h, matmul(h, s.input({width, width})));
    const std::string text = explain(s.plan());
    const std::size_t at = text.find("  unchained  ");
    return at == text.npos ? text.substr(6, text.find('\n') - 6)
                           : text.substr(at + 13, text.find('\n', at) - at - 13);
  };
  const auto gradient = [](sketch& s, symbol h, symbol y) { s.result(matmul(transpose(h), y)); };
  CHECK(why(128, gradient) == "1 kernel");
  CHECK(why(181, gradient) == "1 kernel");  // 4 * 181 * 181 bytes are less than 128 KiB
  CHECK(why(182, gradient) == "1: sums over a chain's rows of more than 128 KiB");
  CHECK(why(128, [](sketch& s, symbol h, symbol y) {  // twice 64 KiB, and a few bytes
          s.result(matmul(transpose(h), y));
          s.result(matmul(transpose(y), tanh(y)));
          s.result(sum<0>(y));
        }) == "1: sums over a chain's rows of more than 128 KiB");
  CHECK(why(64, [](sketch& s, symbol h, symbol y) {
          s.result(matmul(transpose(h), y) / sum<0>(y));
        }) == "1: kernels in between");
  CHECK(why(64, [](sketch& s, symbol h, symbol y) {  // the sum over all rows, before the next
          const symbol middle = unsqueeze<0>(sum<0>(y));
          s.result(matmul(transpose(h), y - middle));
        }) == "2: kernels in between");
  CHECK(why(16, [](sketch& s, symbol h, symbol y) {
          for (int i = 1; i <= 18; ++i) s.result(matmul(transpose(h * i), y));
        }) == "1: a chain has at most 19 kernels, with what sums over its rows");
}

TEST_CASE("explain: maps that share a kernel begin with their spaces, and add up") {
  sketch s;
  const symbol w = s.input({30, 20}), b = s.input({7}), g = s.input({30, 20}), h = s.input({7});
  s.update(0, w - g * 0.1f);
  s.update(1, tanh(b - h) * tanh(b - h));
  const std::string text = explain(s.plan(), {.inputs = {"w", "b", "g", "h"}});
  for (const char* line :
       {"plan: 1 kernel\n", "  0  map      2 spaces ", "     [600]  w <- w - g * 0.1\n",
        "     [7]  t1 = tanh(b - h)\n", "     b <- t1 * t1\n"})
    CHECK_MESSAGE(text.find(line) != text.npos, line << " in\n" << text);
  const kernel_cost c = one_kernel(s.plan());
  CHECK(c.bytes_read == 4 * (2 * 600 + 2 * 7));
  CHECK(c.bytes_written == 4 * (600 + 7));
}

std::string formulas_of(const sketch& s) {
  const plan_builder p = s.plan();
  REQUIRE(p.kernels.size() == 1);
  std::string text;
  for (const std::string& line : speller(p).formulas(p.kernels[0])) text += line + '\n';
  return text;
}

TEST_CASE("explain: parentheses as in C++, shortest constants, shared values named") {
  sketch s;
  const symbol x = s.input({4, 5}), y = s.input({4, 5});
  const symbol e = exp(x - y * 0.1f);
  s.result(e / (x - (y - 1e-5f)) + e);
  s.result(where(x <= y || !(x == y), -(x + y), true));
  CHECK(formulas_of(s) == R"(t1 = exp(x0 - x1 * 0.1)
t1 + t1 / (x0 - (x1 - 1e-5)) -> out0
where(x0 <= x1 || !(x0 == x1), -(x0 + x1), 1) -> out1
)");
}

TEST_CASE("explain: whether wgmma reads operands of 8 bits and in tf32 as they lie") {
  const auto note = [](dtype left, dtype right, auto&& product) {
    sketch s;
    const symbol x = s.input({64, 128}, left), w = s.input({128, 128}, right);
    s.result(product(x, w));
    const std::string text = explain(s.plan());
    const std::size_t at = text.find("sm_90a: ");
    return at == text.npos ? std::string() : text.substr(at, text.find('\n', at) - at);
  };
  const auto plain = [](symbol x, symbol w) { return matmul(x, w); };
  const auto turned = [](symbol x, symbol w) { return matmul(x, transpose(w)); };
  const auto wide = [](symbol x) {
    return symbol{x.graph, rules::cast(*x.graph, x.index, dtype::i32)};
  };
  CHECK(note(dtype::e4m3, dtype::e4m3, turned) == "sm_90a: wgmma in e4m3");
  CHECK(note(dtype::e5m2, dtype::e5m2, plain) ==
        "sm_90a: no wgmma in e5m2, as terms of the right operand are no neighbours");
  CHECK(note(dtype::i8, dtype::i8, [&](symbol x, symbol w) {
          return matmul(transpose(wide(w)), transpose(wide(x)));
        }) ==
        "sm_90a: no wgmma in i8, as terms of the left operand are no neighbours");
  CHECK(note(dtype::f32, dtype::f32, [](symbol x, symbol w) {
          return matmul(tf32(x), transpose(tf32(w)));
        }) == "sm_90a: wgmma in tf32");
  CHECK(note(dtype::f32, dtype::f32, [](symbol x, symbol w) {
          return matmul(tf32x3(x), transpose(tf32x3(w)));
        }) == "");  // not by wgmma
  CHECK(note(dtype::f32, dtype::f32, turned) == "");
  CHECK(note(dtype::i8, dtype::i8, turned) == "");  // sums in 8 bits
  CHECK(note(dtype::e4m3, dtype::e5m2, turned) == "");
  CHECK(note(dtype::bf16, dtype::bf16, plain) == "");
}

TEST_CASE("explain: running folds name their axis and their way") {
  const auto formula = [](auto f, std::initializer_list<extent_t> extents = {4, 5}) {
    sketch s;
    s.result(f(s.input(extents)));
    return formulas_of(s);
  };
  CHECK(formula([](symbol x) { return exp(cumsum(x) / sum<keep, 1>(x)); }) ==
        "exp(cumsum<-1>(x0) / sum<-1>(x0)) -> out0\n");
  CHECK(formula([](symbol x) { return cummax<backwards, 1>(x) * 2; }) ==
        "cummax<backwards, -1>(x0) * 2 -> out0\n");
  CHECK(formula([](symbol x) { return logcumsumexp<0>(x); }) ==
        "logcumsume<0>(x0) -> out0\n");
  CHECK(formula([](symbol x) { return cumprod<backwards>(x); }, {6}) ==
        "cumprod<backwards>(x0) -> out0\n");
}

TEST_CASE("explain: views show what they are") {
  sketch s;
  const symbol x = s.input({6, 6});
  const std::int64_t begin[] = {0, 0};
  const symbol part = slice<0, 2, 4>(x);
  const symbol padded{&s.graph, rules::pad(s.graph, part.index, {2, {6, 6}}, begin)};
  s.result(x + transpose(x) + padded);
  CHECK(formulas_of(s) == "pad(slice(x0, 12)) + (x0 + transpose(x0)) -> out0\n");
}

TEST_CASE("explain: long kernels are elided, long lines wrapped") {
  sketch s;
  symbol x = s.input({100});
  for (int i = 0; i < 60; ++i) x = exp(x) * x + i;
  s.result(x);
  const std::string text = explain(s.plan(), {.width = 80, .lines = 8});
  CHECK(text.find("... ") != text.npos);
  CHECK(text.find(" more ...\n") != text.npos);
  CHECK(text.find(" -> out0\n") != text.npos);
  std::size_t longest = 0;
  for (std::size_t from = 0, to = 0; from < text.size(); from = to + 1) {
    to = text.find('\n', from);
    longest = std::max(longest, to - from);
  }
  CHECK(longest <= 80);
}

TEST_CASE("plan_picture: a box for each kernel, a pill for each tensor") {
  const explain_options options{.inputs = {"x", "w", "v", "label"}, .dimensions = {{"batch", 8}}};
  const plan_builder p = training_step();
  const std::string picture = plan_picture(p, options).str();
  std::size_t boxes = 0;
  const std::string mark = "opacity=\"0.09\"";
  for (std::size_t at = 0; (at = picture.find(mark, at)) != picture.npos; ++at) ++boxes;
  CHECK(boxes == p.kernels.size());
  for (const char* words : {"m1 = relu(matmul(x, w))", "batch = 8", "label", "out0"})
    CHECK_MESSAGE(picture.find(words) != picture.npos, words);
  CHECK(picture.find("nan") == picture.npos);
}

}  // namespace
