// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How a node is read from memory: a chain of views over an input or a stored value, folded into
/// one offset and one stride for each axis. This is why views cost nothing.

#include "sinter/graph/graph.hpp"
#include "sinter/graph/simplify.hpp"

namespace sinter {

/// A graph that is being planned: its nodes stay as they are, its table of dimensions grows.
class planning_graph : public dimension_table {
 public:
  constexpr explicit planning_graph(const graph_view& v) : view(v) {
    dimensions.append(v.dimensions, v.dimensions + v.dimension_count);
  }
  constexpr const node& operator[](int index) const { return view.nodes[index]; }
  constexpr int size() const { return view.size; }

  graph_view view;
};

struct access {
  int base = -1;               ///< the input or stored node, or -1 if only a copy can help
  int copy = -1;               ///< then: the node that must be stored first, by `copy_space`
  extent_t offset = 0;         ///< a number or a code of the graph, like the strides
  extent_t stride[max_rank]{};
  /// Guarded: index i along an axis reads element i - begin, and 0 outside begin ... end - 1.
  bool guarded = false;
  std::int64_t begin[max_rank]{};
  std::int64_t end[max_rank]{};
};

constexpr bool is_view(const node& n) {
  switch (n.what()) {
    case kind::broadcast:
    case kind::reshape:
    case kind::permute:
    case kind::slice:
    case kind::stride:
    case kind::pad:
    case kind::alias: return true;
    default: return false;
  }
}

/// Whether products may take a value in two parts: it is marked so, wherever views put it then.
constexpr bool is_split(const planning_graph& g, int i) {
  while (is_view(g[i]) && !g[i].is(tf32x3_operation)) i = g[i].operand[0];
  return g[i].is(tf32x3_operation);
}

namespace detail {

/// Row-major strides of a shape.
constexpr access contiguous(planning_graph& g, int base, const shape& s) {
  access a;
  a.base = base;
  extent_t step = 1;
  for (int i = s.rank; i-- > 0;) {
    a.stride[i] = step;
    step = g.times(step, s[i]);
  }
  for (std::int64_t& end : a.end) end = INT64_MAX;
  return a;
}

constexpr bool is_contiguous(planning_graph& g, const access& a, const shape& s) {
  extent_t step = 1;
  for (int i = s.rank; i-- > 0;) {
    if (s[i] != 1 && a.stride[i] != step) return false;
    step = g.times(step, s[i]);
  }
  return !a.guarded;
}

/// Strides after a reshape that splits or merges axes of equal products; false if there are none.
constexpr bool reshape_access(planning_graph& g, access& a, const shape& from, const shape& to) {
  if (is_contiguous(g, a, from)) {
    const extent_t offset = a.offset;
    a = contiguous(g, a.base, to);
    a.offset = offset;
    return true;
  }
  if (a.guarded) return false;
  access result = a;
  int i = from.rank, j = to.rank;
  while (i > 0 || j > 0) {
    // The shortest run of axes on either side with the same number of elements.
    int i0 = i, j0 = j;
    extent_t left = 1, right = 1;
    if (i0 > 0) left = from[--i0];
    if (j0 > 0) right = to[--j0];
    while (left != right) {
      if (is_static(left) && is_static(right) ? left < right : i0 > 0 && !is_static(right)) {
        if (i0 == 0) return false;
        left = g.times(from[--i0], left);
      } else {
        if (j0 == 0) return false;
        right = g.times(to[--j0], right);
      }
    }
    // Inside the run the operand must be contiguous up to the stride of its last proper axis.
    int last = i - 1;
    while (last > i0 && from[last] == 1) --last;
    extent_t step = i > i0 ? a.stride[last] : 1;
    for (int k = i; k-- > i0;) {
      if (from[k] != 1 && a.stride[k] != step) return false;
      if (k <= last) step = g.times(step, from[k]);
    }
    step = i > i0 ? a.stride[last] : 1;
    for (int k = j; k-- > j0;) {
      result.stride[k] = step;
      step = g.times(step, to[k]);
    }
    i = i0;
    j = j0;
  }
  a = result;
  return true;
}

/// The access of a `stride` over what `a` reads; false where a guard would meet more than one axis
/// or a step.
constexpr bool stride_access(planning_graph& g, access& a, const node& n, const shape& from) {
  const access before = a;
  unsigned backwards = 0, seen = 0;
  for (int r = 0; r < n.extents.rank; ++r) {
    const stride_step to = stride_step::unpack(n.attribute[r]);
    if (before.guarded && ((to.axes & (to.axes - 1)) != 0 || (seen & to.axes) != 0)) return false;
    seen |= to.axes;
    if (to.step < 0) backwards |= to.axes;
    a.stride[r] = 0;
    for (int k = 0; k < from.rank; ++k) {
      if (!(to.axes >> k & 1)) continue;
      a.begin[r] = before.begin[k];
      a.end[r] = before.end[k];
      if (to.step != 1 && (a.begin[r] != 0 || a.end[r] != INT64_MAX)) return false;
      const extent_t moved = g.times(to.step < 0 ? -to.step : to.step, before.stride[k]);
      a.stride[r] = to.step < 0 ? g.minus(a.stride[r], moved) : g.plus(a.stride[r], moved);
    }
  }
  for (int k = 0; k < from.rank; ++k)
    if (backwards >> k & 1)
      a.offset = g.plus(a.offset, g.times(g.minus(from[k], 1), before.stride[k]));
  return !before.guarded || seen == (1u << from.rank) - 1;
}

}  // namespace detail

/// Which axis of an index space each axis of a node runs along; -1 for an axis of extent 1.
struct axis_map {
  int axis[max_rank] = {-1, -1, -1, -1, -1, -1};
  friend constexpr bool operator==(const axis_map& a, const axis_map& b) {
    for (int i = 0; i < max_rank; ++i)
      if (a.axis[i] != b.axis[i]) return false;
    return true;
  }
};

constexpr axis_map identity_map(const shape& s) {
  axis_map m;
  for (int i = 0; i < s.rank; ++i) m.axis[i] = s[i] == 1 ? -1 : i;
  return m;
}

/// Dropping and inserting axes of extent 1.
constexpr bool only_unit_axes(const shape& a, const shape& b) {
  int i = 0, j = 0;
  while (i < a.rank || j < b.rank) {
    if (i < a.rank && a[i] == 1) ++i;
    else if (j < b.rank && b[j] == 1) ++j;
    else if (i < a.rank && j < b.rank && a[i] == b[j]) ++i, ++j;
    else return false;
  }
  return true;
}

/// Views that a kernel can look through without touching memory.
constexpr bool is_transparent(const node& n, const shape& operand) {
  return n.what() == kind::broadcast || n.what() == kind::permute || n.what() == kind::alias ||
         (n.what() == kind::reshape && only_unit_axes(operand, n.extents));
}

/// The map of a transparent view's operand, given the view's own.
constexpr axis_map look_through(const node& n, const shape& operand, const axis_map& own) {
  axis_map m;
  if (n.what() == kind::alias) return own;
  if (n.what() == kind::permute) {
    for (int i = 0; i < n.extents.rank; ++i) m.axis[n.attribute[i]] = own.axis[i];
  } else if (n.what() == kind::broadcast) {
    for (int i = 0; i < operand.rank; ++i)
      m.axis[i] = operand[i] == 1 ? -1 : own.axis[n.extents.rank - operand.rank + i];
  } else {
    int j = 0;
    for (int i = 0; i < operand.rank; ++i) {
      if (operand[i] == 1) continue;
      while (n.extents[j] == 1) ++j;
      m.axis[i] = own.axis[j++];
    }
  }
  return m;
}

/// The access to a tensor of the caller, which may have strides of its own.
constexpr access input_access(planning_graph& g, int input) {
  access a = detail::contiguous(g, input, g[input].extents);
  if (g[input].attribute[1])
    for (int i = 0; i < g[input].extents.rank; ++i)
      a.stride[i] = g.code({dimension::origin::stride, 0, g[input].attribute[0], i});
  return a;
}

/// The index space in which a copy is made. A reshape is copied in the operand's: the elements keep
/// their order, and an operand that is an input needs no buffer but its own.
constexpr const shape& copy_space(const planning_graph& g, int copy) {
  return g[g[copy].what() == kind::reshape ? g[copy].operand[0] : copy].extents;
}

/// Views of one value that follow one another; simplification leaves few.
inline constexpr int max_chain = 64;

/// The access to `index`, whose chain of views ends at an input or at a node in `stored`; `own` is
/// about to be stored itself, so it does not count.
constexpr access resolve(planning_graph& g, int index, const char* stored,
                         int own = -1) {
  // Down the chain to the base, then up again, applying the views.
  int chain[max_chain]{};
  int length = 0;
  int base = index;
  while (length < max_chain && (!stored[base] || base == own) && is_view(g[base])) {
    chain[length++] = base;
    base = g[base].operand[0];
  }
  if (length == max_chain && is_view(g[base]) && !stored[base]) {
    access none;
    none.copy = base;
    return none;
  }
  access a = g[base].what() == kind::input && !stored[base]
                 ? input_access(g, base)
                 : detail::contiguous(g, base, g[base].extents);

  for (int c = length; c-- > 0;) {
    const node n = g[chain[c]];
    const shape from = g[n.operand[0]].extents;
    const access before = a;
    const int lead = n.extents.rank - from.rank;
    switch (n.what()) {
      case kind::broadcast:
        for (int i = 0; i < n.extents.rank; ++i) {
          const bool repeats = i < lead || (from[i - lead] == 1 && n.extents[i] != 1);
          a.stride[i] = repeats ? 0 : before.stride[i - lead];
          a.begin[i] = repeats ? 0 : before.begin[i - lead];
          a.end[i] = repeats ? INT64_MAX : before.end[i - lead];
          // A repeated element outside the guard stays outside.
          if (repeats && a.guarded && i >= lead &&
              (before.begin[i - lead] > 0 || before.end[i - lead] < 1)) {
            a.base = -1;
            a.copy = n.operand[0];
            return a;
          }
          if (repeats && a.guarded && i >= lead)  // what repeats is element 0 - begin
            a.offset = g.plus(a.offset, g.times(-before.begin[i - lead], before.stride[i - lead]));
        }
        break;
      case kind::permute:
        for (int i = 0; i < n.extents.rank; ++i) {
          a.stride[i] = before.stride[n.attribute[i]];
          a.begin[i] = before.begin[n.attribute[i]];
          a.end[i] = before.end[n.attribute[i]];
        }
        break;
      case kind::slice:
        for (int i = 0; i < n.extents.rank; ++i) {
          if (!a.guarded) {
            a.offset = g.plus(a.offset, g.times(n.attribute[i], a.stride[i]));
          } else {
            a.begin[i] -= n.attribute[i];
            if (a.end[i] != INT64_MAX) a.end[i] -= n.attribute[i];
          }
        }
        break;
      case kind::stride:
        if (!detail::stride_access(g, a, n, from)) {
          a.base = -1;
          a.copy = n.operand[0];
          return a;
        }
        break;
      case kind::pad:
        if (a.guarded) {  // a guard within a guard would need their intersection at every axis
          a.base = -1;
          a.copy = n.operand[0];
          return a;
        }
        a.guarded = true;
        for (int i = 0; i < n.extents.rank; ++i) {
          a.begin[i] = n.attribute[i];
          a.end[i] = is_static(from[i]) ? n.attribute[i] + from[i] : INT64_MAX;
        }
        break;
      case kind::reshape:
        if (!detail::reshape_access(g, a, from, n.extents)) {
          a.base = -1;
          a.copy = chain[c];
          return a;
        }
        break;
      default: break;
    }
  }
  return a;
}

}  // namespace sinter
