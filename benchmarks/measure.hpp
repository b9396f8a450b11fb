// SPDX-License-Identifier: Apache-2.0
#pragma once

// How benchmarks are measured and shown, on every target. The contestants of a workload take turns,
// round by round, so that what else the machine does meets all of them alike. A round calls one as
// often as fills some milliseconds. The median of the rounds is shown, with half the range between
// the quartiles, the share of that time which the machine's limits would take (see ceilings.hpp),
// and how exact the result is.

#include <sinter/report/explain.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ceilings.hpp"
#include "options.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

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
  /// Of what `run` has just computed, against the same in double, relative to the largest element:
  /// `difference(exact, result)`. Called right after `run`, as contestants may share their memory.
  std::function<double()> error = {};
};

/// The contestants compute the same; the first is the one that the others are compared with. Bytes
/// and flops are what the computation needs at least, whoever does it.
struct workload {
  std::string name, shape, dtype;
  double bytes = 0, flops = 0;
  std::vector<contestant> contestants;
  std::function<double()> difference;  ///< between the results, relative
  double tolerance = 1e-4;             ///< of that, and of errors: sums in another order
  double written = -1;                 ///< of the bytes; less than 0 where it is not said
  double exponentials = 0;             ///< that it takes at least, of f32
};

/// What a fused function needs: each operand and result crosses the bus once.
template <class F, class... A> sinter::kernel_cost needs(const F& f, A&... args) {
  return sinter::total(sinter::cost_of(sinter::plan(f, args...)));
}

class runner {
 public:
  /// @errors io_error where the file for the lines cannot be written
  runner(const options& o, std::function<machine()> where, std::string benchmark)
      : options_(o), where_(std::move(where)), benchmark_(std::move(benchmark)) {
    if (!o.json.empty()) json_ = std::fopen(o.json.c_str(), "a");
    if (!o.json.empty() && json_ == nullptr) throw sinter::io_error("cannot write " + o.json);
  }
  runner(const runner&) = delete;
  ~runner() {
    if (json_ != nullptr) std::fclose(json_);
  }

  /// Measures, and shows the result, if the name and shape contain the filter.
  void run(const workload& w) {
    if ((w.name + ' ' + w.shape).find(options_.filter) == std::string::npos) return;
    if (!machine_) begin();
    std::vector<int> calls;
    for (const contestant& c : w.contestants) calls.push_back(calls_for(c));
    const std::vector<accuracy> exactness = accuracies(w);
    std::vector<std::vector<double>> seconds(w.contestants.size());
    for (int round = 0; round < options_.rounds; ++round)
      for (std::size_t c = 0; c < w.contestants.size(); ++c)
        seconds[c].push_back(time(w.contestants[c], calls[c]));
    for (auto& s : seconds) std::sort(s.begin(), s.end());
    double best = 0;  // of the peers
    for (std::size_t c = 0; c < w.contestants.size(); ++c)
      if (const double m = quantile(seconds[c], 0.5);
          w.contestants[c].of == side::peer && (best == 0 || m < best))
        best = m;
    for (std::size_t c = 0; c < w.contestants.size(); ++c) {
      result r{quantile(seconds[c], 0.5), 0, 0, quantile(seconds[0], 0.5), best, exactness[c]};
      r.spread = (quantile(seconds[c], 0.75) - quantile(seconds[c], 0.25)) / (2 * r.median);
      r.share = least_time(*machine_, {w.bytes, w.flops, w.written, w.exponentials}, w.dtype) /
                r.median;
      print(w, c, r);
      if (json_ != nullptr) write(w, w.contestants[c], r);
      if (r.exact.value <= w.tolerance || !r.exact.known) continue;
      std::printf("%-14s %s: %s is %g, more than %g\n", w.name.c_str(),
                  w.contestants[c].who.c_str(),
                  r.exact.against_double ? "the error" : "the difference of the results",
                  r.exact.value, w.tolerance);
      agreed_ = false;
    }
  }
  /// Whether all contestants did.
  bool agreed() const { return agreed_; }
  /// Whether a workload was measured.
  bool used() const { return machine_ != nullptr; }

 private:
  /// The error of a result, or where that is not told, its difference from the others'.
  struct accuracy {
    double value = 0;
    bool known = false, against_double = false;
  };
  struct result {
    double median, spread, share, first, best;
    accuracy exact;
  };

  void begin() {
    machine_ = std::make_unique<machine>(where_());
    const machine& m = *machine_;
    std::printf("%s, %s: %s, %d %s; %d rounds of %g ms; compiler %s\n", benchmark_.c_str(),
                m.target.c_str(), device().c_str(), sinter::threads(),
                sinter::threads() == 1 ? "thread" : "threads", options_.rounds,
                options_.milliseconds, __VERSION__);
    for (const ceiling& c : ceilings_of(m)) {
      std::printf("  ceiling  %-12s %-8s %-5s %8.1f G%s\n", c.who.c_str(), c.shape.c_str(),
                  c.dtype.c_str(), c.rate * 1e-9, c.unit);
      if (json_ == nullptr) continue;
      begin_line("ceiling", c.shape, c.dtype, c.who);
      std::fprintf(json_, ", \"rate\": %.5g, \"unit\": \"%s\"", c.rate, c.unit);
      end_line();
    }
    std::printf("\n%-14s %-20s %-5s %-13s %11s %7s %9s %9s %8s %7s %9s\n", "workload", "shape",
                "dtype", "who", "median us", "spread", "GB/s", "Gflop/s", "of limit", "times",
                "error");
  }

