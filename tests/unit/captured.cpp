// SPDX-License-Identifier: Apache-2.0

// Calls that are made again and again, and batches that are fed to them, on the host. That a device
// is asked for one launch is tested on a recorded runtime.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <tuple>

namespace st = sinter;

namespace {

inline constexpr st::axis batch{"batch"};

constexpr auto step = st::fused([](auto& w, auto x, auto rate) {
  w = w - rate * x;
  return std::tuple(w * 2.f, sum(w));
});

struct sample {
  st::tensor<float, batch, 2> x;
  st::tensor<int, batch> label;
};

}  // namespace

TEST_CASE("captured: each run reads what its arguments hold, results keep their memory") {
  st::tensor<float, st::dyn> w(3), x(3);
  for (int i = 0; i < 3; ++i) x(i) = static_cast<float>(i);
  float rate = 1;
  auto run = st::captured(step, w, x, rate);
  const auto& [doubled, total] = run();
  CHECK(doubled(2) == -4);
  CHECK(total.item() == -3);
  const float* const memory = doubled.data();
  x(0) = 1, rate = 2;
  run();
  CHECK(doubled.data() == memory);
  CHECK(doubled(0) == -4);
  CHECK(w(0) == -2);
  CHECK(total.item() == -11);

  w.resize(1), x.resize(1);  // other extents, other memory
  x(0) = 1;
  run();
  CHECK(doubled.size() == 1);
  CHECK(doubled(0) == -4);
  w.resize(0), x.resize(0);
  run();
  CHECK(doubled.size() == 0);
  CHECK(total.item() == 0);

  x.resize(2);
  CHECK_THROWS_AS(run(), st::shape_error);
  w.resize(2);
  run();  // the mistake left nothing behind
  CHECK(doubled.size() == 2);
}

TEST_CASE("captured: without results, with temporaries and views, and where updates are read") {
  st::tensor<float, 4> w = {1, 2, 3, 4};
  auto plain = st::captured(st::fused([](auto& v, auto y) { v = v + y; }), w,
                            st::tensor<float, 4>{1, 1, 1, 1});
  plain();
  plain();
  CHECK(w(3) == 6);
  auto turned = st::captured(st::fused([](auto& v, auto y) { v = y; }), w,
                             st::tensor_view<const float, 4>(w.data() + 3, {4}, {-1}));
  turned();
  CHECK(w(0) == 6);
  CHECK(w(3) == 3);
  turned();
  CHECK(w(0) == 3);
}

TEST_CASE("feed: batches come out as they went in, in order") {
  st::feed<sample> feed(st::cpu, 3);
  sample one, there;
  CHECK_THROWS_AS(feed.receive(there), st::value_error);
  for (int count = 0; count < 3; ++count) {
    one.x.resize(count), one.label.resize(count);
    for (int i = 0; i < count; ++i) one.x(i, 1) = static_cast<float>(10 * count + i);
    for (int i = 0; i < count; ++i) one.label(i) = count - i;
    feed.send(one);
  }
  CHECK(feed.waiting() == 3);
  CHECK_THROWS_AS(feed.send(one), st::value_error);
  for (int count = 0; count < 3; ++count) {
    feed.receive(there);
    REQUIRE(there.x.extent(0) == count);
    for (int i = 0; i < count; ++i) CHECK(there.x(i, 1) == static_cast<float>(10 * count + i));
    for (int i = 0; i < count; ++i) CHECK(there.label(i) == count - i);
  }
  CHECK(feed.waiting() == 0);
  CHECK_THROWS_AS(st::feed<sample>(st::cpu, 0), st::value_error);
  CHECK_THROWS_AS(st::feed<sample>{st::cuda}, st::device_error);
}
