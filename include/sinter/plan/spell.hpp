// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel's programs as the formulas that they compute, for people: `relu(matmul(x, w) + b)`.
/// What is spelled comes from the instructions that will run, not from the graph that they were
/// made of. Names: inputs as given; `m1, m2, ...` for values that kernels leave for others in the
/// workspace, `t1, t2, ...` for values inside one kernel that are used twice or too long to nest.
///
///   t1 = ...        stays inside the kernel
///   ... -> m1       goes to memory
///   w <- ...        overwrites an input
///
/// A fold names the axes of the kernel's index space, as `sum<-1>(x)` does in an expression. A part
/// of a tensor is `slice(x, 64)`, with the number of its first element.

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "sinter/plan/plan.hpp"

namespace sinter {

namespace detail {

/// Text with the precedence of its outermost operator, as in C++: 8 binds tightest.
struct formula {
  std::string text;
  int binds = 8;
};

struct infix {
  name_code op;
  const char* sign;
  int binds;
};

inline const infix* find_infix(name_code op) {
  static constexpr infix table[] = {
      {pack_name("or"), " || ", 1},        {pack_name("and"), " && ", 2},
      {pack_name("equal"), " == ", 3},     {pack_name("not_equal"), " != ", 3},
      {pack_name("less"), " < ", 4},       {pack_name("less_equal"), " <= ", 4},
      {pack_name("add"), " + ", 5},        {pack_name("sub"), " - ", 5},
      {pack_name("mul"), " * ", 6},        {pack_name("div"), " / ", 6}};
  for (const infix& i : table)
    if (i.op == op) return &i;
  return nullptr;
}

inline std::string in_parentheses(const formula& f, int at_least) {
  return f.binds >= at_least ? f.text : '(' + f.text + ')';
}

/// The shortest decimal that reads back as the constant in its type.
inline std::string spell_constant(std::int64_t bits, dtype type) {
  if (type == dtype::boolean) return bits != 0 ? "true" : "false";
  if (!is_floating(type)) return std::to_string(bits);
  const double x = std::bit_cast<double>(bits);
  if (std::isnan(x)) return "nan";
  char buffer[64];
  const char* end = type == dtype::f64
                        ? std::to_chars(buffer, buffer + 64, x).ptr
                        : std::to_chars(buffer, buffer + 64, static_cast<float>(x)).ptr;
  std::string text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  if (e != text.npos && text[e + 2] == '0') text.erase(e + 2, 1);  // 1e-05 is 1e-5
  return text;
}

}  // namespace detail

class speller {
 public:
  /// `values` of the dimensions where they are known, -1 where not.
  explicit speller(const plan_builder& plan, const std::vector<std::string>& inputs = {},
                   const list<std::int64_t>& values = {})
      : plan_(&plan), values_(values) {
    for (const buffer& b : plan.buffers) {
      const auto i = static_cast<std::size_t>(b.index);
      if (b.where == buffer::place::input)
        names_.push_back(i < inputs.size() && !inputs[i].empty() ? inputs[i]
                                                                 : 'x' + std::to_string(i));
      else if (b.where == buffer::place::workspace) names_.push_back("");
      else if (const int target = plan.graph.outputs[i].input; target >= 0)
        names_.push_back(names_[static_cast<std::size_t>(target)]);  // inputs come first
      else names_.push_back("out" + std::to_string(i));
    }
    int stored = 0;
    for (const lowered_kernel& k : plan.kernels)
      k.each_main([&](std::size_t m) {
        for (const result& r : k.programs[m].result_list)
          if (std::string& name = names_[k.buffers[r.buffer]]; name.empty())
            name = 'm' + std::to_string(++stored);
      });
  }

  const std::string& name(int buffer) const { return names_[static_cast<std::size_t>(buffer)]; }

  /// Whether a buffer is an input that the plan overwrites.
  bool is_update(int buffer) const {
    const sinter::buffer& b = plan_->buffers[buffer];
    return b.where == buffer::place::output && plan_->graph.outputs[b.index].input >= 0;
  }

  /// A number, or the name of the dimension: `batch`, or `x0.1` for axis 1 of x0.
  std::string number(extent_t e) const {
    if (is_static(e)) return std::to_string(e);
    const auto entry = static_cast<std::size_t>(-1 - e);
    if (entry < values_.size() && values_[entry] >= 0) return std::to_string(values_[entry]);
    const dimension& d = plan_->graph.dimensions[entry];
    if (d.name != 0) return name_text(d.name).c_str();
    if (d.from == dimension::origin::product) return number(d.left) + '*' + number(d.right);
    if (d.from == dimension::origin::sum) return number(d.left) + '+' + number(d.right);
    if (d.from == dimension::origin::difference)
      return (d.left == 0 ? "" : number(d.left)) + '-' + number(d.right);
    return names_[static_cast<std::size_t>(d.left)] +
           (d.from == dimension::origin::stride ? ".stride" : ".") + std::to_string(d.right);
  }

  std::string shape_of(const shape& s) const { return bracketed(s.extent, s.rank, nullptr); }

