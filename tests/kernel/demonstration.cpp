// SPDX-License-Identifier: Apache-2.0
// Every registered body is clean and right, under every schedule.
#include <doctest/doctest.h>

#include <algorithm>

#include "kernel/body_case.hpp"
#include "sinter/kernel/execution_context.hpp"

namespace sinter::kernel_test {

static_assert(device::execution_context<emulator::emulated_context>);

namespace {

std::vector<const body_case*>& registered() {
  static std::vector<const body_case*> cases;
  return cases;
}

}  // namespace

body_case::body_case(std::string body_name, runner body)
    : name(std::move(body_name)), run(std::move(body)) {
  registered().push_back(this);
}

std::vector<const body_case*> all_body_cases() {
  std::vector<const body_case*> cases = registered();
  std::sort(cases.begin(), cases.end(),
            [](const body_case* a, const body_case* b) { return a->name < b->name; });
  return cases;
}

TEST_CASE("bodies: clean and right under fifo, lifo and random schedules") {
  for (const body_case* c : all_body_cases()) {
    std::vector<options> chosen(2);
    chosen[1].policy = schedule::lifo;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      options o;
      o.policy = schedule::random;
      o.seed = seed;
      o.preempt = static_cast<double>(seed % 3) * 0.02;
      o.deliver_late = seed % 2 == 0;
      chosen.push_back(o);
    }
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      CAPTURE(c->name);
      CAPTURE(i);
      const outcome got = c->run(chosen[i]);
      INFO(got.found.text());
      CHECK(got.found.clean());
      CHECK(got.error <= 1);
    }
  }
}

TEST_CASE("bodies: one block at a time is one of the interleavings") {
  options o;
  o.resident_threads = 1;
  for (const body_case* c : all_body_cases()) {
    CAPTURE(c->name);
    const outcome got = c->run(o);
    INFO(got.found.text());
    CHECK(got.found.clean());
    CHECK(got.right());
  }
}

}  // namespace sinter::kernel_test
