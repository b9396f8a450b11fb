// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Lowers the groups of a kernel to programs: one for each group, and one for each operand of its
/// products.

#include "sinter/plan/lowered_kernel.hpp"
#include "sinter/plan/nest.hpp"
#include "sinter/plan/row_scale.hpp"
#include "sinter/plan/schedule.hpp"

namespace sinter {

namespace detail {

class lowerer {
 public:
  /// Adds the programs of group `number` to a kernel; `chained`: as rows of a chain.
  constexpr lowerer(planning_graph& g, const outline_view& groups, int number,
                    lowered_kernel& kernel, bool chained = false)
      : g_(g), groups_(groups), number_(number), kernel_(kernel), chained_(chained) {}

  /// `members` in topological order; `stores` says which values leave the group.
  constexpr void run(const list<int>& members, const list<store>& stores) {
    const group& own = groups_.groups[number_];
    const std::size_t first = kernel_.programs.size();
    if (own.products > 0) kernel_.programs.push_back({});  // operands come behind
    nest main;
    main.space = own.space;
    main.folded = own.folded;
    main.product = own.products > 0 || chained_;
    main.scatter = own.scatters;
    begin(main);
    for (int i : members)
      if (is_compute(i)) emit(i, map_in(own, g_[i].extents));
    for (const store& s : stores) {
      if (own.scatters) {
        store_scattered(s);
        continue;
      }
      // A reshape that is a copy runs over its operand.
      const node& n = g_[s.node];
      const bool reshaped = n.what() == kind::reshape && !(n.extents == own.space);
      const int from = reshaped ? n.operand[0] : s.node;
      const shape& extents = g_[from].extents;
      const bool full = form_in(own, extents) == form::full;
      const axis_map m = full ? identity_map(own.space) : map_in(own, extents);
      result r;
      r.instruction = emit(from, m);
      r.buffer = local_buffer(s.buffer);
      r.inside = groups_.buffers[s.buffer].inside;
      r.type = g_[from].type;
      r.full = full;
      access target = contiguous(g_, from, extents);
      if (s.input >= 0) target = input_access(g_, s.input);
      place_strides(target, extents, m, r.stride);
      nest_->code.result_list.push_back(r);
    }
    end(main, own.products > 0 ? family::contract
              : own.scatters     ? family::scatter
              : own.running && !own.rows ? family::scan
              : chained_        ? family::row
              : own.folded == 0 ? family::map
              : own.rows        ? family::row
                                : family::reduce);
    if (own.products > 0) kernel_.programs[first] = std::move(main.code);
    else kernel_.programs.push_back(std::move(main.code));
  }

 private:
  constexpr bool is_compute(int i) const {
    const kind k = g_[i].what();
    return k == kind::element || k == kind::cast || k == kind::reduce || k == kind::matmul ||
           k == kind::gather || k == kind::scan;
  }

  constexpr void begin(nest& n) {
    nest_ = &n;
    known_.assign(static_cast<std::size_t>(g_.size()), {});
    others_.clear();
  }

  constexpr void end(nest& n, family f) {
    arrange(g_, n);
    divide(n);
    n.code.family = f;
    program& p = n.code;
    for (int a = 0; a < p.rank; ++a) p.extent[a] = number(p.extent[a]);
    for (leaf& l : p.leaf_list) {
      l.offset = number(l.offset);
      for (int a = 0; a < p.rank; ++a) l.stride[a] = number(l.stride[a]);
      l.index_stride = number(l.index_stride);
      l.index_end = number(l.index_end);
    }
    for (result& r : p.result_list) {
      for (int a = 0; a < p.rank; ++a) r.stride[a] = number(r.stride[a]);
      r.index_stride = number(r.index_stride);
      r.index_end = number(r.index_end);
    }
    for (instruction& i : p.instruction_list)
      if (i.what == code::integer) i.attribute = number(i.attribute);
    for (product& q : p.product_list) q.inner = number(q.inner);
  }