  /// The index space of a kernel, as its loops go, or how many it has.
  std::string space(const lowered_kernel& k) const {
    const int count = k.main_programs();
    return count == 1 ? space(k, k.programs[0]) : std::to_string(count) + " spaces";
  }

  /// The formulas of a kernel, a line each; where it has several spaces, each begins with its own.
  std::vector<std::string> formulas(const lowered_kernel& k) const {
    std::vector<std::string> lines;
    int shared = 0;
    const bool several = k.main_programs() > 1;
    k.each_main([&](std::size_t m) {
      const std::vector<std::string> own = formulas(k, k.programs[m], shared);
      for (std::size_t i = 0; i < own.size(); ++i)
        lines.push_back((several && i == 0 ? space(k, k.programs[m]) + "  " : "") + own[i]);
    });
    return lines;
  }

 private:
  std::string space(const lowered_kernel& k, const program& p) const {
    return bracketed(p.extent, p.rank, &k);
  }
  /// Those of one program; `shared` numbers the values with names.
  std::vector<std::string> formulas(const lowered_kernel& k, const program& p, int& shared) const;

  std::string bracketed(const extent_t* extents, int rank, const lowered_kernel* k) const {
    std::string text = "[";
    for (int a = 0; a < rank; ++a)
      text += (a > 0 ? ", " : "") + (k ? own_number(*k, extents[a]) : number(extents[a]));
    return text + ']';
  }

  /// A number of a program.
  std::string own_number(const lowered_kernel& k, std::int64_t n) const {
    return number(n >= 0 ? n : k.integers[-1 - n]);
  }

  static std::string axis_name(const program& p, std::int64_t axis) {
    return std::to_string(axis == p.line() ? -1 : axis);
  }

  /// A cast of a dimension: spelled as the number alone.
  static bool is_number(const program& p, const instruction& n) {
    return n.what == code::cast &&
           p.instruction_list[static_cast<std::size_t>(n.operand[0])].what == code::integer;
  }

  std::string spell_leaf(const lowered_kernel& k, const program& p, const leaf& l) const;
  detail::formula spell(const lowered_kernel& k, const program& p, int index,
                        const std::vector<detail::formula>& known) const;
  std::string spell_operand(const lowered_kernel& k, int number) const;
  bool runs_before(const lowered_kernel& k, std::int64_t a, std::int64_t b) const;

