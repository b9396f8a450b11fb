// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan as it is written, one element at a time, in double: passes, row buffers, folds,
/// strides, guards, workspace slots and updates in place, but no vectors and no threads. So every
/// plan that the passes can make is executed, whatever graph was drawn at run time. Reading a value
/// that no instruction of the pass has computed is an error.

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "interpreted_fold.hpp"
#include "random_graph.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::testing {

class interpreter {
 public:
  interpreter(const plan_builder& plan, const random_graph& call) : plan_(plan) {
    const graph_builder& g = plan.graph;
    for (const dimension& d : g.dimensions) numbers_.push_back(evaluate(d, call));
    slots_.resize(static_cast<std::size_t>(plan.slots));
    inputs_ = call.inputs;
    outputs_.resize(g.outputs.size());
    for (const buffer& b : plan.buffers) {
      const auto count = static_cast<std::size_t>(number(b.elements));
      if (b.where == buffer::place::workspace && slots_[b.index].size() < count)
        slots_[b.index].resize(count);
      if (b.where == buffer::place::output) outputs_[b.index].resize(count);
    }
  }

  /// The elements of each output, those of updates included.
  std::vector<std::vector<double>> run() {
    for (const lowered_kernel& k : plan_.kernels) run_kernel(k);
    std::vector<std::vector<double>> results = outputs_;
    for (std::size_t o = 0; o < results.size(); ++o)
      if (const int input = plan_.graph.outputs[o].input; input >= 0) results[o] = inputs_[input];
    return results;
  }

 private:
  std::int64_t number(extent_t e) const { return e >= 0 ? e : numbers_[-1 - e]; }

  std::int64_t evaluate(const dimension& d, const random_graph& call) const {
    switch (d.from) {
      case dimension::origin::extent: return call.extents[d.left][static_cast<int>(d.right)];
      case dimension::origin::product: return number(d.left) * number(d.right);
      case dimension::origin::sum: return number(d.left) + number(d.right);
      case dimension::origin::difference: return number(d.left) - number(d.right);
      default: throw std::logic_error("inputs of tests are contiguous");
    }
  }

  std::vector<double>& memory(int number) {
    const buffer& b = plan_.buffers[number];
    if (b.where == buffer::place::input) return inputs_[b.index];
    if (b.where == buffer::place::workspace) return slots_[b.index];
    const int input = plan_.graph.outputs[b.index].input;
    return input >= 0 ? inputs_[input] : outputs_[b.index];
  }

  const operation& operation_named(name_code name) const {
    for (const node& n : plan_.graph.nodes)
      if (n.op->name == name) return *n.op;
    throw std::logic_error("an instruction that is not in the graph");
  }

  using index = std::int64_t[max_rank + 1];

  /// One program of a kernel at one place.
  struct frame {
    const lowered_kernel& kernel;
    const program& p;
    std::vector<double> value;
    std::vector<char> known;
    std::vector<double> carried;             // by running folds from element to element
    std::vector<std::vector<double>> saved;  // by row buffer, by position in the row
    const std::vector<std::vector<double>>* sums = nullptr;  // of products, where rows gave them
    index at{};

    frame(const lowered_kernel& k, const program& q)
        : kernel(k), p(q), value(q.instruction_list.size()), known(q.instruction_list.size()),
          carried(q.instruction_list.size()), saved(static_cast<std::size_t>(q.row_buffers)) {}
  };

  std::int64_t own(const lowered_kernel& k, std::int64_t n) const {
    return n >= 0 ? n : number(k.integers[-1 - n]);
  }
  std::int64_t extent(const frame& f, int axis) const { return own(f.kernel, f.p.extent[axis]); }

  /// `which`: the index of a gather.
  double load(const frame& f, const leaf& l, double which = 0) {
    std::int64_t at = own(f.kernel, l.offset);
    if (l.indexed && !(which >= 0 && which < static_cast<double>(own(f.kernel, l.index_end))))
      return 0;
    at += static_cast<std::int64_t>(which) * own(f.kernel, l.index_stride);
    for (int a = 0; a < f.p.rank; ++a) {
      if (l.guarded && (f.at[a] < l.begin[a] || f.at[a] >= l.end[a])) return 0;
      at += (f.at[a] - (l.guarded ? l.begin[a] : 0)) * own(f.kernel, l.stride[a]);
    }
    return memory(f.kernel.buffers[l.buffer]).at(static_cast<std::size_t>(at));
  }

