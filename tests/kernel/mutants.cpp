// SPDX-License-Identifier: Apache-2.0
// Whether the emulator would notice: every call of every registered body is dropped or altered, one
// at a time, by the emulator itself. Each mutant must be reported or give a wrong result under some
// schedule, or stand on the list of those that do no harm, with the reason.
#include <doctest/doctest.h>

#include "kernel/body_case.hpp"

namespace sinter::kernel_test {

namespace {

using emulator::call;
using emulator::mutation;

/// A change that cannot be noticed because it does no harm.
struct equivalent {
  std::string_view line;  ///< part of the body's line
  call kind;
  change altered;
  std::string_view reason;
  std::string_view in = "";  ///< part of the names of the bodies of which that is true
};

constexpr equivalent equivalents[] = {
    {"ctx.remote(sum, rank)", call::remote, change::shift,
     "all ranks are added, whichever comes first"},
    {"sum += ctx.shuffle_xor(sum, 1)", call::shuffle, change::half,
     "neighbours lie in the same half of the warp"},
    {"(finished, 0u)", call::atomic, change::narrow,
     "the end of the launch makes it known to the next one"},
    {"(counter, 0u)", call::atomic, change::narrow,
     "the end of the launch makes it known to the next one"},
    {"copy_async<16>(left + stage", call::copy, change::more,
     "what comes instead of zeros meets the zeros of the other operand"},
    {"copy_async<16>(right + stage", call::copy, change::more,
     "what comes instead of zeros meets the zeros of the other operand"},
    {"context.sync_warp();  // the lane that fetched", call::warp_barrier, change::drop,
     "lanes of a warp need not be together for an emulated barrier"},
    {"mbarrier_arrive_remote(empty, context.lane())", call::remote, change::shift,
     "each block of the cluster gets its arrival, from whichever lane"},
    {"return context_.shuffle_xor(x, distance)", call::shuffle, change::half,
     "the four lanes of a row lie in the same half of the warp", "plan: chain [20, 40]"},
    {"context.sync_warp();  // what the warp's lanes", call::warp_barrier, change::drop,
     "a row's one value is read by the lane that left it, or behind a barrier of the block",
     "plan: sums over the rows of a chain"},
    {"return context_.shuffle_xor(x, distance)", call::shuffle, change::shift,
     "of a row's four lanes the first, whose value is kept, still sees each once",
     "plan: sums of what other lanes"},
};

const equivalent* find_equivalent(const body_case& c, const mutation& m) {
  const std::string line = line_of(m.at);
  for (const equivalent& e : equivalents) {
    if (e.kind == m.kind && e.altered == m.altered && line.find(e.line) != std::string::npos &&
        c.name.find(e.in) != std::string::npos) {
      return &e;
    }
  }
  return nullptr;
}

struct tally {
  int mutants = 0, reported = 0, wrong_only = 0, equivalent = 0;
};

std::vector<options> schedules() {
  std::vector<options> chosen(4);
  chosen[1].policy = schedule::lifo;
  for (std::uint64_t seed = 2; seed <= 3; ++seed) {
    chosen[seed].policy = schedule::random;
    chosen[seed].seed = seed;
    chosen[seed].preempt = 0.02;
    chosen[seed].deliver_late = false;
  }
  return chosen;
}

enum class verdict { noticed, unnoticed, without_effect };

verdict judge(const body_case& c, const mutation& m, tally& count) {
  bool effect = false;
  for (options o : schedules()) {
    o.altered = m;
    o.stop_at_fault = true;
    const outcome got = c.run(o);
    effect = effect || got.found.altered > 0;
    if (!got.found.clean()) {
      ++count.reported;
      return verdict::noticed;
    }
    if (!got.right()) {
      ++count.wrong_only;
      return verdict::noticed;
    }
  }
  return effect ? verdict::unnoticed : verdict::without_effect;
}

TEST_CASE("mutants: every changed call of every body is noticed") {
  tally count;
  std::vector<bool> used(std::size(equivalents));
  for (const body_case* c : all_body_cases()) {
    for (const emulator::call_site& where : c->run({}).found.sites) {
      for (const change altered : emulator::changes_of(where.kind)) {
        const mutation m{where.kind, altered, where.at};
        const verdict seen = judge(*c, m, count);
        if (seen == verdict::without_effect) continue;
        ++count.mutants;
        const equivalent* excused = find_equivalent(*c, m);
        if (excused) used[static_cast<std::size_t>(excused - equivalents)] = true;
        const std::string mutant = c->name + ": " + std::string(name(altered)) + " the " +
                                   std::string(name(m.kind)) + " at " + text(m.at) + "\n  " +
                                   line_of(m.at);
        INFO(mutant);
        if (excused) {
          ++count.equivalent;
          CHECK_MESSAGE(seen == verdict::unnoticed, "it is noticed: not for the list");
        } else {
          CHECK(seen == verdict::noticed);
        }
      }
    }
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    CAPTURE(equivalents[i].line);
    CHECK_MESSAGE(used[i], "no body has this line any more");
  }
  MESSAGE(count.mutants, " mutants: ", count.reported, " reported; ", count.wrong_only,
          " by a wrong result alone; ", count.equivalent, " equivalent");
}

}  // namespace

}  // namespace sinter::kernel_test
