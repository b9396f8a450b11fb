// SPDX-License-Identifier: Apache-2.0

// How benchmarks are measured, on a clock that the contestants move themselves: what is written for
// programs, whose errors are whose, which limit holds. No time of this machine is looked at.

#include "../../benchmarks/measure.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

namespace st = sinter;
using bench::side;

/// Seconds that contestants say they took.
double now = 0;

class told_time : public sinter::target::timeline {
 public:
  void set(int point) override { points_[point] = now; }
  void wait() override {}
  double between(int from, int to) override { return points_[to] - points_[from]; }

 private:
  double points_[2] = {};
};

/// 1 GB/s copied and 2 GB/s read beyond 1 MB, ten times as much up to 1 kB; 1 Gflop/s in f32.
bench::machine slow_machine() {
  static told_time time;
  bench::machine m{"cpu", time, {}};
  m.limits.bandwidth = 1e9, m.limits.flops = 1e9, m.limits.flops_f64 = 5e8;
  m.limits.flops_half = 4e9;
  m.device = "told";
  m.memory = {{1e3, 1e10, 2e10}, {1e6, 1e9, 2e9}};
  m.exponentials = 1e8;
  return m;
}

TEST_CASE("options: numbers are checked, what is none is told with the option") {
  const auto parsed = [](std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    return bench::parse(static_cast<int>(words.size()), words.data());
  };
  const bench::options o = parsed({"--filter", "soft", "--threads", "3", "--rounds", "5", "--ms",
                                   "0.5", "--json", "lines"});
  CHECK(o.filter == "soft");
  CHECK(o.threads == 3);
  CHECK(o.rounds == 5);
  CHECK(o.milliseconds == 0.5);
  CHECK(o.json == "lines");
  CHECK(parsed({}).threads == 0);
  for (const char* wrong : {"0", "-1", "two", "2x", "", "1.5", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_THROWS_WITH_AS(parsed({"--threads", wrong}),
                         ("--threads wants a whole number from 1 on, and got '" +
                          std::string(wrong) + "'").c_str(),
                         sinter::value_error);
    CHECK_THROWS_AS(parsed({"--rounds", wrong}), sinter::value_error);
  }
  for (const char* wrong : {"0", "-1", "nan", "x"})
    CHECK_THROWS_AS(parsed({"--ms", wrong}), sinter::value_error);
  CHECK_THROWS_WITH_AS(parsed({"--json"}), "--json wants a value", sinter::value_error);
  CHECK_THROWS_WITH_AS(parsed({"--plot", "x"}),
                       doctest::Contains("there is no option '--plot'; there are --filter"),
                       sinter::value_error);
}

TEST_CASE("least time: memory at the size of the workload, then flops of its type, then exp") {
  const bench::machine m = slow_machine();
  // Not told what is written: the faster of the two passes.
  CHECK(bench::least_time(m, {1e3}, "f32") == doctest::Approx(1e3 / 2e10));
  CHECK(bench::least_time(m, {10}, "f32") == doctest::Approx(10 / 2e10));
  CHECK(bench::least_time(m, {4e6}, "f32") == doctest::Approx(4e6 / 2e9));
  // Half way between the sizes, on a scale of logarithms.
  CHECK(bench::least_time(m, {31622.7766}, "f32") == doctest::Approx(31622.7766 / 1.1e10));
  // All read; and as a copy does, half written.
  CHECK(bench::least_time(m, {4e6, 0, 0}, "f32") == doctest::Approx(4e6 / 2e9));
  CHECK(bench::least_time(m, {4e6, 0, 2e6}, "f32") == doctest::Approx(4e6 / 1e9));
  CHECK(bench::least_time(m, {4, 1e6}, "f32") == doctest::Approx(1e-3));
  CHECK(bench::least_time(m, {4, 1e6}, "f64") == doctest::Approx(2e-3));
  CHECK(bench::least_time(m, {4, 1e6}, "bf16") == doctest::Approx(0.25e-3));
  CHECK(bench::least_time(m, {4, 1e6, -1, 1e6}, "f32") == doctest::Approx(1e-2));
  // A machine whose memory was measured at one size alone.
  bench::machine device = slow_machine();
  device.memory.clear();
  CHECK(bench::least_time(device, {1e3}, "f32") == doctest::Approx(1e-6));
  CHECK(bench::least_time(device, {1e3, 0, 0}, "f32") == doctest::Approx(1e-6));
}

TEST_CASE("difference: relative to the largest element, and never lost in a NaN") {
  const st::tensor<float, 3> a = {1, -4, 2};
  const st::tensor<double, 3> b = {1, -3, 2};
  st::tensor<float, 3> c = a;
  CHECK(bench::difference(a, b) == 0.25);
  CHECK(bench::difference(a, c) == 0);
  c(1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(bench::difference(a, c)));
}

/// What a runner writes of a workload, by line.
struct run_of {
  std::vector<std::string> lines;
  bool agreed, used;

  explicit run_of(const bench::workload& w, const std::string& filter = "") {
    const std::string path = "/tmp/sinter_measure_" + std::to_string(::getpid()) + ".json";
    {
      bench::options o;
      o.filter = filter, o.json = path, o.rounds = 3, o.milliseconds = 0.01;
      bench::runner run(o, slow_machine, "told_by");
      run.run(w);
      agreed = run.agreed(), used = run.used();
    }
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
      if (line.find("\"workload\": \"ceiling\"") == std::string::npos) lines.push_back(line);
    ::unlink(path.c_str());
  }
  bool says(std::size_t line, const std::string& words) const {
    return lines.at(line).find(words) != std::string::npos;
  }
};

/// Ours takes 2 ms and is off by 1e-6; the peers share their memory, and are off by 2e-6 and 4e-6.
bench::workload three(bool errors) {
  static double ours, shared;
  const auto made = [&](const char* who, side of, double seconds, double value, double& to) {
    bench::contestant c{who, of, [seconds, value, at = &to] { now += seconds, *at = value; }};
    if (errors) c.error = [at = &to] { return std::abs(*at - 1); };
    return c;
  };
  bench::workload w{"told", "3", "f32", 4e6, 1e5,
                    {made("sinter", side::ours, 2e-3, 1 + 1e-6, ours),
                     made("slow", side::peer, 8e-3, 1 + 2e-6, shared),
                     made("fast", side::peer, 1e-3, 1 + 4e-6, shared)},
                    [] { return std::abs(ours - shared); }};
  return w;
}

TEST_CASE("runner: a line for each contestant, with its own error against double") {
  const run_of r(three(true));
  REQUIRE(r.lines.size() == 3);
  CHECK(r.agreed);
  CHECK(r.used);
  CHECK(r.says(0, "{\"workload\": \"told\", \"shape\": \"3\", \"dtype\": \"f32\", "
                  "\"target\": \"cpu\", \"device\": \"told\", \"threads\": "));
  CHECK(r.says(0, "\"who\": \"sinter\", \"median_ms\": 2, \"spread\": "));
  CHECK(r.says(0, "\"bytes\": 4000000, \"flops\": 100000, \"fraction_of_limit\": 1, "));
  CHECK(r.says(0, "\"accuracy\": 1e-06, \"against\": \"double\", \"ratio\": 0.5, "
                  "\"benchmark\": \"told_by\", \"compiler\": "));
  CHECK(r.says(1, "\"accuracy\": 2e-06, \"against\": \"double\""));
  CHECK(r.says(2, "\"accuracy\": 4e-06, \"against\": \"double\""));
  CHECK_FALSE(r.says(2, "ratio"));
}

TEST_CASE("runner: without a reference, each peer's difference from ours, and ours the largest") {
  const run_of r(three(false));
  CHECK(r.says(0, "\"accuracy\": 3e-06, \"against\": \"each other\""));
  CHECK(r.says(1, "\"accuracy\": 1e-06, \"against\": \"each other\""));
  CHECK(r.says(2, "\"accuracy\": 3e-06, \"against\": \"each other\""));
}

TEST_CASE("runner: an error beyond the tolerance, or none at all, is no agreement") {
  bench::workload w = three(true);
  w.tolerance = 3e-6;
  CHECK_FALSE(run_of(w).agreed);
  w = three(true);
  w.contestants[1].error = [] { return std::numeric_limits<double>::quiet_NaN(); };
  const run_of r(w);
  CHECK_FALSE(r.agreed);
  CHECK_FALSE(r.says(1, "accuracy"));  // JSON has no such number
  CHECK(r.says(1, "\"fraction_of_limit\""));
}

TEST_CASE("runner: what the filter leaves out is not measured") {
  const run_of r(three(true), "no such name");
  CHECK(r.lines.empty());
  CHECK_FALSE(r.used);
  CHECK(run_of(three(true), "told 3").lines.size() == 3);
  bench::options o;
  o.json = "/nonexistent/lines";
  CHECK_THROWS_WITH_AS(bench::runner(o, slow_machine, "x"), "cannot write /nonexistent/lines",
                       sinter::io_error);
}

TEST_CASE("ceilings: this machine's are more than none") {
  const sinter::target::limits& m = sinter::cpu_target::measured_limits();
  CHECK(m.bandwidth > 0);
  CHECK(m.flops > 0);
  CHECK(m.flops_f64 > 0);
  CHECK(m.flops_half >= m.flops);
  CHECK(bench::exponential_rate() > 0);
  CHECK(bench::processor().find('"') == std::string::npos);
}

}  // namespace
