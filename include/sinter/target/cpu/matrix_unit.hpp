// SPDX-License-Identifier: Apache-2.0
#pragma once

/// multiply_panel on a processor that multiplies whole tiles: a block of C stands in four of them
/// while K runs past, 32 x 32, or 16 x 64 for the last few rows. Panels are what vectors multiply,
/// only padded along K; what of A does not fill a tile is copied, with zeros behind it.
///
/// A multiplier `M` has such a unit if it names `M::unit`, with
///
///   permitted()                       whether it may be used now
///   in_use                            an object that lives while it is
///   load, store, clear, multiply_add  of tiles, by number
///
/// and `M::least_unit_rows`: fewer fill too little of a tile, and vectors are as fast.
///
/// @cost  a tile's product takes 16 cycles, and its share of loads 8 from the first cache

#include "sinter/target/cpu/multiplier.hpp"

namespace sinter::detail {

template <class M> inline constexpr bool has_matrix_unit = requires { typename M::unit; };

/// Rows of elements that a panel of M is padded to.
template <class M> constexpr int panel_step() {
  if constexpr (has_matrix_unit<M>) return M::unit::tile_rows;
  else return 1;
}

/// Whether it multiplies a product of so many rows; then all of them, however they are cut into
/// blocks, as it rounds in an order of its own.
template <class M> inline bool unit_multiplies(std::int64_t rows) {
  if constexpr (has_matrix_unit<M>) return rows >= M::least_unit_rows && M::unit::permitted();
  else return false;
}

/// One block of C, of `Down` x `Across` tiles: rows of A from `a` on, columns of the panel from
/// `panel` on, whose rows are `wide` elements apart.
template <class M, int Down, int Across> struct unit_block {
  using unit = typename M::unit;
  using source = typename M::source;
  using sum = typename M::sum;
  static_assert(Down * Across == 4);
  static constexpr int side = unit::tile_rows;                        ///< of a tile of C
  static constexpr int deep = unit::tile_bytes / int{sizeof(source)};  ///< of a tile of A, in K
  static constexpr int rows = Down * side, columns = Across * side;

  template <int Number> SINTER_INLINE static void load_a(const source* a, std::int64_t stride) {
    unit::template load<4 + Number>(a, stride * int{sizeof(source)});
  }
  /// The tiles of A: as many of `rows` x `k` as there are.
  SINTER_INLINE static void load_left(std::int64_t count, std::int64_t k, const source* a,
                                      std::int64_t stride, source* copy) {
    if (count < rows || k < deep) {
      const int filled = static_cast<int>(count < rows ? count : rows);
      const int bytes = static_cast<int>(k < deep ? k : deep) * int{sizeof(source)};
      for (int i = 0; i < filled; ++i) unit::copy_row(copy + i * deep, a + i * stride, bytes);
      a = copy;
      stride = deep;
    }
    load_a<0>(a, stride);
    if constexpr (Down == 2) load_a<1>(a + side * stride, stride);
  }

  SINTER_INLINE static void multiply(const typename M::element* panel, std::int64_t wide) {
    const std::int64_t stride = wide * int{sizeof(typename M::element)};
    if constexpr (Down == 2) {
      unit::template load<6>(panel, stride);
      unit::template load<7>(panel + side, stride);
      unit::template multiply_add<0, 4, 6>();
      unit::template multiply_add<2, 5, 6>();
      // The next ones come from the second cache, a line to each row.
      for (int r = side; r < 2 * side; ++r) {
        __builtin_prefetch(panel + r * wide);
        __builtin_prefetch(panel + r * wide + side);
      }
      unit::template multiply_add<1, 4, 7>();
      unit::template multiply_add<3, 5, 7>();
    } else {
      unit::template load<5>(panel, stride);
      unit::template load<6>(panel + side, stride);
      unit::template load<7>(panel + 2 * side, stride);
      unit::template multiply_add<0, 4, 5>();
      unit::template load<5>(panel + 3 * side, stride);
      unit::template multiply_add<1, 4, 6>();
      unit::template multiply_add<2, 4, 7>();
      unit::template multiply_add<3, 4, 5>();
    }
  }

  template <class F> SINTER_INLINE static void each_sum(F&& f) {
    f.template operator()<0>(), f.template operator()<1>();
    f.template operator()<2>(), f.template operator()<3>();
  }

  static void run(std::int64_t count, std::int64_t k, const source* a, std::int64_t a_stride,
                  const typename M::element* panel, std::int64_t wide, sum* c,
                  std::int64_t c_stride, bool accumulate) {
    alignas(64) source left[rows * deep];  // rows that are missing are never stored
    alignas(64) sum ragged[rows * columns];
    sum* to = c;
    std::int64_t to_stride = c_stride;
    if (count < rows) {
      to = ragged;
      to_stride = columns;
      for (std::int64_t i = 0; accumulate && i < count; ++i)
        __builtin_memcpy(to + i * to_stride, c + i * c_stride, columns * sizeof(sum));
    }
    each_sum([&]<int T>() SINTER_LAMBDA {
      if (accumulate)
        unit::template load<T>(to + T / Across * side * to_stride + T % Across * side,
                               to_stride * int{sizeof(sum)});
      else unit::template clear<T>();
    });
    for (std::int64_t p = 0; p < k; p += deep) {
      load_left(count, k - p, a + p, a_stride, left);
      multiply(panel + p / M::depth * wide, wide);
    }
    each_sum([&]<int T>() SINTER_LAMBDA {
      unit::template store<T>(to + T / Across * side * to_stride + T % Across * side,
                              to_stride * int{sizeof(sum)});
    });
    if (count >= rows) return;
    for (std::int64_t i = 0; i < count; ++i)
      __builtin_memcpy(c + i * c_stride, to + i * to_stride, columns * sizeof(sum));
  }
};

/// Elements of K lie side by side in `a`; `wide`: columns of the panel, a multiple of 64.
template <class M>
inline void multiply_panel_in_tiles(std::int64_t rows, std::int64_t k, const typename M::source* a,
                                    std::int64_t a_stride, const typename M::element* panel,
                                    int wide, typename M::sum* c, std::int64_t c_stride,
                                    bool accumulate) {
  const typename M::unit::in_use tiles;
  while (rows > 0) {
    const auto run = [&]<class Block>(Block) {
      for (int j = 0; j < wide; j += Block::columns)
        Block::run(rows, k, a, a_stride, panel + j, wide, c + j, c_stride, accumulate);
      a += Block::rows * a_stride;
      c += Block::rows * c_stride;
      rows -= Block::rows;
    };
    if (rows > M::unit::tile_rows) run(unit_block<M, 2, 2>());
    else run(unit_block<M, 1, 4>());
  }
}

}  // namespace sinter::detail