  /// A code of the graph as a number of the kernel.
  constexpr std::int64_t number(extent_t e) {
    if (is_static(e)) return e;
    for (std::size_t i = 0; i < kernel_.integers.size(); ++i)
      if (kernel_.integers[i] == e) return -1 - static_cast<std::int64_t>(i);
    kernel_.integers.push_back(e);
    return -static_cast<std::int64_t>(kernel_.integers.size());
  }

  constexpr int push(instruction i, double flops) {
    i.flops = static_cast<float>(flops);
    nest_->code.instruction_list.push_back(i);
    return static_cast<int>(nest_->code.instruction_list.size()) - 1;
  }

  /// The instruction that gives node i where its axes run along the nest as `m` says.
  constexpr int emit(int i, const axis_map& m) {
    if (known_[i].instruction >= 0) {
      if (known_[i].map == m) return known_[i].instruction;
      for (const memo& o : others_)
        if (o.node == i && o.map == m) return o.instruction;
    }
    const int made = make(i, m);
    const memo entry{i, made, m};
    if (known_[i].instruction < 0) known_[i] = entry;
    else others_.push_back(entry);
    return made;
  }

  constexpr int make(int i, const axis_map& m) {
    const node n = g_[i];
    instruction in;
    in.type = register_dtype(n.type);
    switch (n.what()) {
      case kind::constant:
        in.what = code::constant;
        in.attribute = n.attribute[0];
        return push(in, 0);
      case kind::extent:
        in.what = code::integer;
        in.attribute = n.attribute[0];
        return push(in, 0);
      case kind::iota:
        in.what = code::iota;
        in.attribute = m.axis[n.attribute[0]];
        if (in.attribute < 0) {
          in.what = code::constant;
          in.attribute = 0;
        }
        return push(in, 0);
      case kind::matmul:
        if (groups_.group_of[i] == number_ && nest_->product) return make_product(n);
        return load(i, m);
      case kind::gather:
        if (is_stored_elsewhere(i)) break;
        return make_gather(n, m);
      case kind::scatter: return load(i, m);
      default: break;
    }
    if (n.what() == kind::input || reads_memory(i)) return load(i, m);
    if (is_view(n)) return emit(n.operand[0], look_through(n, g_[n.operand[0]].extents, m));
    const bool folds = n.what() == kind::reduce || n.what() == kind::scan;
    const axis_map inside = folds ? identity_map(nest_->space) : m;
    for (int j = 0; j < n.arity(); ++j) in.operand[j] = emit(n.operand[j], inside);
    in.op = n.what() == kind::cast ? 0 : n.op->name;
    in.backwards = n.what() == kind::scan && n.attribute[1] != 0;
    in.what = n.what() == kind::cast     ? code::cast
              : n.what() == kind::reduce ? code::fold
              : n.what() == kind::scan   ? code::scan
                                         : code::element;
    return push(in, n.op->flops);
  }

  /// Whether a value comes from memory: views of inputs and of what other kernels stored.
  constexpr bool reads_memory(int i) const {
    while (is_view(g_[i]) && !is_stored_elsewhere(i)) i = g_[i].operand[0];
    return g_[i].what() == kind::input || is_stored_elsewhere(i);
  }

  constexpr bool is_stored_elsewhere(int i) const {
    return groups_.stored[i] && groups_.group_of[i] != number_;
  }

  constexpr bool is_of_this_kernel(int i) const {
    const int at = groups_.group_of[i];
    return at >= 0 && groups_.kernel_of[at] == groups_.kernel_of[number_];
  }

  constexpr int local_buffer(int buffer) {
    for (std::size_t i = 0; i < kernel_.buffers.size(); ++i)
      if (kernel_.buffers[i] == buffer) return static_cast<int>(i);
    kernel_.buffers.push_back(buffer);
    return static_cast<int>(kernel_.buffers.size()) - 1;
  }

