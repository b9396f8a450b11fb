// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What `compare` measured, as data and as a page of text.

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sinter/core/placement.hpp"
#include "sinter/plan/estimate.hpp"
#include "sinter/plan/text_table.hpp"
#include "sinter/target/limits.hpp"

namespace sinter {

/// Seconds of a call: the median of some rounds and the quartiles.
struct measured_time {
  double low = 0, median = 0, high = 0;
};

struct comparison {
  struct kernel {
    std::string family, space;
    std::vector<std::string> formulas;
    kernel_cost cost;
  };
  /// A place where the plan ran.
  struct place {
    placement where;
    target::limits limits;
    std::vector<double> kernels;             ///< seconds of each, in the order of a call
    std::vector<target::least_time> least;   ///< of each, within the limits
    measured_time call;
    double send = 0, receive = 0;            ///< seconds for all operands, for all results
    /// The greatest difference from the reference, over the largest element of the same result;
    /// NaN where the reference was not asked.
    double deviation = std::numeric_limits<double>::quiet_NaN();
  };
  /// A size of the batch: seconds of a call by place, alone and with what varies with the batch
  /// sent there and the results brought back.
  struct size {
    std::int64_t extent = 0;
    std::vector<double> call, with_transfers;
  };

  std::string known;                ///< "batch = 512"
  std::vector<kernel> kernels;
  std::vector<place> places;        ///< the host first
  double sent = 0, received = 0;    ///< bytes of all operands, of all results
  std::string varied;               ///< the name of the extent that `sizes` are of
  std::vector<size> sizes;
  std::int64_t checked = 0;         ///< the varied extent for the reference, where it was smaller
  std::vector<std::string> notes;   ///< why something is missing
};

/// The smallest of the sizes measured from which on a place is faster than the host, or -1.
/// `with_transfers`: if operands and results travel in each call.
inline std::int64_t wins_from(const comparison& c, std::size_t place, bool with_transfers = false) {
  std::int64_t from = -1;
  for (std::size_t i = c.sizes.size(); i-- > 0;) {
    const auto& there = with_transfers ? c.sizes[i].with_transfers : c.sizes[i].call;
    if (!(there[place] < c.sizes[i].call[0])) break;
    from = c.sizes[i].extent;
  }
  return from;
}

namespace detail {

/// "71 % flops": how much of its time a kernel would need at the limit that holds it back.
inline std::string spell_share(const target::least_time& least, double seconds) {
  static constexpr const char* names[] = {"memory", "flops", "launch"};
  if (!(seconds > 0)) return "";
  return fixed(100 * least.seconds / seconds, 0) + " % " + names[static_cast<int>(least.by)];
}

class comparison_page {
 public:
  explicit comparison_page(const comparison& c, int width) : c_(c), width_(width) {}

  std::string run() const {
    std::string page = "compare: " + counted(c_.kernels.size(), "kernel");
    if (!c_.known.empty()) page += "; " + c_.known;
    page += "\n\n" + kernels() + '\n' + places() + '\n';
    if (!c_.sizes.empty()) page += sizes() + '\n' + verdicts();
    for (const std::string& note : c_.notes) page += wrapped(note, 2, width_);
    if (beyond_memory())
      page += wrapped("more than 100 % of memory: what a kernel reads lay in a cache", 2, width_);
    return page;
  }

