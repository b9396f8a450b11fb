// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan as a page of text: what each kernel computes, what it moves, and how long that takes at
/// best, beside the same graph with a kernel for every operation.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sinter/plan/known_plan.hpp"
#include "sinter/plan/matrix_format.hpp"
#include "sinter/plan/text_table.hpp"
#include "sinter/plan/unfused.hpp"

namespace sinter {

struct explain_options {
  std::vector<std::string> inputs{};  ///< names; x0, x1, ... where there is none
  /// Values of dimensions, by name: {"batch", 512}, or {"x0.1", 512} for axis 1 of input x0.
  std::vector<std::pair<std::string, std::int64_t>> dimensions{};
  std::vector<machine> machines = {machines::desktop, machines::h200};
  int width = 100;                    ///< columns of the page
  int lines = 16;                     ///< of one kernel; the middle of longer ones is left out
};

namespace detail {

/// What becomes of products in 8 bits and in tf32 on a GPU that has matrix units for them, and of
/// those that may be split.
inline std::vector<std::string> matrix_notes(const lowered_kernel& k) {
  std::vector<std::string> notes;
  k.each_main([&](std::size_t m) {
    for (const product& q : k.programs[m].product_list) {
      const program_view left = k.programs[m + static_cast<std::size_t>(q.left)].view();
      const program_view right = k.programs[m + static_cast<std::size_t>(q.right)].view();
      const matrix_format format = format_of(left, right);
      if (format <= matrix_format::bf16 && !q.split) continue;
      std::string note;
      if (q.split && format != matrix_format::tf32) {
        note = is_split_on_gpu(k.programs[m].view(), q)
                   ? "GPU: three products in tf32, by mma.sync"
                   : "GPU: multiply-adds in f32, as tiles hold wide rows";
      } else {
        const bool rows = lies_for_warpgroups(left, true);
        const bool columns = lies_for_warpgroups(right, false);
        note = std::string("sm_90a: ") + (rows && columns ? "" : "no ") + "wgmma in " +
               sinter::name(format);
        if (!rows || !columns)
          note += std::string(", as terms of the ") + (rows ? "right" : "left") +
                  " operand are no neighbours";
      }
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    }
  });
  return notes;
}

class explainer {
 public:
  explainer(const plan_builder& plan, const explain_options& options)
      : plan_(plan), options_(options), known_(plan, options.inputs, options.dimensions) {}

  std::string run() {
    text_table::row titles{"#", "family", "space"};
    if (known_.complete()) {
      for (const char* title : {"read", "written", "flops", "flop/B"}) titles.push_back(title);
      for (const machine& m : options_.machines) titles.push_back(m.name);
    } else {
      titles.push_back("bytes");
      titles.push_back("flops");
    }
    table_.add(std::move(titles));
    for (std::size_t k = 0; k < plan_.kernels.size(); ++k) {
      const lowered_kernel& kernel = plan_.kernels[k];
      std::vector<std::string> below = elided(known_.spelling().formulas(kernel), options_.lines);
      for (std::string& note : matrix_notes(kernel)) below.push_back(std::move(note));
      add_row({std::to_string(k), name(kernel.family()), known_.spelling().space(kernel)},
              [&](const auto& values) { return list<kernel_cost>{cost_of(kernel, values)}; },
              std::move(below));
    }
    table_.rule();
    const auto fused = [&](const auto& values) { return cost_of(plan_, values); };
    const auto unfused = [&](const auto& values) { return unfused_cost(plan_.graph, values); };
    const list<std::int64_t> some = known_.values();
    add_row({"", "fused", counted(plan_.kernels.size(), "kernel")}, fused);
    add_row({"", "unfused", counted(unfused(some).size(), "kernel")}, unfused);
    return head() + table_.text(options_.width) + '\n' + tail();
  }

