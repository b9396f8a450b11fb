// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Running folds along a row that several threads have, pack by pack: each thread folds its own
/// lanes, its neighbours tell what comes before them, and a value is carried from pack to pack.

#include "sinter/kernel/fold_across.hpp"
#include "sinter/kernel/static_program.hpp"

namespace sinter::device {

/// For programs without running folds along rows.
struct no_neighbours {};

/// Along the row, or down columns, each lane its own. `lane(k)`: what is folded; `present(e)`: how
/// many lanes of pack e are there.
template <name_code Op, bool Backwards, bool Rows, lane_layout Layout, class T, int Lanes,
          int Carried, class Neighbours, class Lane, class Present>
SINTER_DEVICE void scan_lanes(T (&value)[Lanes], T (&carried)[Carried],
                              [[maybe_unused]] Neighbours& neighbours, Lane&& lane,
                              [[maybe_unused]] Present&& present) {
  if constexpr (!Rows) {
    SINTER_UNROLL
    for (int k = 0; k < Lanes; ++k)
      value[k] = carried[k] = folds::combine<Op>(carried[k], static_cast<T>(lane(k)));
  } else {
    static_assert(!std::is_same_v<Neighbours, no_neighbours>, "this body has no running folds");
    SINTER_UNROLL
    for (int i = 0; i < Layout.packs; ++i) {
      const int e = Backwards ? Layout.packs - 1 - i : i;
      const int n = present(e);
      T part = folds::neutral<Op, T>();
      SINTER_UNROLL
      for (int j = 0; j < Layout.pack; ++j) {
        const int in_pack = Backwards ? Layout.pack - 1 - j : j, k = e * Layout.pack + in_pack;
        if (in_pack < n) part = folds::combine<Op>(part, static_cast<T>(lane(k)));
        value[k] = part;
      }
      const running_parts<T> parts = neighbours.template before_and_all<Op, Backwards>(part);
      const T start = folds::combine<Op>(carried[0], parts.before);
      SINTER_UNROLL
      for (int k = e * Layout.pack; k < (e + 1) * Layout.pack; ++k)
        value[k] = folds::combine<Op>(start, value[k]);
      carried[0] = folds::combine<Op>(carried[0], parts.all);
    }
  }
}

}  // namespace sinter::device