  constexpr int load(int i, const axis_map& m) {
    const access a = resolve(g_, i, groups_.stored, groups_.group_of[i] == number_ ? i : -1);
    leaf l;
    l.buffer = local_buffer(groups_.buffer_of[a.base]);
    l.inside = is_of_this_kernel(a.base);
    l.type = g_[i].type;
    l.offset = a.offset;
    l.guarded = a.guarded;
    for (std::int64_t& e : l.end) e = INT64_MAX;
    const shape& s = g_[i].extents;
    place_strides(a, s, m, l.stride);
    for (int k = 0; a.guarded && k < s.rank; ++k)
      if (m.axis[k] >= 0) {
        l.begin[m.axis[k]] = a.begin[k];
        l.end[m.axis[k]] = a.end[k];
      } else if (a.begin[k] > 0 || a.end[k] < 1) {
        // The one index of an axis that the nest does not have lies outside.
        instruction zero;
        zero.what = code::constant;
        zero.type = register_dtype(l.type);
        return push(zero, 0);
      } else {
        l.offset = g_.plus(l.offset, g_.times(-a.begin[k], a.stride[k]));
      }
    instruction in;
    in.what = code::load;
    in.type = register_dtype(l.type);
    in.attribute = static_cast<std::int64_t>(nest_->code.leaf_list.size());
    nest_->code.leaf_list.push_back(l);
    return push(in, 0);
  }

  /// The elements of a gather: an access without the axis that the index stands for.
  constexpr int make_gather(const node& n, const axis_map& m) {
    instruction in;
    in.what = code::gather;
    in.type = register_dtype(n.type);
    in.operand[0] = emit(n.operand[1], m);
    const gather_axes axes(n);
    const int x = n.operand[0];
    const access a = resolve(g_, x, groups_.stored);
    leaf l;
    l.buffer = local_buffer(groups_.buffer_of[a.base]);
    l.type = n.type;
    l.offset = a.offset;
    l.indexed = true;
    for (int k = 0; k < g_[x].extents.rank; ++k)
      if (const int wide = axes.wide(k); wide < 0) l.index_stride = a.stride[k];
      else if (const int at = m.axis[wide]; at >= 0)
        l.stride[at] = g_.plus(l.stride[at], a.stride[k]);
    l.index_end = g_[x].extents[axes.axis];
    in.attribute = static_cast<std::int64_t>(nest_->code.leaf_list.size());
    nest_->code.leaf_list.push_back(l);
    return push(in, n.op->flops);
  }

  constexpr void store_scattered(const store& s) {
    const node n = g_[s.node];
    const gather_axes axes(n);
    const axis_map m = identity_map(nest_->space);
    result r;
    r.index = emit(n.operand[1], m);
    r.instruction = emit(n.operand[0], m);
    r.buffer = local_buffer(s.buffer);
    r.type = n.type;
    const access to = s.input >= 0 ? input_access(g_, s.input)
                                   : contiguous(g_, s.node, n.extents);
    for (int k = 0; k < n.extents.rank; ++k)
      if (const int wide = axes.wide(k); wide < 0) r.index_stride = to.stride[k];
      else if (m.axis[wide] >= 0) r.stride[m.axis[wide]] = to.stride[k];
    r.index_end = n.extents[axes.axis];
    nest_->code.result_list.push_back(r);
  }

  /// Strides along the node's axes as strides along the nest's.
  constexpr void place_strides(const access& a, const shape& s, const axis_map& m,
                               std::int64_t* stride) {
    for (int k = 0; k < s.rank; ++k)
      if (m.axis[k] >= 0) stride[m.axis[k]] = g_.plus(stride[m.axis[k]], a.stride[k]);
  }

  constexpr int make_product(const node& n) {
    product q;
    q.type = register_dtype(n.type);
    q.operands = g_[n.operand[0]].type;
    q.split = q.operands == dtype::f32 && is_split(g_, n.operand[0]) && is_split(g_, n.operand[1]);
    q.inner = g_[n.operand[0]].extents.last();
    q.across = groups_.groups[number_].across;
    const row_scale scale = scale_behind(g_, n.operand[0], groups_.group_of);
    q.left = operand_program(scale.x < 0 ? n.operand[0] : scale.x);
    q.right = operand_program(n.operand[1], scale.column);
    instruction in;
    in.what = code::product;
    in.type = q.type;
    in.attribute = static_cast<std::int64_t>(nest_->code.product_list.size());
    nest_->code.product_list.push_back(q);
    const int plain = push(in, 0);
    return scale.x < 0 ? plain : scaled(plain, scale.row, n.type, n.extents.rank - 2);
  }

