// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random operations that change the place of values, and no value.

#include "random_operands.hpp"
#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/einsum.hpp"
#include "sinter/ops/gather.hpp"
#include "sinter/ops/join.hpp"
#include "sinter/ops/random.hpp"

namespace sinter::testing {

class random_views : public random_operands {
 protected:
  using random_operands::random_operands;

  candidate permutation() {
    const candidate c = draw([&](candidate o) { return extents_of(o).rank > 1; });
    if (!c) return {};
    if (r.chance(0.5)) return made(transpose(at(c)), c.bound);
    int order[max_rank] = {0, 1, 2, 3, 4, 5};
    const int rank = extents_of(c).rank;
    for (int i = rank; i-- > 1;) std::swap(order[i], order[r.below(i + 1)]);
    return made({&g, rules::permute(g, c.node, order, rank)}, c.bound);
  }

  /// Reshapes: joins two axes, splits one, adds or removes an axis of extent 1, or flattens.
  candidate regroup() {
    const candidate c = draw([](candidate) { return true; });
    const shape own = extents_of(c);
    const int place = own.rank > 0 ? r.below(own.rank) : 0;
    const int how = own.rank == 0 ? 2 : r.below(4);
    shape target;
    for (int i = 0; i < own.rank; ++i) {
      if (how == 0 && i == place && i + 1 < own.rank) {
        target.push(g.times(own[i], own[i + 1]));
        ++i;
      } else if (how == 1 && i == place && own[i] > 1 && own.rank < max_rank) {
        extent_t factor = 2;
        while (own[i] % factor != 0) ++factor;
        target.push(factor);
        target.push(own[i] / factor);
      } else if (how == 3) {
        if (i == 0) target.push(g.elements(own));
      } else {
        if (how == 2 && i == place && own.rank < max_rank) target.push(1);
        if (own[i] != 1 || i != place || how == 2) target.push(own[i]);
      }
    }
    if (own.rank == 0) target.push(1);
    return made({&g, rules::reshape(g, c.node, target)}, c.bound);
  }

  candidate part() {
    const candidate c = draw([&](candidate o) { return extents_of(o).rank > 0; });
    if (!c) return {};
    const int axis = r.below(extents_of(c).rank);
    const extent_t extent = extents_of(c)[axis];
    if (!is_static(extent)) return {};
    const int start = r.below(extent + 1);
    const int stop = r.between(start, static_cast<int>(extent));
    if (start == stop && (options.smooth || r.chance(0.9))) return {};
    return made({&g, rules::slice(g, c.node, axis, start, stop)}, c.bound);
  }

  /// Steps through an axis, backwards or not; windows that overlap; a diagonal.
  candidate stepped() {
    const candidate c = draw([&](candidate o) { return extents_of(o).rank > 0; });
    if (!c) return {};
    const symbol x = at(c);
    const shape own = extents_of(c);
    const int axis = r.below(own.rank);
    const extent_t extent = own[axis];
    using namespace sinter::detail;
    if (!is_static(extent) || r.chance(0.2)) return made(stepped_of(x, axis), c.bound);
    if (extent == 0) return {};
    switch (r.below(3)) {
      case 0: {
        const int step = r.between(1, 4), from = r.below(extent);
        if (r.chance(0.5)) return made(steps_of_axis(x, axis, from, open_end, step), c.bound);
        return made(steps_of_axis(x, axis, from, open_end, -step), c.bound);
      }
      case 1: {
        if (own.rank == max_rank) return {};
        const extent_t most = extent < 4 ? extent : 4, size = r.between(1, static_cast<int>(most));
        identity_steps steps;
        shape target = own;
        steps.axis[axis].step = r.between(1, 3);
        steps.axis[own.rank].axes = 1u << axis;
        target[axis] = (extent - size) / steps.axis[axis].step + 1;
        target.push(size);
        return made(as_view(x, target, steps), c.bound);
      }
      default:
        if (own.rank < 2 || !is_static(own[own.rank - 2]) || !is_static(own.last())) return {};
        return made(r.chance(0.5) ? diagonal_rule<0, -2, -1>{}(x) : diagonal_rule<0, -1, -2>{}(x),
                    c.bound);
    }
  }
  static symbol stepped_of(symbol x, int axis) {
    return sinter::detail::steps_of_axis(x, axis, open_end, open_end, -1);
  }

  /// A value beside another one, or beside itself, along an axis.
  candidate joined() {
    const candidate c = draw([&](candidate o) { return extents_of(o).rank > 0; });
    if (!c) return {};
    const shape own = extents_of(c);
    const int axis = r.below(own.rank);
    candidate other = draw([&](candidate o) {
      const shape& s = extents_of(o);
      bool fits = s.rank == own.rank;
      for (int a = 0; fits && a < s.rank; ++a) fits = a == axis || s[a] == own[a];
      return fits && o.node != c.node;
    });
    if (!other) other = c;
    symbol parts[] = {at(c), at(other), at(c)};
    const int count = r.between(2, 3);
    if (!sinter::detail::alike(parts, count, axis, pack_name("concat"))) return {};
    return made(sinter::detail::join(parts, count, axis), c.bound + other.bound);
  }