  void put(const frame& f, const result& r) {
    std::int64_t at = 0;
    for (int a = 0; a < f.p.rank; ++a) at += f.at[a] * own(f.kernel, r.stride[a]);
    if (r.index >= 0) {
      const double which = get(f, r.index);
      if (!(which >= 0 && which < static_cast<double>(own(f.kernel, r.index_end)))) return;
      at += static_cast<std::int64_t>(which) * own(f.kernel, r.index_stride);
      double& place = memory(f.kernel.buffers[r.buffer]).at(static_cast<std::size_t>(at));
      place = reference::detail::wrap(place + get(f, r.instruction), r.type);
      return;
    }
    memory(f.kernel.buffers[r.buffer]).at(static_cast<std::size_t>(at)) = get(f, r.instruction);
  }

  static double get(const frame& f, int i) {
    if (!f.known[i]) throw std::logic_error("instruction " + std::to_string(i) + " is not known");
    return f.value[i];
  }

  double multiply(const frame& f, const product& q) {
    const auto main = &f.p - f.kernel.programs.data();
    frame left(f.kernel, f.kernel.programs[main + q.left]);
    frame right(f.kernel, f.kernel.programs[main + q.right]);
    const int batch = f.p.rank - 2;
    for (int a = 0; a < batch; ++a) left.at[a] = right.at[a] = f.at[a];
    left.at[batch] = f.at[batch];
    right.at[batch + 1] = f.at[batch + 1];
    double sum = 0;
    for (std::int64_t k = 0; k < own(f.kernel, q.inner); ++k) {
      left.at[batch + 1] = right.at[batch] = k;
      sum += operand(left) * operand(right);
    }
    return sum;
  }

  /// Adds what one row gives to all places of a product that sums over rows.
  void add_row(const lowered_kernel& k, std::size_t main, const product& q, std::int64_t row,
               std::vector<double>& sums) {
    const program& p = k.programs[main];
    frame left(k, k.programs[main + static_cast<std::size_t>(q.left)]);
    frame right(k, k.programs[main + static_cast<std::size_t>(q.right)]);
    left.at[1] = right.at[0] = row;
    const std::int64_t high = own(k, p.extent[0]), wide = own(k, p.extent[1]);
    for (left.at[0] = 0; left.at[0] < high; ++left.at[0]) {
      const double x = operand(left);
      for (right.at[1] = 0; right.at[1] < wide; ++right.at[1])
        sums[static_cast<std::size_t>(left.at[0] * wide + right.at[1])] += x * operand(right);
    }
  }

  double operand(frame& f) {
    for (std::size_t i = 0; i < f.value.size(); ++i) compute(f, static_cast<int>(i));
    return get(f, f.p.result_list[0].instruction);
  }