 private:
  /// Adds the columns of a cost to the row's title.
  template <class Costs>
  void add_row(text_table::row cells, Costs costs, std::vector<std::string> below = {}) {
    const auto sum = [&](const auto& values) { return total(costs(values)); };
    const auto add = [&](auto member, std::string_view unit) {
      cells.push_back(known_.text([&](const auto& v) { return member(sum(v)); }, unit));
    };
    const auto flops = [](const kernel_cost& c) { return c.flops; };
    if (!known_.complete()) {
      add([](const kernel_cost& c) { return c.bytes(); }, "B");
      add(flops, "");
    } else {
      add([](const kernel_cost& c) { return c.bytes_read; }, "B");
      add([](const kernel_cost& c) { return c.bytes_written; }, "B");
      add(flops, "");
      const list<kernel_cost> kernels = costs(known_.values());
      cells.push_back(three_digits(total(kernels).intensity()));
      for (const machine& m : options_.machines)
        cells.push_back(spell_time(expected_time(kernels, m)));
    }
    table_.add(std::move(cells), std::move(below));
  }

  std::string head() const {
    const graph_builder& g = plan_.graph;
    std::string page = "plan: " + counted(plan_.kernels.size(), "kernel");
    if (!known_.known().empty()) page += "; " + known_.known();
    page += '\n';
    std::string inputs, outputs, updates;
    for (std::size_t b = 0; b < plan_.buffers.size(); ++b) {
      const buffer& own = plan_.buffers[b];
      if (own.where == buffer::place::workspace) continue;
      const int number = static_cast<int>(b);
      const std::string& called = known_.spelling().name(number);
      const bool is_input = own.where == buffer::place::input;
      std::string& list = is_input                                ? inputs
                          : known_.spelling().is_update(number) ? updates
                                                                  : outputs;
      list += (list.empty() ? "" : "; ") + called;
      if (&list == &updates) continue;
      const auto at = static_cast<std::size_t>(own.index);
      const node& n = g[is_input ? g.inputs[at] : g.outputs[at].node];
      list += std::string(" ") + properties(n.type).name + ' ' +
              known_.spelling().shape_of(n.extents);
    }
    if (!inputs.empty()) page += wrapped("reads " + inputs, 2, options_.width, "; ");
    if (!outputs.empty()) page += wrapped("returns " + outputs, 2, options_.width, "; ");
    if (!updates.empty()) page += wrapped("updates " + updates, 2, options_.width, "; ");
    return page + '\n';
  }

  std::string tail() const {
    const auto fused = [&](const auto& v) { return total(cost_of(plan_, v)).bytes(); };
    const auto unfused = [&](const auto& v) { return total(unfused_cost(plan_.graph, v)).bytes(); };
    std::string page = "  traffic    " + known_.text(fused, "B");
    page += "; unfused " + known_.text(unfused, "B");
    if (known_.complete()) {
      const double ratio = unfused(known_.values()) / fused(known_.values());
      if (ratio >= 1.005) page += ", " + three_digits(ratio) + " times as much";
    }
    page += "\n  workspace  ";
    const int slots = workspace_of(plan_, known_.values()).slots;
    if (slots == 0) {
      page += "none\n";
    } else {
      const auto bytes = [&](const auto& v) { return workspace_of(plan_, v).bytes; };
      const auto separate = [&](const auto& v) { return workspace_of(plan_, v).without_reuse; };
      page += known_.text(bytes, "B") + " in " +
              counted(static_cast<std::size_t>(slots), "slot") + " (" +
              known_.text(separate, "B") + " without reuse)\n";
    }
    for (int limit = 1; limit <= static_cast<int>(chain_limit::between); ++limit)
      page += kernels_apart(static_cast<chain_limit>(limit));
    if (!known_.complete()) {
      std::string names;
      for (const std::string& name : known_.unknown()) names += (names.empty() ? "" : ", ") + name;
      page += wrapped("times      need " + names, 2, options_.width, ", ");
    }
    return page;
  }

  /// The kernels that a reason keeps out of chains.
  std::string kernels_apart(chain_limit limit) const {
    std::string numbers;
    for (std::size_t k = 0; k < plan_.kernels.size(); ++k)
      if (plan_.kernels[k].apart == limit)
        numbers += (numbers.empty() ? "" : ", ") + std::to_string(k);
    return numbers.empty() ? "" : wrapped("unchained  " + numbers + ": " + name(limit), 2,
                                          options_.width, " ");
  }

  const plan_builder& plan_;
  const explain_options& options_;
  known_plan known_;
  text_table table_{{1, 2}};
};

}  // namespace detail

/// The plan as text, to be printed.
inline std::string explain(const plan_builder& plan, const explain_options& options = {}) {
  return detail::explainer(plan, options).run();
}

}  // namespace sinter
