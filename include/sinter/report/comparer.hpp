// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a call of a plan in one place after the other, as often as it takes to time it, and at
/// growing extents of its batch.

#include <memory>

#include "sinter/plan/known_plan.hpp"
#include "sinter/plan/unfused.hpp"
#include "sinter/report/comparison.hpp"
#include "sinter/report/staged_call.hpp"
#include "sinter/target/cpu/limits.hpp"
#include "sinter/target/cpu/timeline.hpp"

namespace sinter {

struct compare_options {
  std::vector<std::string> inputs{};  ///< names; x0, x1, ... where there is none
  /// The extent that is varied: its name, or "x0.1" for axis 1 of x0. Where none is given, the
  /// first named one, else the first that is open.
  std::string vary{};
  int rounds = 11;
  double milliseconds = 5;            ///< of a round
  double longest = 0.1;               ///< seconds of a call, after which no larger size is tried
  double most_bytes = 1e9;            ///< of a call's operands and results, likewise
  double most_flops = 1e8;            ///< that the reference may take
};

namespace detail {

/// A place to run in, and how time is told there.
struct measured_place {
  placement where;
  std::unique_ptr<target::timeline> time;
  target::limits limits;
};

class comparer {
 public:
  /// Of a checked call.
  comparer(target::execution& e, graph_view graph, const plan_builder& plan,
           const compare_options& options)
      : e_(e), graph_(graph), plan_(plan), options_(options), given_(e) {
    choose_varied();
  }

  comparison run(std::vector<measured_place>& places) {
    measure_given(places);
    if (varied_ < 0) {
      result_.notes.push_back("no extent is open, so no other size was tried");
    } else {
      measure_sizes(places);
    }
    return std::move(result_);
  }

  std::vector<std::string>& notes() { return result_.notes; }

 private:
  /// A call whose varied extent is as given, or another one.
  staged_call staged(placement where, std::int64_t extent = -1) {
    return staged_call(e_, graph_, given_, where, [&](int i, int a) {
      return extent >= 0 && varies(i, a) ? extent : given_[static_cast<std::size_t>(i)].extents[a];
    });
  }

  // Which extent is varied.

  bool varies(int input, int axis) const {
    const extent_t e = e_.plan.inputs[input].extents[axis];
    return varied_ >= 0 && !is_static(e) && joined_[static_cast<std::size_t>(-1 - e)] == varied_;
  }
  bool depends(int input) const {
    for (int a = 0; a < e_.plan.inputs[input].extents.rank; ++a)
      if (varies(input, a)) return true;
    return false;
  }

  /// Extents that must be equal count as one; if one of them is a number, none can vary.
  void choose_varied() {
    const auto& dimensions = plan_.graph.dimensions;
    const speller names(plan_, options_.inputs);
    for (std::size_t i = 0; i < dimensions.size(); ++i) joined_.push_back(static_cast<int>(i));
    const auto join = [&](int from, int to) {
      for (int& j : joined_)
        if (j == from) j = to;
    };
    for (const constraint& c : plan_.graph.constraints) {
      if (c.nonzero || (is_static(c.left) && is_static(c.right))) continue;
      const auto root = [&](extent_t e) {
        return is_static(e) ? fixed_extent : joined_[static_cast<std::size_t>(-1 - e)];
      };
      const int a = root(c.left), b = root(c.right);
      join(std::max(a, b), std::min(a, b));
    }
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
      if (dimensions[i].from != dimension::origin::extent || joined_[i] == fixed_extent) continue;
      const std::string name = names.number(-1 - static_cast<extent_t>(i));
      known_.push_back({name, extent_of(dimensions[i])});
      const bool better = varied_ < 0 || (result_.varied.find('.') != std::string::npos &&
                                          dimensions[i].name != 0);
      if (options_.vary.empty() ? !better : options_.vary != name) continue;
      varied_ = joined_[i];
      given_extent_ = extent_of(dimensions[i]);
      result_.varied = name;
    }
    if (varied_ < 0 && !options_.vary.empty())
      fail<value_error>({"compare: no open extent is called ", options_.vary.c_str()});
  }
  std::int64_t extent_of(const dimension& d) const {
    return given_[static_cast<std::size_t>(d.left)].extents[static_cast<int>(d.right)];
  }

  // As given: kernel by kernel, and against the reference.

  void measure_given(std::vector<measured_place>& places) {
    const known_plan known(plan_, options_.inputs, known_);
    const list<std::int64_t> values = known.values();
    result_.known = known.known();
    list<kernel_cost> costs;
    for (const lowered_kernel& k : plan_.kernels) {
      costs.push_back(cost_of(k, values));
      result_.kernels.push_back({name(k.family()), known.spelling().space(k),
                                 known.spelling().formulas(k), costs.back()});
    }
    for (measured_place& p : places) {
      comparison::place& own = result_.places.emplace_back();
      own.where = p.where;
      own.limits = p.limits;
      for (std::size_t k = 0; k < plan_.kernels.size(); ++k)
        own.least.push_back(target::time_within(p.limits, plan_.kernels[k], costs[k]));
      staged_call call = staged(p.where);
      own.kernels = kernel_times(call, *p.time);
      own.call = call_time(call, *p.time, options_.rounds);
      if (p.where.is_host()) continue;
      cpu_target::host_timeline clock;
      own.send = target::shortest(clock, 3, [&] { call.send_operands([](int) { return true; }); });
      own.receive = target::shortest(clock, 3, [&] { call.receive_results(); });
      result_.sent = call.sent();
      result_.received = call.received();
    }
    ask_reference(places);
  }