  const plan_builder* plan_;
  list<std::int64_t> values_;
  std::vector<std::string> names_;  ///< by buffer
};

/// Whether stride a is known to be smaller than stride b.
inline bool speller::runs_before(const lowered_kernel& k, std::int64_t a, std::int64_t b) const {
  if (a >= 0 && b >= 0) return a < b;
  const auto stride = [&](std::int64_t n) -> const dimension* {
    const extent_t e = n >= 0 ? n : k.integers[-1 - n];
    if (is_static(e)) return nullptr;
    const dimension& d = plan_->graph.dimensions[-1 - e];
    return d.from == dimension::origin::stride ? &d : nullptr;
  };
  const dimension *x = stride(a), *y = stride(b);
  if (x != nullptr && y != nullptr) return x->left == y->left && x->right > y->right;
  return a == 1 && b < 0;
}

inline std::string speller::spell_leaf(const lowered_kernel& k, const program& p,
                                       const leaf& l) const {
  const int number = k.buffers[l.buffer];
  std::string text = name(number);
  // A part of the tensor: it begins later, or has fewer elements than the whole.
  std::int64_t count = 1, outer = 0;
  bool permuted = false, is_static_part = true;
  for (int a = 0; a < p.rank; ++a) {
    if (l.stride[a] == 0) continue;
    is_static_part = is_static_part && is_static(p.extent[a]);
    count *= p.extent[a];
    permuted = permuted || (outer != 0 && runs_before(k, outer, l.stride[a]));
    outer = l.stride[a];
  }
  const extent_t whole = plan_->buffers[number].elements;
  const bool part = !l.guarded && !l.indexed && is_static_part && is_static(whole) && count < whole;
  if (l.offset != 0 || part)
    text = "slice(" + text + ", " + own_number(k, l.offset) + ')';
  if (l.guarded) text = "pad(" + text + ')';
  return permuted ? "transpose(" + text + ')' : text;
}

inline std::string speller::spell_operand(const lowered_kernel& k, int number) const {
  const program& p = k.programs[static_cast<std::size_t>(number)];
  std::vector<detail::formula> known;
  for (std::size_t i = 0; i < p.instruction_list.size(); ++i)
    known.push_back(spell(k, p, static_cast<int>(i), known));
  return known[static_cast<std::size_t>(p.result_list[0].instruction)].text;
}

/// An instruction, given the texts of those before it.
inline detail::formula speller::spell(const lowered_kernel& k, const program& p, int index,
                                      const std::vector<detail::formula>& known) const {
  using detail::in_parentheses;
  const instruction& n = p.instruction_list[static_cast<std::size_t>(index)];
  const auto operand = [&](int j) -> const detail::formula& {
    return known[static_cast<std::size_t>(n.operand[j])];
  };
  const auto call = [&](std::string head) {
    head += '(';
    for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j)
      head += (j > 0 ? ", " : "") + operand(j).text;
    return detail::formula{head + ')'};
  };
  switch (n.what) {
    case code::load: return {spell_leaf(k, p, p.leaf_list[static_cast<std::size_t>(n.attribute)])};
    case code::gather:
      return {"lookup(" + spell_leaf(k, p, p.leaf_list[static_cast<std::size_t>(n.attribute)]) +
              ", " + operand(0).text + ')'};
    case code::constant: {
      const std::string text = detail::spell_constant(n.attribute, n.type);
      return {text, text[0] == '-' ? 7 : 8};
    }
    case code::integer: {
      const std::string text = own_number(k, n.attribute);
      return {text, text.find_first_of("*+") < text.size() ? 5 : 8};
    }
    case code::iota: return {p.rank == 1 ? "iota" : "iota<" + axis_name(p, n.attribute) + '>'};
    case code::cast:
      if (is_number(p, n)) return operand(0);
      return call(properties(n.type).name);
    case code::product: {
      const product& q = p.product_list[static_cast<std::size_t>(n.attribute)];
      const int own = static_cast<int>(&p - k.programs.data());
      const auto spelled = [&](int number) {
        const std::string text = spell_operand(k, own + number);
        return q.split ? "tf32x3(" + text + ')' : text;
      };
      return {"matmul(" + spelled(q.left) + ", " + spelled(q.right) + ')'};
    }
    case code::fold: {
      const int first = p.outer(), last = p.folds == fold::column ? p.line() : p.rank;
      std::string axes;
      for (int a = first; a < last; ++a)
        axes += (a > first ? ", " : "") + axis_name(p, a);
      const std::string fold_name = name_text(n.op).c_str();
      return call(last - first == p.rank ? fold_name : fold_name + '<' + axes + '>');
    }
    case code::scan: {
      const std::string axis = axis_name(p, p.folds == fold::column ? p.outer() : p.line());
      const std::string way = n.backwards ? "backwards" : "";
      const std::string along = p.rank == 1 ? way : way + (way.empty() ? "" : ", ") + axis;
      const std::string scan_name = name_text(n.op).c_str();
      return call(along.empty() ? scan_name : scan_name + '<' + along + '>');
    }
    case code::element: break;
  }
  if (const detail::infix* sign = detail::find_infix(n.op))
    return {in_parentheses(operand(0), sign->binds) + sign->sign +
                in_parentheses(operand(1), sign->binds + 1),
            sign->binds};
  if (n.op == pack_name("neg")) return {'-' + in_parentheses(operand(0), 8), 7};
  if (n.op == pack_name("not")) return {'!' + in_parentheses(operand(0), 8), 7};
  return call(name_text(n.op).c_str());
}

inline std::vector<std::string> speller::formulas(const lowered_kernel& k, const program& p,
                                                  int& shared) const {
  constexpr std::size_t longest_nested = 64;
  const std::size_t count = p.instruction_list.size();
  std::vector<int> uses(count, 0);
  for (const instruction& n : p.instruction_list)
    for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j)
      ++uses[static_cast<std::size_t>(n.operand[j])];

  std::vector<std::string> lines, updates;
  std::vector<detail::formula> known;
  for (std::size_t i = 0; i < count; ++i) {
    const instruction& n = p.instruction_list[i];
    detail::formula own = spell(k, p, static_cast<int>(i), known);
    std::string stored;  // where the value goes, updates aside
    bool updated = false, inside = true;
    std::string as;      // the name under which the kernel itself uses it
    for (const result& r : p.result_list) {
      if (r.instruction != static_cast<int>(i)) continue;
      const int number = k.buffers[r.buffer];
      if (r.index >= 0)
        own = {"scatter(" + own.text + ", " +
               (r.index < r.instruction ? known[static_cast<std::size_t>(r.index)].text : "...") +
               ')'};
      inside = inside && r.inside;
      if (is_update(number)) updated = true;
      else stored += (stored.empty() ? "" : ", ") + (as = name(number));
    }
    const bool trivial = n.what == code::load || n.what == code::constant || is_number(p, n) ||
                         n.what == code::integer || n.what == code::iota;
    const int readers = uses[i] + (updated ? 1 : 0);
    if (!stored.empty()) {
      lines.push_back(inside ? stored + " = " + own.text : own.text + " -> " + stored);
      if (!trivial && readers > 0) own = {as};
    } else if (!trivial && (readers > 1 || (uses[i] > 0 && own.text.size() > longest_nested))) {
      as = 't' + std::to_string(++shared);
      lines.push_back(as + " = " + own.text);
      own = {as};
    }
    // An input keeps its name and its old value until the kernel has read it.
    for (const result& r : p.result_list)
      if (r.instruction == static_cast<int>(i) && is_update(k.buffers[r.buffer]))
        updates.push_back(name(k.buffers[r.buffer]) + " <- " + own.text);
    known.push_back(own);
  }
  lines.insert(lines.end(), updates.begin(), updates.end());
  return lines;
}

}  // namespace sinter