 private:
  std::string kernels() const {
    text_table table({1, 2});
    text_table::row head{"#", "family", "space", "bytes", "flops"};
    for (const auto& p : c_.places) {
      head.push_back(describe(p.where));
      head.push_back("of limit");
    }
    table.add(std::move(head));
    kernel_cost all;
    for (std::size_t k = 0; k < c_.kernels.size(); ++k) {
      const comparison::kernel& own = c_.kernels[k];
      all += own.cost;
      text_table::row cells{std::to_string(k), own.family, own.space,
                            with_unit(own.cost.bytes(), "B"), with_unit(own.cost.flops, "")};
      for (const auto& p : c_.places) {
        cells.push_back(spell_time(p.kernels[k]));
        cells.push_back(spell_share(p.least[k], p.kernels[k]));
      }
      table.add(std::move(cells), elided(own.formulas, 6));
    }
    table.rule();
    text_table::row call{"", "a call", "", with_unit(all.bytes(), "B"), with_unit(all.flops, "")};
    text_table::row off{"", "deviation", "", "", ""};
    for (const auto& p : c_.places) {
      call.push_back(spell_time(p.call.median));
      call.push_back("+- " + fixed(50 * (p.call.high - p.call.low) / p.call.median, 0) + " %");
      off.push_back(std::isnan(p.deviation) ? "unknown" : spell_deviation(p.deviation));
      off.push_back("");
    }
    table.add(std::move(call));
    table.add(std::move(off));
    return table.text(width_);
  }

  bool beyond_memory() const {
    for (const auto& p : c_.places)
      for (std::size_t k = 0; k < p.kernels.size(); ++k)
        if (p.least[k].by == target::bound::memory && p.least[k].seconds > 1.005 * p.kernels[k])
          return true;
    return false;
  }

  static std::string spell_deviation(double x) {
    if (x == 0) return "none";
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, x, std::chars_format::scientific, 1).ptr};
  }

  std::string places() const {
    std::string page;
    for (const auto& p : c_.places) {
      const target::limits& m = p.limits;
      std::string line = describe(p.where) + ": " + m.name + ", copies " +
                         with_unit(m.bandwidth, "B/s") + ", f32 " + with_unit(m.flops, "flop/s");
      if (m.flops_half > m.flops) line += ", f16 and bf16 " + with_unit(m.flops_half, "flop/s");
      if (m.launch > 0) line += ", a launch " + spell_time(m.launch);
      if (!p.where.is_host())
        line += "; operands, " + with_unit(c_.sent, "B") + ", sent in " + spell_time(p.send) +
                "; results, " + with_unit(c_.received, "B") + ", back in " + spell_time(p.receive);
      page += wrapped(line, 2, width_);
    }
    return page;
  }

  std::string sizes() const {
    text_table table({});
    text_table::row head{c_.varied};
    for (const auto& p : c_.places) {
      head.push_back(describe(p.where));
      if (!p.where.is_host()) head.push_back("and transfers");
    }
    table.add(std::move(head));
    for (const auto& s : c_.sizes) {
      text_table::row cells{std::to_string(s.extent)};
      for (std::size_t p = 0; p < c_.places.size(); ++p) {
        cells.push_back(spell_time(s.call[p]));
        if (!c_.places[p].where.is_host()) cells.push_back(spell_time(s.with_transfers[p]));
      }
      table.add(std::move(cells));
    }
    return table.text(width_);
  }

  std::string verdict(std::size_t p, bool with_transfers) const {
    const std::int64_t from = wins_from(c_, p, with_transfers);
    const auto at = [&](std::int64_t extent) { return c_.varied + " = " + std::to_string(extent); };
    if (from < 0) return "is not faster than cpu up to " + at(c_.sizes.back().extent);
    if (from == c_.sizes.front().extent) return "is faster than cpu at all sizes";
    return "is faster than cpu from " + at(from) + " on";
  }

  std::string verdicts() const {
    std::string page;
    for (std::size_t p = 1; p < c_.places.size(); ++p)
      page += wrapped(describe(c_.places[p].where) + ' ' + verdict(p, false) +
                          "; with what depends on " + c_.varied + " sent and brought back, it " +
                          verdict(p, true),
                      2, width_);
    return page;
  }

  const comparison& c_;
  int width_;
};

}  // namespace detail

/// The page that `compare` prints.
inline std::string to_string(const comparison& c, int width = 100) {
  return detail::comparison_page(c, width).run();
}

}  // namespace sinter
