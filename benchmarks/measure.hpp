// SPDX-License-Identifier: Apache-2.0
#pragma once

// How benchmarks are measured and shown, on every target. The contestants of a workload take turns,
// round by round, so that what else the machine does meets all of them alike. A round calls one as
// often as fills some milliseconds. The median of the rounds is shown, with half the range between
// the quartiles, and the share of that time which the machine's limits would take: they are
// measured in the same run.

#include <sinter/report/explain.hpp>
#include <sinter/target/cpu/limits.hpp>
#include <sinter/target/cpu/timeline.hpp>

#include <algorithm>
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

/// Who does the work. The library's own operations, one by one, are no peer.
enum class side { ours, peer };

struct contestant {
  std::string who;
  side of = side::peer;
  std::function<void()> run;
};

/// The contestants compute the same; the first is the one that the others are compared with. Bytes
/// and flops are what the computation needs at least, whoever does it.
struct workload {
  std::string name, shape, dtype;
  double bytes = 0, flops = 0;
  std::vector<contestant> contestants;
  std::function<double()> difference;  ///< between the results, relative
  double tolerance = 1e-4;             ///< of that: sums in another order
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

/// Where workloads run, how time is told there, what it can do.
struct machine {
  std::string target;                 ///< "cpu", "cuda"
  sinter::target::timeline& time;
  sinter::target::limits limits;
};

inline machine this_cpu() {
  static sinter::cpu_target::host_timeline time;
  return {"cpu", time, sinter::cpu_target::measured_limits()};
}

class runner {
 public:
  runner(const options& o, const machine& m) : options_(o), machine_(m) {
    if (!o.json.empty()) json_ = std::fopen(o.json.c_str(), "a");
    if (!o.json.empty() && json_ == nullptr) throw sinter::io_error("cannot write " + o.json);
    std::printf("%s: %s, copies %.1f GB/s, f32 %.0f Gflop/s; %d rounds of %g ms; compiler %s\n\n",
                m.target.c_str(), m.limits.name.c_str(), m.limits.bandwidth * 1e-9,
                m.limits.flops * 1e-9, o.rounds, o.milliseconds, __VERSION__);
    std::printf("%-14s %-20s %-5s %-13s %11s %7s %9s %9s %8s %7s\n", "workload", "shape", "dtype",
                "who", "median us", "spread", "GB/s", "Gflop/s", "of limit", "times");
  }
  runner(const runner&) = delete;
  ~runner() {
    if (json_ != nullptr) std::fclose(json_);
  }

  void run(const workload& w) {
    if ((w.name + ' ' + w.shape).find(options_.filter) == std::string::npos) return;
    std::vector<int> calls;
    for (const contestant& c : w.contestants) calls.push_back(calls_for(c));
    const bool compares = w.difference && w.contestants.size() > 1;
    const double difference = compares ? w.difference() : 0;
    std::vector<std::vector<double>> seconds(w.contestants.size());
    for (int round = 0; round < options_.rounds; ++round)
      for (std::size_t c = 0; c < w.contestants.size(); ++c)
        seconds[c].push_back(time(w.contestants[c], calls[c]));
    for (auto& s : seconds) std::sort(s.begin(), s.end());
    for (std::size_t c = 0; c < w.contestants.size(); ++c) show(w, c, seconds, difference);
    if (difference <= w.tolerance) return;
    std::printf("%-14s the results differ by %g\n", w.name.c_str(), difference);
    agreed_ = false;
  }
  /// Whether all contestants did.
  bool agreed() const { return agreed_; }

 private:
  /// Seconds of one call.
  double time(const contestant& c, int calls) const {
    machine_.time.set(0);
    for (int i = 0; i < calls; ++i) c.run();
    machine_.time.set(1);
    machine_.time.wait();
    return machine_.time.between(0, 1) / calls;
  }

  int calls_for(const contestant& c) const {
    c.run();
    const double once = std::max(std::min(time(c, 1), time(c, 1)), 1e-8);
    return std::max(1, static_cast<int>(options_.milliseconds * 1e-3 / once));
  }

  static double quantile(const std::vector<double>& sorted, double q) {
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }

  double least_time(const workload& w) const {
    const sinter::target::limits& m = machine_.limits;
    const bool halves = w.dtype == "bf16" || w.dtype == "f16";
    const double rate = w.dtype == "f64" ? m.flops_f64 : halves ? m.flops_half : m.flops;
    return std::max(w.bytes / m.bandwidth, rate > 0 ? w.flops / rate : 0);
  }

  void show(const workload& w, std::size_t c, const std::vector<std::vector<double>>& seconds,
            double difference) const {
    const double median = quantile(seconds[c], 0.5), first = quantile(seconds[0], 0.5);
    const double spread =
        (quantile(seconds[c], 0.75) - quantile(seconds[c], 0.25)) / (2 * median);
    const double share = least_time(w) / median;
    const contestant& own = w.contestants[c];
    std::printf("%-14s %-20s %-5s %-13s %11.1f %6.1f%% %9.2f %9.1f %7.0f%% %7.2f\n",
                c == 0 ? w.name.c_str() : "", c == 0 ? w.shape.c_str() : "",
                c == 0 ? w.dtype.c_str() : "", own.who.c_str(), median * 1e6, 100 * spread,
                w.bytes / median * 1e-9, w.flops / median * 1e-9, 100 * share, median / first);
    std::fflush(stdout);
    if (json_ == nullptr) return;
    double best = 0;  // of the peers
    for (std::size_t p = 0; p < w.contestants.size(); ++p)
      if (const double m = quantile(seconds[p], 0.5);
          w.contestants[p].of == side::peer && (best == 0 || m < best))
        best = m;
    std::fprintf(json_,
                 "{\"workload\": \"%s\", \"shape\": \"%s\", \"dtype\": \"%s\", "
                 "\"target\": \"%s\", \"device\": \"%s\", \"threads\": %d, \"who\": \"%s\", "
                 "\"median_ms\": %.5g, \"spread\": %.3g, \"bytes\": %.0f, \"flops\": %.0f, "
                 "\"fraction_of_limit\": %.4g, \"accuracy\": %.3g",
                 w.name.c_str(), w.shape.c_str(), w.dtype.c_str(), machine_.target.c_str(),
                 machine_.limits.name.c_str(), sinter::threads(), own.who.c_str(), median * 1e3,
                 spread, w.bytes, w.flops, share, difference);
    if (own.of == side::ours && best > 0) std::fprintf(json_, ", \"ratio\": %.4g", best / median);
    std::fprintf(json_, ", \"compiler\": \"%s\"}\n", __VERSION__);
  }

  options options_;
  machine machine_;
  std::FILE* json_ = nullptr;
  bool agreed_ = true;
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

/// What a benchmark's main function does: `body(runner)` on the machine that `where()` gives.
template <class Where, class Body>
int run_main(int argc, char** argv, const Where& where, const Body& body) try {
  runner run(parse(argc, argv), where());
  body(run);
  return run.agreed() ? 0 : 1;
} catch (const sinter::error& e) {
  std::fprintf(stderr, "benchmark: %s\n", e.what());
  return 2;
}

/// As many threads as we use, for n elements that are worth them.
inline int team(std::int64_t n) { return n < 16384 ? 1 : sinter::threads(); }

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