  void compute(frame& f, int i) {
    const instruction& n = f.p.instruction_list[i];
    double x[max_operands]{};
    for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j) x[j] = get(f, n.operand[j]);
    double y = 0;
    switch (n.what) {
      case code::load: y = load(f, f.p.leaf_list[n.attribute]); break;
      case code::gather: y = load(f, f.p.leaf_list[n.attribute], x[0]); break;
      case code::constant:
        y = is_floating(n.type) ? std::bit_cast<double>(n.attribute)
                                : static_cast<double>(n.attribute);
        break;
      case code::integer: y = static_cast<double>(own(f.kernel, n.attribute)); break;
      case code::iota: y = static_cast<double>(f.at[n.attribute]); break;
      case code::element:
        y = reference::detail::wrap(operation_named(n.op).value(x), n.type);
        break;
      case code::cast:
        y = reference::detail::convert(x[0], f.p.instruction_list[n.operand[0]].type, n.type);
        break;
      case code::product:
        y = f.sums == nullptr ? multiply(f, f.p.product_list[n.attribute])
                              : (*f.sums)[n.attribute].at(
                                    static_cast<std::size_t>(f.at[0] * extent(f, 1) + f.at[1]));
        y = reference::detail::wrap(y, n.type);
        break;
      case code::scan: y = run_on(f, n, x[0]); break;
      case code::fold: throw std::logic_error("a fold is accumulated, not computed");
    }
    f.value[i] = y;
    f.known[i] = 1;
  }

  /// The next element of a running fold, whose value was that of the last one.
  double run_on(frame& f, const instruction& n, double x) {
    double& carried = f.carried[static_cast<std::size_t>(&n - f.p.instruction_list.data())];
    const double pair[] = {carried, x};
    return carried = reference::detail::wrap(operation_named(n.op).value(pair), n.type);
  }

  // What a fold leaves, known before pass `stage`.
  void folded(frame& f, int stage) {
    for (std::size_t i = 0; i < f.value.size(); ++i) {
      const instruction& n = f.p.instruction_list[i];
      if (!n.full && n.what != code::fold && n.stage == stage) compute(f, static_cast<int>(i));
    }
  }

  // The full values of a pass at one element, whose position in its row is `position`.
  void full(frame& f, int pass, std::int64_t position) {
    for (std::size_t i = 0; i < f.value.size(); ++i)
      if (f.p.instruction_list[i].full) f.known[i] = 0;
    for (std::size_t i = 0; i < f.value.size(); ++i) {
      const instruction& n = f.p.instruction_list[i];
      const int number = static_cast<int>(i);
      if (n.what == code::fold && n.stage == pass) {
        const double pair[] = {f.value[i], get(f, n.operand[0])};
        f.value[i] = fold_of(n).value(pair);
      } else if (n.full && (n.passes >> pass & 1)) {
        if (n.saved >= 0 && n.stage != pass) {
          f.value[i] = f.saved[n.saved].at(static_cast<std::size_t>(position));
          f.known[i] = 1;
        } else {
          compute(f, number);
          if (n.saved < 0) continue;
          std::vector<double>& row = f.saved[n.saved];
          if (row.size() <= static_cast<std::size_t>(position)) row.resize(position + 1);
          row[position] = f.value[i];
        }
      }
    }
    for (const result& r : f.p.result_list) {
      const instruction& n = f.p.instruction_list[r.instruction];
      if (r.full && n.stage + (n.what == code::fold ? 1 : 0) == pass) put(f, r);
    }
  }

  void begin_folds(frame& f, int pass) {
    for (std::size_t i = 0; i < f.value.size(); ++i) {
      const instruction& n = f.p.instruction_list[i];
      if (n.what == code::scan) f.carried[i] = neutral(n);
      if (n.what != code::fold || n.stage != pass) continue;
      f.value[i] = neutral(n);
      f.known[i] = 0;
    }
  }
  void end_folds(frame& f, int pass) {
    for (std::size_t i = 0; i < f.value.size(); ++i) {
      const instruction& n = f.p.instruction_list[i];
      if (n.what != code::fold || n.stage != pass) continue;
      f.value[i] = reference::detail::wrap(f.value[i], n.type);
      f.known[i] = 1;
    }
  }

  /// Calls body() for every index of axes [first, last), the last one first if `backwards`.
  template <class F> void each(frame& f, int first, int last, F&& body, bool backwards = false) {
    if (first == last) return body();
    const std::int64_t count = extent(f, first);
    for (std::int64_t i = 0; i < count; ++i) {
      f.at[first] = backwards ? count - 1 - i : i;
      each(f, first + 1, last, body, backwards);
    }
    f.at[first] = 0;
  }

  void run_kernel(const lowered_kernel& k) {
    if (k.family() != family::chain)
      return k.each_main([&](std::size_t m) { run_program(k, k.programs[m]); });
    // Row by row through all products; of what stays inside, no other row is there. What sums over
    // rows takes in each, and goes on when all are done.
    const std::size_t end = k.programs_of_rows();
    std::int64_t rows = 1;
    for (int a = 0; a < k.programs[0].outer(); ++a) rows *= own(k, k.programs[0].extent[a]);
    std::vector<row_sum> sums;
    k.each_main([&](std::size_t m) {
      if (m >= end) sums.push_back(begin_sum(k, m));
    });
    for (std::int64_t row = 0; row < rows; ++row) {
      k.each_main([&](std::size_t m) {
        for (const result& r : k.programs[m].result_list)
          if (r.inside)
            for (double& x : memory(k.buffers[r.buffer]))
              x = std::numeric_limits<double>::quiet_NaN();
      });
      k.each_main([&](std::size_t m) {
        if (m < end) run_program(k, k.programs[m], row);
      });
      for (row_sum& s : sums) take_row(k, s, row, rows);
    }
    for (row_sum& s : sums) end_sum(k, s);
  }

  /// A program that sums over a chain's rows: the sums of its products, or a frame for each column
  /// that it folds.
  struct row_sum {
    std::size_t main = 0;
    std::vector<std::vector<double>> products;
    std::vector<frame> folds;
  };

  row_sum begin_sum(const lowered_kernel& k, std::size_t m) {
    const program& p = k.programs[m];
    row_sum s{m, {}, {}};
    for (std::size_t q = 0; q < p.product_list.size(); ++q)
      s.products.emplace_back(own(k, p.extent[0]) * own(k, p.extent[1]));
    const std::int64_t columns = p.folds == fold::column ? own(k, p.extent[p.line()]) : 1;
    for (std::int64_t c = 0; c < columns && s.products.empty(); ++c) {
      s.folds.emplace_back(k, p);
      frame& f = s.folds.back();
      if (p.folds == fold::column) f.at[p.line()] = c;
      folded(f, 0);
      begin_folds(f, 0);
    }
    return s;
  }

  void take_row(const lowered_kernel& k, row_sum& s, std::int64_t row, std::int64_t rows) {
    const program& p = k.programs[s.main];
    for (std::size_t q = 0; q < s.products.size(); ++q)
      add_row(k, s.main, p.product_list[q], row, s.products[q]);
    const int end = p.folds == fold::column ? p.line() : p.rank;
    for (frame& f : s.folds) {
      std::int64_t elements = 1, at = 0;
      for (int a = 0; a < end; ++a) elements *= extent(f, a);
      each(f, 0, end, [&] {
        if (at++ / (elements / rows) == row) full(f, 0, 0);
      });
    }
  }

  void end_sum(const lowered_kernel& k, row_sum& s) {
    if (!s.products.empty()) run_program(k, k.programs[s.main], -1, &s.products);
    for (frame& f : s.folds) {
      end_folds(f, 0);
      folded(f, 1);
      store_folded(f);
    }
  }

  /// All of it, or one row of the outer axes.
  void run_program(const lowered_kernel& k, const program& p, std::int64_t row_at = -1,
                   const std::vector<std::vector<double>>* sums = nullptr) {
    frame f(k, p);
    f.sums = sums;
    const int fixed = row_at < 0 ? 0 : f.p.outer();
    for (int a = fixed; a-- > 0; row_at /= extent(f, a)) f.at[a] = row_at % extent(f, a);
    const int outer = f.p.outer(), line = f.p.line();
    const bool backwards = runs_backwards(p.view());
    if (p.family == family::scatter) {  // to nothing but zeros; whatever else is there is not its
      for (const result& r : p.result_list)
        for (double& x : memory(k.buffers[r.buffer])) x = 0;
      each(f, 0, f.p.rank, [&] { full(f, 0, 0); });
      return;
    }
    const auto row = [&] {
      const int inner = f.p.folds == fold::none ? line : outer;
      for (int pass = 0; pass < f.p.passes; ++pass) {
        folded(f, pass);
        begin_folds(f, pass);
        std::int64_t position = 0;
        each(f, inner, line + 1, [&] { full(f, pass, position++); }, backwards);
        end_folds(f, pass);
      }
      folded(f, f.p.passes);
      store_folded(f);
    };
    const auto column = [&] {
      for (f.at[line] = 0; f.at[line] < extent(f, line); ++f.at[line]) {
        folded(f, 0);
        begin_folds(f, 0);
        each(f, outer, line, [&] { full(f, 0, 0); }, backwards);
        end_folds(f, 0);
        folded(f, 1);
        store_folded(f);
      }
      f.at[line] = 0;
    };
    each(f, fixed, outer, [&] { f.p.folds == fold::column ? column() : row(); });
  }

  void store_folded(const frame& f) {
    for (const result& r : f.p.result_list)
      if (!r.full) put(f, r);
  }

  const plan_builder& plan_;
  std::vector<std::int64_t> numbers_;
  std::vector<std::vector<double>> inputs_, outputs_, slots_;
};

/// The results of a graph's plan.
inline std::vector<std::vector<double>> run_plan(const random_graph& call) {
  const plan_builder plan = make_plan(prune(call.graph));
  return interpreter(plan, call).run();
}

}  // namespace sinter::testing
