// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How operations of random graphs come by their operands: from the pool, or as new inputs.

#include "graph_growth.hpp"

namespace sinter::testing {

class random_operands : public graph_growth {
 public:
  using graph_growth::graph_growth;

  dtype random_type() {
    if (options.smooth) return dtype::f64;
    constexpr dtype types[] = {dtype::f32, dtype::f32, dtype::f32, dtype::f32,  dtype::f32,
                               dtype::f32, dtype::f32, dtype::f32, dtype::f32,  dtype::f64,
                               dtype::f16, dtype::f16, dtype::bf16, dtype::bf16, dtype::e4m3,
                               dtype::e5m2, dtype::i32, dtype::i64, dtype::u8, dtype::boolean};
    return r.one_of(types);
  }

  /// A value of the pool for which `suits` holds, rather a recent one.
  template <class F> candidate draw(F suits) {
    const auto size = static_cast<int>(pool.size());
    for (int i = 0; i < 10; ++i) {
      const int first = r.below(size), second = r.below(size);
      const candidate c = pool[first > second ? first : second];
      if (suits(c)) return c;
    }
    return {};
  }
  candidate draw_number() {
    return draw([&](candidate c) { return type_of(c) != dtype::boolean; });
  }
  candidate draw_floating(int rank = 0) {
    return draw([&](candidate c) {
      return is_floating(type_of(c)) && extents_of(c).rank >= rank;
    });
  }

 protected:
  /// Whether two extents may stand beside each other.
  bool meet(extent_t a, extent_t b) const {
    if (a == b) return true;
    const bool either = g.name_of(a) != 0 || g.name_of(b) != 0;
    const bool open = !is_static(a) && !is_static(b) && (g.name_of(a) == 0 || g.name_of(b) == 0);
    return number(a) == number(b) && (!either || open);
  }
  bool broadcast_together(const shape& a, const shape& b) const {
    const int common = a.rank < b.rank ? a.rank : b.rank;
    for (int i = 1; i <= common; ++i) {
      const extent_t x = a[a.rank - i], y = b[b.rank - i];
      if (x != 1 && y != 1 && !meet(x, y)) return false;
    }
    return true;
  }

  /// An operand that broadcasts with c: from the pool, or a new input, or c itself.
  candidate partner(candidate c) {
    const shape own = extents_of(c);
    for (int i = 0; i < 3; ++i) {
      const candidate other = draw([&](candidate o) {
        return o.node != c.node && broadcast_together(own, extents_of(o));
      });
      if (other && r.chance(0.6)) return other;
    }
    shape declared, n;
    for (int i = r.chance(0.3) && own.rank > 0 ? r.between(1, own.rank) : 0; i < own.rank; ++i) {
      const bool one = r.chance(0.2);
      n.push(one ? 1 : number(own[i]));
      declared.push(one ? 1 : is_static(own[i]) && r.chance(0.1) ? dyn : spelled(own[i]));
    }
    const candidate made = new_input(r.chance(0.7) ? input_type(type_of(c)) : random_type(),
                                     declared, n);
    return made ? keep_input(made) : c;
  }
  static dtype input_type(dtype type) {
    return type == dtype::u64 || type == dtype::i8 || type == dtype::i16 ? dtype::i64 : type;
  }
  candidate keep_input(candidate c) {
    pool.push_back(c);
    return c;
  }
};

}  // namespace sinter::testing
