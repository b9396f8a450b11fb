// SPDX-License-Identifier: Apache-2.0

// What `compare` reports, and that it touches nothing. No number of seconds is looked at.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "sinter/nn.hpp"
#include "sinter/report/compare.hpp"
#include "sinter/report/comparison_picture.hpp"

namespace {

namespace st = sinter;

constexpr st::axis batch{"batch"}, other{"other"};

/// One short round, and no size after the first that takes any time.
st::compare_options brief() {
  st::compare_options o;
  o.rounds = 1;
  o.milliseconds = 1e-3;
  o.longest = 0;
  return o;
}

constexpr auto update = st::fused([](auto& w, auto x, auto label) {
  auto loss = mean(cross_entropy(matmul(x, w), label));
  w = w - 0.1f * gradient(loss, w);
  return loss;
});

bool mentions(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

TEST_CASE("compare: a training step is measured on copies, and is as the reference says") {
  st::tensor<float, 5, 3> w = st::random::normal();
  const st::tensor<float, batch, 5> x = st::random::normal(4);
  const st::tensor<std::int32_t, batch> label = {0, 2, 1, 2};
  const st::tensor before = w + 0.f;
  st::compare_options options = brief();
  options.longest = 1e9;
  options.most_bytes = 2000;  // 24 bytes for each of the batch, and 64: 64 fits, 256 does not
  const st::comparison c = st::compare(options, update, w, x, label);
  for (std::int64_t i = 0; i < w.size(); ++i) CHECK(w.data()[i] == before.data()[i]);

  REQUIRE(c.places.size() == 1);
  CHECK(c.places[0].where.is_host());
  CHECK(c.kernels.size() == st::kernels(update, w, x, label));
  CHECK(c.places[0].kernels.size() == c.kernels.size());
  CHECK(c.known == "batch = 4");
  CHECK(c.varied == "batch");
  // A dozen operations in f32, each within half an ulp of values below 8.
  CHECK(c.places[0].deviation < 12 * 8 * 0x1p-24);
  REQUIRE(c.sizes.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(c.sizes[i].extent == std::int64_t{1} << 2 * i);
  CHECK(c.checked == 0);

  const std::string page = to_string(c);
  for (const char* words : {"compare: ", "batch = 4", "contract", "of limit", "a call", "deviation",
                            "copies", "no GPU was compared"}) {
    CAPTURE(words);
    CHECK(mentions(page, words));
  }
  CHECK(mentions(st::comparison_picture(c).str(), "at its limits"));
}

TEST_CASE("compare: views, numbers, shared intermediates, and an extent of 0") {
  st::tensor<float, 6, 8> x = st::random::normal();
  const st::tensor_view<float, st::dyn, st::dyn> turned(x.data(), {8, 6}, {1, 8});
  const st::comparison strided = st::compare(turned * 2.5f + 1.f, brief());
  CHECK(strided.places[0].deviation <= 0x1p-23);
  CHECK(strided.varied == "x0.0");

  auto power = st::share(exp(x));
  CHECK(st::compare(power / (power + 1), brief()).places[0].deviation <= 8 * 0x1p-24);

  const st::tensor<float, batch, 8> none(0);
  const st::comparison empty = st::compare(none + 1.f, brief());
  CHECK(empty.places[0].deviation == 0);
  CHECK(empty.known == "batch = 0");
}

TEST_CASE("compare: which extent is varied") {
  const st::tensor<float, st::dyn, batch> a(2, 3);
  const st::tensor<float, other> b(2);
  st::compare_options options = brief();
  CHECK(st::compare(a + 1.f, options).varied == "batch");
  options.vary = "x0.0";
  CHECK(st::compare(a + 1.f, options).varied == "x0.0");
  options.inputs = {"image"};
  options.vary = "image.0";
  CHECK(st::compare(a + 1.f, options).varied == "image.0");
  options.vary = "bach";
  CHECK_THROWS_WITH_AS(st::compare(a + 1.f, options), "compare: no open extent is called bach",
                       st::value_error);

  // One that must be equal to a number stays what it is.
  const st::tensor<float, st::dyn> three(3);
  const st::tensor<float, 3> fixed;
  const st::comparison c = st::compare(three + fixed, brief());
  CHECK(c.sizes.empty());
  CHECK(mentions(to_string(c), "no extent is open"));
  // Two that must be equal vary together.
  const st::tensor<float, st::dyn> left(3), right(3);
  CHECK(st::compare(left + right, brief()).sizes.size() == 1);
  // And operands that do not fit are refused as in a call.
  const st::tensor<float, st::dyn> four(4);
  CHECK_THROWS_AS(st::compare(left + four, brief()), st::shape_error);
}

TEST_CASE("compare: the reference is asked at a smaller batch where the given one is too much") {
  const st::tensor<float, batch, 16> x = st::random::normal(64);
  const st::tensor<float, 16, 16> w = st::random::normal();
  st::compare_options options = brief();
  options.most_flops = 2 * 16 * 16 * 20;
  const st::comparison c = st::compare(matmul(x, w), options);
  CHECK(c.checked == 16);
  CHECK(c.places[0].deviation < 16 * 0x1p-24);
  options.most_flops = 100;
  const st::comparison unknown = st::compare(matmul(x, w), options);
  CHECK(std::isnan(unknown.places[0].deviation));
  CHECK(mentions(to_string(unknown), "the reference was not asked"));
}

TEST_CASE("compare: a wrong result and a NaN are seen") {
  const st::tensor<float, 4> x = {1, 2, 3, 4};
  const auto twice = x * 2.f;
  using call = decltype(x * 2.f);
  st::detail::evaluation<call> e(twice);
  const st::detail::given_operands given(e);
  st::detail::staged_call staged(e, st::graph_of<call>.view(), given, st::cpu,
                                 [](int, int) { return 4; });
  auto expected = staged.expected();
  staged.run();
  CHECK(staged.deviation(expected) == 0);
  expected[0].elements[1] += 1;
  CHECK(staged.deviation(expected) == 1. / 8);
  expected[0].elements[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK(staged.deviation(expected) == std::numeric_limits<double>::infinity());
}

/// A comparison with a device that no machine has.
st::comparison invented(std::initializer_list<std::array<double, 3>> seconds) {
  st::comparison c;
  c.kernels.push_back({"map", "[8]", {"x0 + 1 -> out0"}, {32, 32, 8}});
  c.varied = "batch";
  c.sent = c.received = 32;
  for (const st::placement where : {st::cpu, st::cuda}) {
    st::comparison::place& p = c.places.emplace_back();
    p.where = where;
    p.limits.name = where.is_host() ? "threads" : "device";
    p.kernels = {2e-6};
    p.least = {{1e-6, st::target::bound::launch}};
    p.call = {1e-6, 2e-6, 3e-6};
  }
  std::int64_t extent = 1;
  for (const auto& [host, device, sent] : seconds) {
    c.sizes.push_back({extent, {host, device}, {host, sent}});
    extent *= 4;
  }
  return c;
}

TEST_CASE("compare: from which size on a device wins") {
  const st::comparison c = invented({{1, 2, 9}, {2, 1, 9}, {4, 5, 9}, {8, 3, 9}, {16, 3, 10}});
  CHECK(st::wins_from(c, 1) == 64);  // a win in between is none
  CHECK(st::wins_from(c, 1, true) == 256);
  CHECK(mentions(to_string(c), "is faster than cpu from batch = 64 on"));
  CHECK(mentions(to_string(c), "50 % launch"));
  const st::comparison never = invented({{1, 2, 3}, {2, 2, 3}});
  CHECK(st::wins_from(never, 1) == -1);
  CHECK(mentions(to_string(never), "is not faster than cpu up to batch = 4"));
  CHECK(mentions(to_string(invented({{3, 2, 9}})), "at all sizes"));
  CHECK(mentions(st::comparison_picture(c).str(), "cuda:0 and transfers"));
}

TEST_CASE("plot: on a logarithmic x axis, steps of equal factors are equally wide") {
  const std::vector<double> x{1, 10, 100, 0}, y{1, 2, 3, 4};
  const std::string text =
      st::line_plot("", {{.lines = {{"x", x, y}}, .logarithmic_x = true}}).str();
  std::vector<double> places;
  for (std::size_t at = text.find("cx=\""); at != text.npos; at = text.find("cx=\"", at + 1))
    places.push_back(std::atof(text.c_str() + at + 4));
  REQUIRE(places.size() == 3);  // x = 0 is a gap
  CHECK(std::abs((places[2] - places[1]) - (places[1] - places[0])) < 0.02);
  CHECK(text.find("1 of 4 not positive or not finite") != std::string::npos);
}

TEST_CASE("limits: what holds a kernel back, by its types") {
  st::target::limits m;
  m.bandwidth = 100, m.flops = 10, m.flops_f64 = 5, m.flops_half = 40, m.launch = 2;
  const auto least = [&](const auto& expression, double bytes, double flops) {
    return st::target::time_within(m, st::plan(expression).kernels[0], {bytes, 0, flops});
  };
  const st::tensor<float, 4, 4> x;
  const st::tensor<double, 4, 4> d;
  const st::tensor<st::bf16, 4, 4> h;
  CHECK(least(x + x, 1000, 50).seconds == 10);
  CHECK(least(x + x, 1000, 50).by == st::target::bound::memory);
  CHECK(least(x + x, 1000, 500).seconds == 50);
  CHECK(least(d + d, 1000, 500).seconds == 100);
  CHECK(least(h + h, 1000, 500).seconds == 50);
  CHECK(least(matmul(h, h), 0, 400).seconds == 10);
  CHECK(least(matmul(h, h), 0, 400).by == st::target::bound::flops);
  CHECK(least(matmul(x, h), 0, 400).seconds == 40);
  CHECK(least(x + x, 1, 1).by == st::target::bound::launch);
}

}  // namespace