  void ask_reference(std::vector<measured_place>& places) {
    const auto flops_at = [&](std::int64_t extent) {
      auto dimensions = known_;
      for (auto& [name, value] : dimensions)
        if (name == result_.varied) value = extent;
      const known_plan known(plan_, options_.inputs, dimensions);
      return total(unfused_cost(plan_.graph, known.values())).flops;
    };
    std::int64_t extent = given_extent_;
    while (varied_ >= 0 && extent > 1 && flops_at(extent) > options_.most_flops) extent /= 2;
    if (flops_at(extent) > options_.most_flops) {
      result_.notes.push_back("the reference was not asked: it would take " +
                              with_unit(flops_at(extent), "flop"));
      return;
    }
    if (extent != given_extent_) {
      result_.checked = extent;
      result_.notes.push_back("the reference was asked at " + result_.varied + " = " +
                              std::to_string(extent));
    }
    const auto expected = staged(cpu, extent).expected();
    for (std::size_t p = 0; p < places.size(); ++p) {
      staged_call call = staged(places[p].where, extent);
      call.run();
      result_.places[p].deviation = call.deviation(expected);
    }
  }

  /// The medians of some calls, kernel by kernel.
  std::vector<double> kernel_times(staged_call& call, target::timeline& time) {
    const std::size_t count = plan_.kernels.size();
    std::vector<std::vector<double>> each(count);
    call.run();
    time.wait();
    e_.times = &time;
    for (int round = 0; round < 2 * options_.rounds + 1; ++round) {
      call.run();
      time.wait();
      for (std::size_t k = 0; k < count; ++k)
        each[k].push_back(time.between(static_cast<int>(k), static_cast<int>(k) + 1));
    }
    e_.times = nullptr;
    std::vector<double> medians;
    for (auto& seconds : each) {
      std::sort(seconds.begin(), seconds.end());
      medians.push_back(seconds[seconds.size() / 2]);
    }
    return medians;
  }

  /// Rounds of as many calls as fill some milliseconds.
  measured_time call_time(staged_call& call, target::timeline& time, int rounds) {
    const auto run = [&](int calls) {
      call.reset();
      time.set(0);
      for (int i = 0; i < calls; ++i) call.run();
      time.set(1);
      time.wait();
      return time.between(0, 1) / calls;
    };
    run(1);  // wakes threads, fills caches
    const double once = std::max(std::min(run(1), run(1)), 1e-8);
    const int calls = std::max(1, static_cast<int>(options_.milliseconds * 1e-3 / once));
    std::vector<double> seconds;
    for (int r = 0; r < std::max(rounds, 1); ++r) seconds.push_back(run(calls));
    std::sort(seconds.begin(), seconds.end());
    const std::size_t last = seconds.size() - 1;
    return {seconds[last / 4], seconds[last / 2], seconds[last - last / 4]};
  }

  // At other sizes.

  void measure_sizes(std::vector<measured_place>& places) {
    for (std::int64_t extent = 1; extent <= (std::int64_t{1} << 40); extent *= 4) {
      comparison::size own;
      own.extent = extent;
      double slowest = 0;
      try {
        for (measured_place& p : places) {
          staged_call call = staged(p.where, extent);
          if (call.sent() + call.received() > options_.most_bytes) return;
          const double alone = call_time(call, *p.time, 3).median;
          cpu_target::host_timeline clock;
          const double travel = p.where.is_host() ? 0 : target::shortest(clock, 3, [&] {
            call.send_operands([&](int i) { return depends(i); });
            call.receive_results();
          });
          own.call.push_back(alone);
          own.with_transfers.push_back(alone + travel);
          slowest = std::max(slowest, alone);
        }
      } catch (const shape_error&) {
        continue;  // the plan does not take this extent
      } catch (const memory_error&) {
        return;
      }
      result_.sizes.push_back(std::move(own));
      if (slowest > options_.longest) return;
    }
  }

  static constexpr int fixed_extent = -1;

  target::execution& e_;
  graph_view graph_;
  const plan_builder& plan_;
  const compare_options& options_;
  given_operands given_;
  comparison result_;
  std::vector<int> joined_;  ///< by dimension: the one that stands for it
  int varied_ = -1;          ///< of these, or -1
  std::int64_t given_extent_ = 0;
  std::vector<std::pair<std::string, std::int64_t>> known_;
};

}  // namespace detail
}  // namespace sinter
