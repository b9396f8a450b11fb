// SPDX-License-Identifier: Apache-2.0
#pragma once

// How benchmarks are measured and shown. The variants of a case take turns, round by round, so that
// what else the machine does meets all of them alike. A round calls a variant as often as fills
// some milliseconds. The median of the rounds is shown, with half the range between the quartiles.

#include <sinter/report/explain.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

// Plain loops say by this what may be parallel: at -O2 g++ vectorises little without being told.
#if defined(_OPENMP)
#define BENCH_PRAGMA(...) _Pragma(#__VA_ARGS__)
#else
#define BENCH_PRAGMA(...)
#endif

namespace bench {

struct variant {
  std::string name;
  std::function<void()> run;
};

/// The variants compute the same; the first is the one that the others are compared with. Bytes and
/// flops are what the computation needs at least, whoever does it.
struct test_case {
  std::string name;
  double bytes = 0, flops = 0;
  std::vector<variant> variants;
  std::function<double()> difference;  ///< between the variants' results, relative
};

/// What a fused function needs: each operand and result crosses the bus once.
template <class F, class... A> sinter::kernel_cost needs(const F& f, A&... args) {
  return sinter::total(sinter::cost_of(sinter::plan(f, args...)));
}

struct options {
  std::string filter, json;
  int rounds = 21;
  double milliseconds = 20;
};

class runner {
 public:
  explicit runner(const options& o) : options_(o) {
    if (!o.json.empty()) json_ = std::fopen(o.json.c_str(), "a");
    if (!o.json.empty() && json_ == nullptr) throw sinter::io_error("cannot write " + o.json);
    std::printf("threads %d, vectors of %d bytes, %d rounds of %g ms, compiler %s\n\n",
                sinter::threads(), sinter::native_bytes, o.rounds, o.milliseconds, __VERSION__);
    std::printf("%-14s %-9s %11s %7s %8s %8s %8s\n", "case", "variant", "median us", "spread",
                "GB/s", "GFLOP/s", "times");
  }
  runner(const runner&) = delete;
  ~runner() {
    if (json_ != nullptr) std::fclose(json_);
  }

  /// False if the variants disagree.
  bool run(const test_case& c) {
    if (c.name.find(options_.filter) == std::string::npos) return true;
    std::vector<int> calls;
    for (const variant& v : c.variants) calls.push_back(calls_for(v));
    const double difference = c.difference ? c.difference() : 0;
    std::vector<std::vector<double>> seconds(c.variants.size());
    for (int round = 0; round < options_.rounds; ++round)
      for (std::size_t v = 0; v < c.variants.size(); ++v)
        seconds[v].push_back(time(c.variants[v], calls[v]) / calls[v]);
    for (auto& s : seconds) std::sort(s.begin(), s.end());
    for (std::size_t v = 0; v < c.variants.size(); ++v) show(c, v, seconds);
    if (difference > 1e-4)
      std::printf("%-14s the variants differ by %g\n", c.name.c_str(), difference);
    return difference <= 1e-4;
  }

 private:
  static double time(const variant& v, int calls) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) v.run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  int calls_for(const variant& v) const {
    v.run();
    const double once = std::max(std::min(time(v, 1), time(v, 1)), 1e-8);
    return std::max(1, static_cast<int>(options_.milliseconds * 1e-3 / once));
  }

  static double quantile(const std::vector<double>& sorted, double q) {
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }

  void show(const test_case& c, std::size_t v, const std::vector<std::vector<double>>& seconds) {
    const double median = quantile(seconds[v], 0.5);
    const double low = quantile(seconds[v], 0.25), high = quantile(seconds[v], 0.75);
    const double ratio = median / quantile(seconds[0], 0.5);
    const std::string& name = c.variants[v].name;
    std::printf("%-14s %-9s %11.1f %6.1f%% %8.2f %8.2f %8.2f\n", v == 0 ? c.name.c_str() : "",
                name.c_str(), median * 1e6, 50 * (high - low) / median, c.bytes / median * 1e-9,
                c.flops / median * 1e-9, ratio);
    std::fflush(stdout);
    if (json_ == nullptr) return;
    std::fprintf(json_,
                 "{\"case\": \"%s\", \"variant\": \"%s\", \"median\": %.4g, \"low\": %.4g, "
                 "\"high\": %.4g, \"rounds\": %d, \"bytes\": %.0f, \"flops\": %.0f, "
                 "\"times\": %.4g, \"threads\": %d, \"compiler\": \"%s\"}\n",
                 c.name.c_str(), name.c_str(), median, low, high, options_.rounds, c.bytes,
                 c.flops, ratio, sinter::threads(), __VERSION__);
  }

  options options_;
  std::FILE* json_ = nullptr;
};

/// --filter PATTERN, --json FILE, --rounds N, --ms N.
inline options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (i + 1 == argc) throw sinter::value_error(key + " wants a value");
    const std::string value = argv[i + 1];
    if (key == "--filter") o.filter = value;
    else if (key == "--json") o.json = value;
    else if (key == "--rounds") o.rounds = std::max(1, std::atoi(value.c_str()));
    else if (key == "--ms") o.milliseconds = std::max(0.01, std::atof(value.c_str()));
    else throw sinter::value_error("the options are --filter PATTERN, --json FILE, --rounds N and "
                                   "--ms N; found " + key);
  }
  return o;
}

/// The largest difference of two tensors, relative to the largest element.
template <class A, class B> double difference(const A& a, const B& b) {
  double most = 0, size = 1e-30;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(double(a.data()[i]) - double(b.data()[i])));
    size = std::max(size, std::abs(double(a.data()[i])));
  }
  return most / size;
}

}  // namespace bench