  /// Elements by their indices: a list of them, or one for each place. Of those that are not
  /// checked some lie outside.
  candidate looked_up() {
    const candidate c = draw([&](candidate o) { return extents_of(o).rank > 0; });
    if (!c) return {};
    const shape own = extents_of(c);
    const int way = own.rank > 1 ? r.below(3) : 0;
    const int axis = way == 2 ? own.rank - 1 : way;
    const extent_t end = number(own[axis]);
    if (end == 0 || end > 200) return {};
    const bool along = r.chance(0.4), checked = along || r.chance(0.7);
    shape declared, n;
    for (int i = along ? 0 : r.below(3); i < (along ? own.rank : 2); ++i) {
      const bool free = !along || i == axis;
      n.push(free ? extent() : number(own[i]));
      declared.push(free ? spell(n.last()) : spelled(own[i]));
    }
    if (own.rank - 1 + n.rank > max_rank && !along) return {};
    recipe from;
    if (checked) from = {recipe::origin::labels, end};
    constexpr dtype types[] = {dtype::i32, dtype::i64, dtype::u8};
    const candidate which = new_input(checked ? r.one_of(types) : dtype::i32, declared, n, from);
    if (!which) return {};
    keep_input(which);
    const symbol x = at(c);
    symbol index = at(which);
    if (!checked) return made(unchecked(x, index, axis), c.bound);
    if (r.chance(0.3)) index = where(index > 0, index - 1, index);
    using namespace sinter::detail;
    if (along)
      return made(way == 0   ? lookup_along_rule<0>{}(x, index)
                  : way == 1 ? lookup_along_rule<1>{}(x, index)
                             : lookup_along_rule<-1>{}(x, index),
                  c.bound);
    return made(way == 0   ? lookup_rule<0>{}(x, index)
                : way == 1 ? lookup_rule<1>{}(x, index)
                           : lookup_rule<-1>{}(x, index),
                c.bound);
  }
  symbol unchecked(symbol x, symbol index, int axis) {
    const shape own = x.extents(), n = index.extents();
    shape wide, lone;
    for (int i = 0; i < own.rank; ++i) {
      for (int k = 0; i == axis && k < n.rank; ++k) wide.push(n[k]), lone.push(n[k]);
      if (i != axis) wide.push(own[i]), lone.push(1);
    }
    const int apart = rules::broadcast(g, rules::reshape(g, index.index, lone), wide);
    return {&g, rules::gather(g, x.index, apart, axis, n.rank)};
  }

  /// A value with itself, by letters, or one side of it.
  candidate lettered() {
    const candidate c = draw_floating(2);
    if (!c) return {};
    const symbol x = at(c);
    const shape own = extents_of(c);
    if (r.chance(0.3))
      return made(r.chance(0.5) ? sinter::detail::triangle_rule<1, true>{}(x)
                                : sinter::detail::triangle_rule<-1, false>{}(x),
                  c.bound);
    using namespace sinter::detail;
    double terms = 1;
    for (int i = 0; i < own.rank; ++i) terms *= static_cast<double>(number(own[i]));
    const double bound = c.bound * c.bound * terms + 1;
    if (own.rank == 2) switch (r.below(4)) {
        case 0: return made(einsum_rule<"ij,kj->ki">{}(x, x), bound);
        case 1: return made(einsum_rule<"ij,il->jl">{}(x, x), bound);
        case 2: return made(einsum_rule<"ij,ij->j">{}(x, x), bound);
        default: return made(einsum_rule<"ij,ik->ijk">{}(x, x), bound);
      }
    if (own.rank != 3) return {};
    switch (r.below(3)) {
      case 0: return made(einsum_rule<"bij,bkj->kbi">{}(x, x), bound);
      case 1: return made(einsum_rule<"bij,bil->jl">{}(x, x), bound);
      default: return made(einsum_rule<"bij,bij->ib">{}(x, x), bound);
    }
  }

  /// Random numbers of a seed and a stream: some elements set to 0, or noise.
  candidate drawn() {
    const candidate c = draw_floating();
    if (!c) return {};
    const symbol x = at(c);
    const symbol seed = literal(&g, r.below(1000)), stream = literal(&g, r.below(50));
    constexpr double probabilities[] = {0, 0.125, 0.5, 1};
    switch (r.below(4)) {
      case 0:
        return made(sinter::detail::dropout_rule{}(x, literal(&g, r.one_of(probabilities)), seed,
                                                   stream),
                    c.bound * 2);
      case 1: return made(x * sinter::detail::uniform_rule{}(x, seed, stream), c.bound);
      case 2: return made(x + sinter::detail::normal_rule{}(x, seed, stream), c.bound + 6);
      default:
        return made(sinter::detail::truncated_rule{}(x, literal(&g, -1.5), literal(&g, 2), seed,
                                                     stream),
                    2);
    }
  }

  candidate repeat() {
    const candidate c = draw([](candidate) { return true; });
    shape target;
    if (extents_of(c).rank < max_rank && r.chance(0.7)) target.push(r.between(1, 5));
    for (int i = 0; i < extents_of(c).rank; ++i) {
      const extent_t e = extents_of(c)[i];
      target.push(e == 1 ? r.between(1, 6) : e);
    }
    return made({&g, rules::broadcast(g, c.node, target)}, c.bound);
  }

  candidate detached() {
    const candidate c = draw_floating();
    return c ? made(detach(at(c)), c.bound) : candidate{};
  }

  candidate padded() {
    const candidate c = draw([&](candidate o) { return extents_of(o).rank > 0; });
    if (!c) return {};
    shape target = extents_of(c);
    std::int64_t begin[max_rank]{};
    for (int i = 0; i < target.rank; ++i) {
      if (!is_static(target[i])) continue;
      begin[i] = r.below(3);
      target[i] += begin[i] + r.below(3);
    }
    return made({&g, rules::pad(g, c.node, target, begin)}, c.bound);
  }

  /// Scaled by the index along its last axis.
  candidate counted() {
    const candidate c = draw_floating(1);
    if (!c) return {};
    const symbol x = at(c);
    const auto last = static_cast<double>(number(x.extents().last()));
    return made(x * cast<float>(iota_like<-1>(x)) * 0.125, c.bound * (last + 1));
  }
};

}  // namespace sinter::testing