  /// An instruction times a factor whose elements, [..., M, 1] or [K], lie along an axis.
  constexpr int scaled(int value, int factor, dtype type, int axis) {
    const shape& s = g_[factor].extents;
    axis_map m = identity_map(s);
    if (s.last() != 1) m.axis[s.rank - 1] = axis;
    return push({.what = code::element, .type = register_dtype(type), .op = pack_name("mul"),
                 .operand = {value, emit(factor, m), -1}}, 1);
  }

  /// The program that gives an operand of a product; its number, the main program being 0. Equal
  /// operands share one program. `column`: what each of its rows is multiplied by, or -1.
  constexpr int operand_program(int i, int column = -1) {
    for (std::size_t k = 0; k < operands_.size(); ++k)
      if (operands_[k] == i && columns_[k] == column) return static_cast<int>(k) + 1;
    nest* const outer = nest_;
    auto known = std::move(known_);
    auto others = std::move(others_);
    nest inner;
    inner.space = g_[i].extents;
    inner.product = true;
    begin(inner);
    result r;
    r.instruction = emit(i, identity_map(inner.space));
    const int terms = inner.space.rank - 2;
    if (column >= 0) r.instruction = scaled(r.instruction, column, g_[i].type, terms);
    r.buffer = -1;
    r.type = g_[i].type == dtype::bf16 ? dtype::bf16 : register_dtype(g_[i].type);
    r.stride[inner.space.rank - 1] = 1;
    inner.code.result_list.push_back(r);
    end(inner, family::map);
    nest_ = outer;
    known_ = std::move(known);
    others_ = std::move(others);
    operands_.push_back(i);
    columns_.push_back(column);
    kernel_.programs.push_back(std::move(inner.code));
    return static_cast<int>(operands_.size());
  }

  struct memo {
    int node = -1;
    int instruction = -1;
    axis_map map;
  };

  planning_graph& g_;
  const outline_view groups_;
  int number_;
  nest* nest_ = nullptr;
  list<memo> known_, others_;
  list<int> operands_, columns_;
  lowered_kernel& kernel_;
  bool chained_;
};

}  // namespace detail

/// Lowers kernel `number` of an outline.
constexpr lowered_kernel lower(planning_graph& g, const outline_view& o, int number) {
  lowered_kernel kernel;
  bool chained = false;
  for (int own = 0; own < o.group_count; ++own)
    chained |= o.kernel_of[own] == number && o.groups[own].products > 0;
  for (int own = 0; own < o.group_count; ++own) {
    if (o.kernel_of[own] != number) continue;
    list<int> members;
    for (int i = 0; i < g.size(); ++i)
      if (o.group_of[i] == own && g[i].what() != kind::input) members.push_back(i);
    list<store> stores;
    for (int s = 0; s < o.store_count; ++s)
      if (o.stores[s].group == own) stores.push_back(o.stores[s]);
    detail::lowerer(g, o, own, kernel, chained && !o.groups[own].across).run(members, stores);
  }
  return kernel;
}

/// The kernel that copies an update from the workspace to its place.
constexpr lowered_kernel lower_detour(planning_graph& g, int output, int spare) {
  const auto& out = g.view.outputs[output];
  const int source = detail::output_node(g, out);
  const int target = g.view.inputs[out.input];
  const auto count = static_cast<std::size_t>(g.size());
  group whole;
  whole.space = g[source].extents;
  // The source is read as what another kernel stored.
  const list<int> group_of(count, -1);
  list<char> stored(count, 0);
  list<int> buffer_of(count, -1);
  stored[source] = 1;
  buffer_of[source] = spare;
  const store to{0, source, g.view.input_count + output, g[target].attribute[1] ? target : -1};
  const int kernel_of = 0;
  const list<buffer> buffers(static_cast<std::size_t>(to.buffer) + 1, buffer{});
  lowered_kernel kernel;
  const outline_view o{&whole, 1, &kernel_of, group_of.data(), stored.data(), buffer_of.data(),
                       buffers.data()};
  detail::lowerer(g, o, 0, kernel).run({}, {to});
  return kernel;
}

}  // namespace sinter