  /// Seconds of one call.
  double time(const contestant& c, int calls) const {
    machine_->time.set(0);
    for (int i = 0; i < calls; ++i) c.run();
    machine_->time.set(1);
    machine_->time.wait();
    return machine_->time.between(0, 1) / calls;
  }

  int calls_for(const contestant& c) const {
    c.run();
    const double once = std::max(std::min(time(c, 1), time(c, 1)), 1e-8);
    return std::max(1, static_cast<int>(options_.milliseconds * 1e-3 / once));
  }

  /// Every contestant has run before, so that each difference is one of whole results. What ours is
  /// said to differ by is the most that a peer does.
  static std::vector<accuracy> accuracies(const workload& w) {
    std::vector<accuracy> all(w.contestants.size());
    accuracy most;
    for (std::size_t c = 0; c < all.size(); ++c) {
      const contestant& own = w.contestants[c];
      const bool compares = w.difference && c > 0;
      if (!own.error && !compares) continue;
      own.run();
      if (compares) all[c] = {w.difference(), true, false};
      if (compares && !(all[c].value <= most.value && most.known)) most = all[c];
      if (own.error) all[c] = {own.error(), true, true};
    }
    if (!all.empty() && !all[0].known) all[0] = most;
    return all;
  }

  static double quantile(const std::vector<double>& sorted, double q) {
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }

  const std::string& device() const {
    return machine_->device.empty() ? machine_->limits.name : machine_->device;
  }

  static void print(const workload& w, std::size_t c, const result& r) {
    char error[32] = "";
    if (r.exact.known)  // "~": how far results are apart, whichever of them is right
      std::snprintf(error, sizeof error, "%s%.1e", r.exact.against_double ? "" : "~",
                    r.exact.value);
    std::printf("%-14s %-20s %-5s %-13s %11.1f %6.1f%% %9.2f %9.1f %7.0f%% %7.2f %9s\n",
                c == 0 ? w.name.c_str() : "", c == 0 ? w.shape.c_str() : "",
                c == 0 ? w.dtype.c_str() : "", w.contestants[c].who.c_str(), r.median * 1e6,
                100 * r.spread, w.bytes / r.median * 1e-9, w.flops / r.median * 1e-9,
                100 * r.share, r.median / r.first, error);
    std::fflush(stdout);
  }

  void begin_line(const std::string& name, const std::string& shape, const std::string& dtype,
                  const std::string& who) const {
    std::fprintf(json_,
                 "{\"workload\": \"%s\", \"shape\": \"%s\", \"dtype\": \"%s\", "
                 "\"target\": \"%s\", \"device\": \"%s\", \"threads\": %d, \"who\": \"%s\"",
                 name.c_str(), shape.c_str(), dtype.c_str(), machine_->target.c_str(),
                 device().c_str(), sinter::threads(), who.c_str());
  }
  void end_line() const {
    std::fprintf(json_, ", \"benchmark\": \"%s\", \"compiler\": \"%s\"}\n", benchmark_.c_str(),
                 __VERSION__);
    std::fflush(json_);  // whoever interrupts a long run keeps what it had
  }
  void write(const workload& w, const contestant& own, const result& r) const {
    begin_line(w.name, w.shape, w.dtype, own.who);
    std::fprintf(json_,
                 ", \"median_ms\": %.5g, \"spread\": %.3g, \"bytes\": %.0f, \"flops\": %.0f, "
                 "\"fraction_of_limit\": %.4g",
                 r.median * 1e3, r.spread, w.bytes, w.flops, r.share);
    if (r.exact.known && std::isfinite(r.exact.value))  // JSON knows no other numbers
      std::fprintf(json_, ", \"accuracy\": %.3g, \"against\": \"%s\"", r.exact.value,
                   r.exact.against_double ? "double" : "each other");
    if (own.of == side::ours && r.best > 0)
      std::fprintf(json_, ", \"ratio\": %.4g", r.best / r.median);
    end_line();
  }

  options options_;
  std::function<machine()> where_;
  std::string benchmark_;
  std::unique_ptr<machine> machine_;  // measured when the first workload is: it takes a second
  std::FILE* json_ = nullptr;
  bool agreed_ = true;
};

/// What a benchmark's main function does: `body(runner)` on the machine that `where()` gives. Its
/// exit status is 0, 1 where results are too far apart, 2 after a mistake, 3 where the filter
/// matches nothing.
template <class Where, class Body>
int run_main(int argc, char** argv, const Where& where, const Body& body) try {
  const options o = parse(argc, argv);
  if (o.threads > 0) {
    sinter::set_threads(o.threads);
#if defined(_OPENMP)
    omp_set_num_threads(o.threads);  // the peers ask OpenMP
#endif
  }
  const std::string program = argv[0];
  runner run(o, where, program.substr(program.find_last_of('/') + 1));
  body(run);
  if (!run.used() && !o.filter.empty()) return 3;
  return run.agreed() ? 0 : 1;
} catch (const sinter::error& e) {
  std::fprintf(stderr, "benchmark: %s\n", e.what());
  return 2;
}

/// As many threads as we use, for n elements that are worth them.
inline int team(std::int64_t n) { return n < 16384 ? 1 : sinter::threads(); }

/// The largest difference of two tensors, relative to the largest element of the first; not a
/// number where one of the differences is none.
template <class A, class B> double difference(const A& a, const B& b) {
  double most = 0, size = 1e-30;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double apart = std::abs(double(a.data()[i]) - double(b.data()[i]));
    if (std::isnan(apart)) return apart;
    most = std::max(most, apart);
    size = std::max(size, std::abs(double(a.data()[i])));
  }
  return most / size;
}

}  // namespace bench
