// SPDX-License-Identifier: Apache-2.0

// What the CUDA target asks of the runtime, on a recorder in place of it: in which order, on which
// streams, and what is left after a failure. No kernel runs. Compiled with SINTER_NVTX.

#include <sinter/cuda.hpp>
#include <sinter/report/compare.hpp>

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "recorded/runtime.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;

/// Kernels of all families: a layer, a fold of columns, a full one, an update, and a number.
constexpr auto work = st::fused([](auto& w, auto x, auto rate) {
  auto y = softmax(matmul(x, w));
  w = w - rate * matmul(transpose(x), y);
  return std::tuple(y, sum(square(y)), st::max<0>(x));
});

using matrix = st::tensor<float, 16, 16>;

cudaStream_t stream_number(std::size_t n) { return reinterpret_cast<cudaStream_t>(n << 8); }

std::string error_of(auto&& call) {
  try {
    call();
  } catch (const st::device_error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("runtime: a call is a launch for each kernel, one allocation, and waits for nothing") {
  {
    matrix w = matrix().to(st::cuda);
    const matrix x = w;
    work(w, x, 0.5f);  // the first call asks for shared memory and the pool
    recorder::restart();
    const auto results = work(w, x, 0.5f);
    CHECK(recorder::count(cuda_call::launch) == st::kernels(work, w, x, 0.5f));
    CHECK(recorder::count(cuda_call::synchronize) == 0);
    CHECK(recorder::count(cuda_call::copy) == 0);      // the number travels with the kernel
    CHECK(recorder::count(cuda_call::allocate) == 4);  // three results, and all else at once
    CHECK(recorder::count(cuda_call::free) == 1);
    for (const recorded_call& c : recorder::calls())
      if (c.what != cuda_call::set_device) CHECK(c.stream == cudaStreamLegacy);
    REQUIRE(recorder::ranges().size() == std::size_t(recorder::count(cuda_call::launch)));
    CHECK(recorder::ranges()[0].find("contract (matmul, ") == 0);
    CHECK(recorder::living() == 5);
  }
  CHECK(recorder::living() == 0);
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: products on warpgroups are one launch of clusters, with maps of operands") {
  constexpr auto layer = st::fused([](auto x, auto w) { return relu(matmul(x, transpose(w))); });
  using rows = st::tensor<st::bf16, st::dyn, 136>;
  using weights = st::tensor<st::bf16, 512, 136>;
  {
    const rows x = rows(4096).to(st::cuda);
    const weights w = weights().to(st::cuda);
    recorder::restart();
    recorder::has_tensor_maps(false);  // as an old driver
    CHECK(error_of([&] { layer(x, w); }).find("no tensor maps") != std::string::npos);
    recorder::has_tensor_maps(true);
    recorder::restart();
    (void)layer(x, w);
    REQUIRE(recorder::count(cuda_call::launch) == 1);
    for (const recorded_call& c : recorder::calls()) {
      if (c.what != cuda_call::launch) continue;
      CHECK(c.blocks == 2 * 32);  // 16 x 2 tiles of 256 rows and 256 columns
      CHECK(c.cluster == 2);
      CHECK(c.bytes > 200 * 1024);
    }
    REQUIRE(recorder::maps().size() == 2);
    const recorded_map &left = recorder::maps()[0], &right = recorder::maps()[1];
    CHECK(left.address == x.data());
    CHECK(left.rank == 2);
    CHECK(left.extent[0] == 136);
    CHECK(left.extent[1] == 4096);
    CHECK(left.stride_bytes[0] == 272);
    CHECK(left.box[0] == 64);
    CHECK(left.box[1] == 128);
    CHECK(right.address == w.data());
    CHECK(right.extent[1] == 512);
    CHECK(right.box[1] == 128);  // half a tile for each block of the cluster

    // The other device has no warpgroups, and a product of one step needs none.
    const rows y = x.to(st::cuda_device(1));
    const weights v = w.to(st::cuda_device(1));
    recorder::restart();
    (void)layer(y, v);
    CHECK(recorder::count(cuda_call::launch) == 1);
    CHECK(recorder::maps().empty());
  }
  CHECK(recorder::living() == 0);
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: where memory runs out, nothing was launched and nothing leaks") {
  matrix w = matrix().to(st::cuda);
  const matrix x = w;
  const int before = recorder::living();
  int failures = 0;
  for (int nth = 1;; ++nth) {
    recorder::restart();
    recorder::plant(cuda_call::allocate, nth, cudaErrorMemoryAllocation);
    bool failed = false;
    try {
      work(w, x, 0.5f);
    } catch (const st::memory_error&) {
      failed = true;
    }
    if (!failed) break;
    ++failures;
    CHECK(recorder::count(cuda_call::launch) == 0);
    CHECK(recorder::living() == before);
  }
  CHECK(failures == 4);
  recorder::restart();
  work(w, x, 0.5f);
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: a launch that fails says which kernel, and what it computes") {
  matrix w = matrix().to(st::cuda);
  const matrix x = w;
  const int before = recorder::living();
  recorder::restart();
  recorder::plant(cuda_call::launch, 1, cudaErrorLaunchFailure);
  const std::string text = error_of([&] { work(w, x, 0.5f); });
  CAPTURE(text);
  CHECK(text.find("launching kernel 0 of ") != std::string::npos);
  CHECK(text.find("a planted error") != std::string::npos);
  CHECK(text.find("contract (matmul, ") != std::string::npos);
  CHECK(recorder::living() == before);

  recorder::plant(cuda_call::launch, 2, cudaErrorNoKernelImageForDevice);
  CHECK(error_of([&] { work(w, x, 0.5f); }).find("no code for this device") != std::string::npos);
  recorder::plant(cuda_call::set_device, 1, cudaErrorNoDevice);
  CHECK(error_of([&] { work(w, x, 0.5f); }).find("no CUDA device") != std::string::npos);
  recorder::plant(cuda_call::set_device, 1, cudaErrorInsufficientDriver);
  CHECK(error_of([&] { matrix().to(st::cuda); }).find("no CUDA driver") != std::string::npos);
  recorder::plant(cuda_call::clear, 1, cudaErrorIllegalAddress);
  CHECK(error_of([&] { w.clear(); }).find("a planted error") != std::string::npos);
  recorder::plant(cuda_call::synchronize, 1, cudaErrorLaunchFailure);
  CHECK(error_of([&] { st::synchronize(); }).find("waiting for kernels") != std::string::npos);
  CHECK(cudaGetLastError() == cudaSuccess);
}

TEST_CASE("runtime: in a scope all goes to its stream, and what is freed behind it waits for it") {
  const matrix x = matrix().to(st::cuda);
  recorder::finish_events(false);
  {
    matrix temporary;
    recorder::restart();
    {
      const st::stream_scope scope(stream_number(7));
      temporary = x + 1.f;
      for (const recorded_call& c : recorder::calls())
        if (c.what != cuda_call::set_device) CHECK(c.stream == stream_number(7));
    }
    recorder::restart();
  }
  REQUIRE(recorder::count(cuda_call::free) == 1);
  REQUIRE(recorder::count(cuda_call::wait_event) == 1);
  for (const recorded_call& c : recorder::calls())  // the wait comes first, on the same stream
    if (c.what != cuda_call::set_device) {
      CHECK(c.what == cuda_call::wait_event);
      CHECK(c.stream == cudaStreamLegacy);
      break;
    }
  recorder::finish_events(true);
  recorder::restart();
  { const matrix other = x + 1.f; }
  CHECK(recorder::count(cuda_call::wait_event) == 0);  // the other stream is done
}

TEST_CASE("runtime: a captured call is one launch, and recorded again where its operands changed") {
  matrix w = matrix().to(st::cuda), x = w;
  st::tensor<float> rate = st::tensor<float>(0.5f).to(st::cuda);
  float number = 0.25f;
  constexpr auto half = st::fused([](auto& v, auto y, auto r, auto n) {
    v = v - r * matmul(y, y) * n;
    return sum(v);
  });
  {
    auto run = st::captured(half, w, x, rate, number);
    recorder::restart();
    const st::tensor<float>& first = run();
    CHECK(recorder::count(cuda_call::instantiate) == 1);
    CHECK(recorder::count(cuda_call::launch_graph) == 1);
    for (const recorded_call& c : recorder::calls())
      if (c.what == cuda_call::launch || c.what == cuda_call::clear) CHECK(c.captured);
    CHECK(recorder::count(cuda_call::launch) == st::kernels(half, w, x, rate, number));

    recorder::restart();  // again: one call of the runtime beside the choice of the device
    const st::tensor<float>& second = run();
    CHECK(&first == &second);
    CHECK(recorder::calls().size() == 1 + std::size_t(recorder::count(cuda_call::set_device)));
    CHECK(recorder::count(cuda_call::launch_graph) == 1);

    rate = 0.125f;  // elements may change: the memory stays
    recorder::restart();
    run();
    CHECK(recorder::count(cuda_call::launch) == 0);

    number = 3;  // as may numbers, which are recorded again
    run();
    CHECK(recorder::count(cuda_call::launch) > 0);
    CHECK(recorder::count(cuda_call::update) == 1);
    CHECK(recorder::count(cuda_call::instantiate) == 0);

    recorder::restart();  // other memory
    x = matrix().to(st::cuda);
    run();
    CHECK(recorder::count(cuda_call::update) == 1);

    recorder::restart();  // a failure leaves nothing behind, and the next run is whole again
    number = 5;
    recorder::plant(cuda_call::launch, 1, cudaErrorLaunchFailure);
    CHECK(error_of([&] { run(); }).find("launching kernel 0 of ") != std::string::npos);
    CHECK(recorder::count(cuda_call::launch_graph) == 0);
    run();
    CHECK(recorder::count(cuda_call::launch_graph) == 1);
    CHECK(recorder::count(cuda_call::instantiate) == 1);

    auto within = st::captured(half, w, w, rate, number);  // what is written is read: a detour
    recorder::restart();
    within();
    CHECK(recorder::count(cuda_call::copy) == 2);
    for (const recorded_call& c : recorder::calls())
      if (c.what == cuda_call::copy) CHECK(c.captured);
  }
  CHECK(recorder::living() == 3);
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: a feed sends on a stream of its own, and waits by events alone") {
  struct pair {
    st::tensor<float, st::dyn> a;
    st::tensor<int> b;
  };
  const int before = recorder::living();
  {
    st::feed<pair> feed(st::cuda);
    pair batch, there;
    CHECK_THROWS_AS(feed.receive(there), st::value_error);
    for (int i = 0; i < 5; ++i) {
      batch.a.resize(3 + i % 2);
      batch.a(1) = static_cast<float>(i);
      batch.b = 7 * i;
      recorder::restart();
      feed.send(batch);
      const void* stream = nullptr;
      for (const recorded_call& c : recorder::calls())
        if (c.what == cuda_call::copy) stream = c.stream;
      CHECK(stream != cudaStreamLegacy);
      CHECK(recorder::count(cuda_call::copy) == 1);
      batch.a(1) = -1;  // it has left
      recorder::restart();
      feed.receive(there);
      CHECK(recorder::count(cuda_call::synchronize) == 0);
      CHECK(recorder::count(cuda_call::wait_event) == 2);
      CHECK(there.a.extent(0) == 3 + i % 2);
      CHECK(there.a.to(st::cpu)(1) == static_cast<float>(i));
      CHECK(there.b.to(st::cpu).item() == 7 * i);
    }
    feed.send(batch);
    feed.send(batch);
    CHECK(feed.waiting() == 2);
    CHECK_THROWS_WITH_AS(feed.send(batch), "feed: all 2 batches are under way; receive one before "
                                           "the next is sent", st::value_error);
    CHECK_THROWS_AS(feed.send(there), st::value_error);
    feed.receive(there);
    CHECK_THROWS_AS(feed.send(there), st::placement_error);
  }
  CHECK(recorder::living() == before);
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: several devices, by their numbers") {
  const matrix here, first = here.to(st::cuda), second = here.to(st::cuda_device(1));
  CHECK(second.where() == st::cuda_device(1));
  recorder::restart();
  const matrix sum = second + second;
  CHECK(sum.where() == st::cuda_device(1));
  for (const recorded_call& c : recorder::calls())
    if (c.what == cuda_call::launch) CHECK(c.device == 1);
  CHECK_THROWS_AS(matrix(first + second), st::placement_error);
  CHECK(error_of([&] { (void)here.to(st::cuda_device(5)); }) != "no error");
  const matrix moved = second.to(st::cuda);  // from device to device
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: copies come back as they went, and several threads may call") {
  matrix x = matrix();
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  recorder::restart();
  const matrix back = x.to(st::cuda).to(st::cpu);
  for (std::int64_t i = 0; i < x.size(); ++i) CHECK(back.data()[i] == x.data()[i]);
  std::vector<std::thread> threads;
  for (std::size_t t = 1; t <= 4; ++t)
    threads.emplace_back([t] {
      const st::stream_scope scope(stream_number(t));
      matrix w = matrix().to(st::cuda);
      const matrix y = w;
      for (int i = 0; i < 50; ++i) work(w, y, 0.5f);
    });
  for (std::thread& t : threads) t.join();
  CHECK(recorder::notes().empty());
}

TEST_CASE("runtime: compare puts the device beside the host") {
  st::compare_options options;
  options.rounds = 1, options.milliseconds = 1e-3, options.longest = 0;
  const st::tensor<float, st::dyn> x(8);
  recorder::restart();
  const st::comparison c = st::compare(x + 1.f, options);
  REQUIRE(c.places.size() == 2);
  CHECK(c.places[1].where == st::cuda);
  CHECK(c.places[1].limits.name == "recorder");
  CHECK(c.sent == 32);
  CHECK(c.received == 32);
  CHECK(c.places[0].deviation == 0);
  CHECK(c.places[1].deviation > 0.5);  // kernels do nothing here, and that is seen
  CHECK(to_string(c).find("cuda:0: recorder") != std::string::npos);
  CHECK(recorder::notes().empty());
}
