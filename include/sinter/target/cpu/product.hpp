// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The core of every matrix product on the CPU: a tile of C kept in registers while K runs past.
/// B comes in packed panels as wide as the tile, A is read where it lies, C is a scratch of the
/// tile's full width, on which the caller's epilogue works while it is in cache. Blocking over K,
/// rows and threads is the caller's.
///
///   for each block of product_block_k along K, for each panel of product_tile<T>::columns:
///     pack_panel(panel, b, ...);                                          // (k, columns)
///     multiply_panel(rows, k, a, ..., panel, c, c_row_stride, not the first block);
///
/// @accuracy one rounding per fused multiply-add, terms in the order of k
/// @cost     24 accumulators in flight hide the latency of two fused multiply-adds a cycle
/// @source   register blocking: Goto and van de Geijn 2008, doi:10.1145/1356052.1356053

#include <cstdint>
#include <type_traits>
#include <utility>

#include "sinter/core/config.hpp"
#include "sinter/target/cpu/simd.hpp"
#include "sinter/target/cpu/simd_memory.hpp"

namespace sinter {

/// The tile: rows x columns of C in registers, `vectors` registers to a row. All accumulators, a
/// row of B and one broadcast of A fit the register file.
template <class T>
struct product_tile {
  static constexpr int rows = 6;
  static constexpr int vectors = native_bytes == 64 ? 4 : 2;
  static constexpr int lanes = native_lanes<T>;
  static constexpr int columns = vectors * lanes;
};

/// How much of K to take at a time: a panel of it fills an eighth of a megabyte of the second
/// cache, the rows of A beside it fit the first.
template <class T>
inline constexpr std::int64_t product_block_k =
    131072 / (product_tile<T>::columns * static_cast<int>(sizeof(T)));

/// Packs source(p, j), 0 <= p < k, 0 <= j < columns, as a panel; columns to the tile's width are 0.
template <class T, class Source>
SINTER_INLINE void pack_panel(T* packed, std::int64_t k, int columns, Source&& source) {
  constexpr int width = product_tile<T>::columns;
  for (std::int64_t p = 0; p < k; ++p, packed += width) {
    for (int j = 0; j < columns; ++j) packed[j] = static_cast<T>(source(p, j));
    for (int j = columns; j < width; ++j) packed[j] = T(0);
  }
}

/// Packs B[p, j] = b[p * row_stride + j * column_stride], converted to T.
template <class T, class Storage>
inline void pack_panel(T* packed, const Storage* b, std::int64_t row_stride,
                       std::int64_t column_stride, std::int64_t k, int columns) {
  using tile = product_tile<T>;
  if (column_stride == 1) {
    for (std::int64_t p = 0; p < k; ++p, b += row_stride, packed += tile::columns) {
      for (int j = 0; j < tile::columns; j += tile::lanes) {
        const int left = columns - j;
        using vector = simd<T, tile::lanes>;
        const vector x = left >= tile::lanes ? load_as<T, tile::lanes>(b + j)
                         : left > 0          ? load_as_first<T, tile::lanes>(b + j, left)
                                             : vector(T(0));
        x.store(packed + j);
      }
    }
    return;
  }
  // A few rows of the panel at a time: they stay in cache while columns of B are read along k.
  constexpr std::int64_t few = 16;
  for (std::int64_t first = 0; first < k; first += few, packed += few * tile::columns) {
    const std::int64_t rows = k - first < few ? k - first : few;
    const Storage* from = b + first * row_stride;
    for (int j = 0; j < columns; ++j) {
      const Storage* column = from + j * column_stride;
      for (std::int64_t p = 0; p < rows; ++p) {
        packed[p * tile::columns + j] = static_cast<T>(column[p * row_stride]);
      }
    }
    for (std::int64_t p = 0; p < rows; ++p) {
      for (int j = columns; j < tile::columns; ++j) packed[p * tile::columns + j] = T(0);
    }
  }
}

namespace detail {

// Every index into the accumulators is a constant from a pack: a loop over them, were it not
// unrolled, would put them into memory, and 138 GFLOP/s would be 27.

template <class V, int... I>
SINTER_INLINE void load_row(V* to, const typename V::value_type* from,
                            std::integer_sequence<int, I...>) {
  ((to[I] = V::load(from + I * V::size)), ...);
}
template <class V, int... I>
SINTER_INLINE void store_row(const V* from, typename V::value_type* to,
                             std::integer_sequence<int, I...>) {
  (from[I].store(to + I * V::size), ...);
}
template <class V, int... I>
SINTER_INLINE void clear_row(V* to, std::integer_sequence<int, I...>) {
  ((to[I] = V(typename V::value_type(0))), ...);
}
template <class V, int... I>
SINTER_INLINE void multiply_row(V* sum, V a, const V* b, std::integer_sequence<int, I...>) {
  ((sum[I] = multiply_add(a, b[I], sum[I])), ...);
}

/// c[0 .. rows, 0 .. columns] (+)= a[0 .. rows, 0 .. k] panel, for as many rows as indices and as
/// many columns as are in so many vectors.
template <int Vectors, class T, int... Row>
__attribute__((noinline)) void multiply_tile(std::int64_t k, const T* a, std::int64_t a_row_stride,
                                             std::int64_t a_column_stride, const T* panel,
                                             std::int64_t panel_stride, T* c,
                                             std::int64_t c_row_stride, bool accumulate,
                                             std::integer_sequence<int, Row...>) {
  using tile = product_tile<T>;
  using V = simd<T, tile::lanes>;
  constexpr int n = Vectors;
  constexpr auto across = std::make_integer_sequence<int, n>();
  V sum[sizeof...(Row) * n];
  if (accumulate) {
    (load_row(sum + Row * n, c + Row * c_row_stride, across), ...);
  } else {
    (clear_row(sum + Row * n, across), ...);
  }
  for (std::int64_t p = 0; p < k; ++p) {
    V b[n];
    load_row(b, panel, across);
    (multiply_row(sum + Row * n, V(a[Row * a_row_stride]), b, across), ...);
    a += a_column_stride;
    panel += panel_stride;
  }
  (store_row(sum + Row * n, c + Row * c_row_stride, across), ...);
}

}  // namespace detail

namespace detail {

/// Columns 0 ... columns - 1, whole tiles, of `Rows` rows.
template <int Rows, class T>
inline void multiply_rows(std::int64_t k, const T* a, std::int64_t a_row_stride,
                          std::int64_t a_column_stride, const T* b, std::int64_t b_row_stride,
                          std::int64_t columns, T* c, std::int64_t c_row_stride) {
  using tile = product_tile<T>;
  constexpr int most = Rows == 1 ? 8 : Rows <= 3 ? 4 : tile::vectors;
  constexpr int wide = most > tile::vectors ? most : tile::vectors;
  constexpr auto rows = std::make_integer_sequence<int, Rows>();
  std::int64_t j = 0;
  for (; j + wide * tile::lanes <= columns; j += wide * tile::lanes)
    multiply_tile<wide>(k, a, a_row_stride, a_column_stride, b + j, b_row_stride, c + j,
                        c_row_stride, false, rows);
  for (; j < columns; j += tile::columns)
    multiply_tile<tile::vectors>(k, a, a_row_stride, a_column_stride, b + j, b_row_stride, c + j,
                                 c_row_stride, false, rows);
}

}  // namespace detail

/// How many rows read B where it lies: packed, it would be written and read for one tile.
template <class T> inline constexpr int rows_in_place = product_tile<T>::rows;

/// c = a b for at most `rows_in_place` rows and whole tiles of columns, whose elements lie side by
/// side in `b`: each is read once, in as many vectors as registers allow.
template <class T>
inline void multiply_in_place(std::int64_t rows, std::int64_t k, const T* a,
                              std::int64_t a_row_stride, std::int64_t a_column_stride, const T* b,
                              std::int64_t b_row_stride, std::int64_t columns, T* c,
                              std::int64_t c_row_stride) {
  static_assert(rows_in_place<T> == 6);
  const auto run = [&]<int Rows>() {
    detail::multiply_rows<Rows>(k, a, a_row_stride, a_column_stride, b, b_row_stride, columns, c,
                                c_row_stride);
  };
  switch (rows) {
    case 1: return run.template operator()<1>();
    case 2: return run.template operator()<2>();
    case 3: return run.template operator()<3>();
    case 4: return run.template operator()<4>();
    case 5: return run.template operator()<5>();
    default: return run.template operator()<6>();
  }
}

/// c[i, j] = sum over p of a[i, p] panel[p, j], added to c if `accumulate`, for any number of rows
/// and the tile's full width of columns. A panel need not be packed: rows of B that are as wide as
/// the tile, and used once, may be read in place with their own stride. A row stride of `a` that is
/// a multiple of 2 kB makes its rows fight for the same cache lines: copy such blocks.
template <class T>
inline void multiply_panel(std::int64_t rows, std::int64_t k, const T* a,
                           std::int64_t a_row_stride, std::int64_t a_column_stride,
                           const T* panel, T* c, std::int64_t c_row_stride, bool accumulate,
                           std::int64_t panel_stride = product_tile<T>::columns) {
  const auto tile = [&](auto row_indices) {
    detail::multiply_tile<product_tile<T>::vectors>(k, a, a_row_stride, a_column_stride, panel,
                                                    panel_stride, c, c_row_stride, accumulate,
                                                    row_indices);
  };
  constexpr int height = product_tile<T>::rows;
  static_assert(height <= 6, "multiply_panel: row tails beyond 5 are missing below");
  for (; rows >= height; rows -= height) {
    tile(std::make_integer_sequence<int, height>());
    a += height * a_row_stride;
    c += height * c_row_stride;
  }
  switch (rows) {
    case 1: return tile(std::make_integer_sequence<int, 1>());
    case 2: return tile(std::make_integer_sequence<int, 2>());
    case 3: return tile(std::make_integer_sequence<int, 3>());
    case 4: return tile(std::make_integer_sequence<int, 4>());
    case 5: return tile(std::make_integer_sequence<int, 5>());
    default: return;
  }
}

}  // namespace sinter
