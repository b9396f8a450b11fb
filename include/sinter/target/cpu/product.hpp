// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The core of every matrix product on the CPU: a tile of C kept in registers while K runs past.
/// A is read where it lies. B comes in panels as wide as the tile, packed; or it is read where it
/// lies too, by few rows; or it is packed by the first rows that read it. C is a scratch of the
/// tile's full width, on which the caller's epilogue works while it is in cache. Blocking over K,
/// rows and threads is the caller's. `M` is a multiplier (multiplier.hpp).
///
///   for each block of product_block_k<M> along K, for each panel of product_tile<T>::columns:
///     pack_panel<M>(panel, b, ...);                                       // (k, columns)
///     multiply_panel<M>(rows, k, a, ..., panel, c, c_row_stride, not the first block);
///
/// @accuracy that of the multiplier, terms in the order of k
/// @cost     24 accumulators in flight hide the latency of two fused multiply-adds a cycle
/// @source   register blocking: Goto and van de Geijn 2008, doi:10.1145/1356052.1356053

#include <cstdint>
#include <utility>

#include "sinter/core/config.hpp"
#include "sinter/target/cpu/matrix_unit.hpp"
#include "sinter/target/cpu/multiplier.hpp"
#include "sinter/target/cpu/transpose.hpp"

namespace sinter {

/// The tile: rows x columns of C in registers, `vectors` registers to a row. All accumulators, a
/// row of B and one broadcast of A fit the register file.
template <class T>
struct product_tile {
  static constexpr int rows = 6;
  static constexpr int vectors = vector_registers == 32 ? 4 : 2;
  static constexpr int lanes = native_lanes<T>;
  static constexpr int columns = vectors * lanes;
};
template <class M> using tile_of = product_tile<typename M::sum>;

/// How much of K to take at a time: a panel of it fills an eighth of a megabyte of the second
/// cache, the rows of A beside it fit the first.
template <class M>
inline constexpr std::int64_t product_block_k =
    M::depth * 131072 / (tile_of<M>::columns * static_cast<int>(sizeof(typename M::element)));

/// A matrix where it lies, in elements of T.
template <class T> struct matrix_at {
  const T* data = nullptr;
  std::int64_t row_stride = 0, column_stride = 0;
};

/// The matrix with its elements of a row side by side, `stride` to a row.
template <class T>
inline void copy_matrix(matrix_at<T> from, std::int64_t rows, std::int64_t columns, T* to,
                        std::int64_t stride) {
  if (from.row_stride == 1 && from.column_stride != 1) {
    typedef detail::unsigned_of<sizeof(T)> bits __attribute__((may_alias));
    cpu_target::turn_tile(reinterpret_cast<const bits*>(from.data), from.column_stride, rows,
                          columns, reinterpret_cast<bits*>(to), stride);
    return;
  }
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t k = 0; k < columns; ++k)
      to[i * stride + k] = from.data[i * from.row_stride + k * from.column_stride];
}

/// Rows of elements in a panel of k rows of B, those of padding included.
template <class M> constexpr std::int64_t panel_rows(std::int64_t k) {
  constexpr int whole = M::depth * detail::panel_step<M>();
  return (k + whole - 1) / whole * detail::panel_step<M>();
}

/// Zeros beside `columns` columns of so many rows of a panel.
template <class M>
inline void clear_beside(typename M::element* packed, std::int64_t rows, int columns) {
  constexpr int wide = tile_of<M>::columns;
  for (std::int64_t r = 0; columns < wide && r < rows; ++r)
    for (int j = columns; j < wide; ++j) packed[r * wide + j] = typename M::element(0);
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

}  // namespace detail

/// Packs `columns` columns of k rows of B, with zeros to the tile's width and to the panel's rows.
template <class M>
inline void pack_panel(typename M::element* packed, matrix_at<typename M::source> b,
                       std::int64_t k, int columns) {
  using tile = tile_of<M>;
  using element = typename M::element;
  for (std::int64_t r = (k + M::depth - 1) / M::depth; r < panel_rows<M>(k); ++r)
    clear_beside<M>(packed + r * tile::columns, 1, 0);
  const auto rows_from = [&](std::int64_t p) {
    return static_cast<int>(k - p < M::depth ? k - p : M::depth);
  };
  if (b.column_stride == 1) {
    for (std::int64_t p = 0; p < k; p += M::depth, packed += tile::columns) {
      const auto* from = b.data + p * b.row_stride;
      int j = 0;
      if constexpr (M::depth > 1) {
        constexpr int wide = M::depth * tile::lanes;
        for (; columns - j >= wide && rows_from(p) == M::depth; j += wide) {
          typename M::row all[M::depth];
          M::gather_all(all, from + j, b.row_stride);
          detail::store_row(all, packed + j, std::make_integer_sequence<int, M::depth>());
        }
      }
      for (; j < tile::columns; j += tile::lanes) {
        const int left = columns - j < tile::lanes ? columns - j : tile::lanes;
        if (left == tile::lanes && rows_from(p) == M::depth)
          M::store(M::gather(from + j, b.row_stride), packed + j);
        else if (left > 0)
          M::store(M::gather_first(from + j, b.row_stride, left, rows_from(p)), packed + j);
        else M::store(typename M::row(element(0)), packed + j);
      }
    }
    return;
  }
  // Of a transposed B the elements of a column lie side by side: they are turned in registers.
  if (b.row_stride == 1 && b.column_stride % M::depth == 0 && k % M::depth == 0) {
    typedef detail::unsigned_of<sizeof(element)> bits __attribute__((may_alias));
    cpu_target::turn_tile(reinterpret_cast<const bits*>(b.data), b.column_stride / M::depth,
                          k / M::depth, columns, reinterpret_cast<bits*>(packed), tile::columns);
    clear_beside<M>(packed, k / M::depth, columns);
    return;
  }
  // A few rows of the panel at a time: they stay in cache while columns of B are read along k.
  constexpr std::int64_t few = 16;
  for (std::int64_t first = 0; first < k; first += few * M::depth, packed += few * tile::columns) {
    const std::int64_t left = (k - first + M::depth - 1) / M::depth;
    const std::int64_t rows = left < few ? left : few;
    for (int j = 0; j < columns; ++j) {
      const auto* from = b.data + first * b.row_stride + j * b.column_stride;
      for (std::int64_t r = 0; r < rows; ++r)
        packed[r * tile::columns + j] = M::pack(from + r * M::depth * b.row_stride, b.row_stride,
                                                rows_from(first + r * M::depth));
    }
    clear_beside<M>(packed, rows, columns);
  }
}

namespace detail {

template <class M, int... I>
SINTER_INLINE void gather_row(typename M::row* to, const typename M::source* from,
                              std::int64_t row_stride, std::integer_sequence<int, I...>) {
  constexpr bool at_once = M::depth > 1 && sizeof...(I) % M::depth == 0;
  const auto gather = [&]<int J>() SINTER_LAMBDA {
    const auto* here = from + J * M::row::size;
    if constexpr (!at_once) to[J] = M::gather(here, row_stride);
    else if constexpr (J % M::depth == 0) M::gather_all(to + J, here, row_stride);
  };
  (gather.template operator()<I>(), ...);
}
template <class M, int... I>
SINTER_INLINE void multiply_row(typename M::vector* sum, typename M::element a,
                                const typename M::row* b, std::integer_sequence<int, I...>) {
  ((sum[I] = M::add_product(a, b[I], sum[I])), ...);
}

/// Where a tile finds B, and whether it leaves it packed as it comes by, which costs next to
/// nothing between the multiply-adds.
enum class panel_from : std::uint8_t { packed, in_place, in_place_kept };

/// c[0 .. rows, 0 .. columns] (+)= a[0 .. rows, 0 .. k] b, for as many rows as indices and as many
/// columns as are in so many vectors. k is a multiple of the depth unless B is packed.
template <class M, int Vectors, panel_from From, int... Row>
__attribute__((noinline)) void multiply_tile(std::int64_t k, matrix_at<typename M::source> a,
                                             [[maybe_unused]] matrix_at<typename M::source> b,
                                             [[maybe_unused]] typename M::element* panel,
                                             typename M::sum* c, std::int64_t c_row_stride,
                                             bool accumulate, std::integer_sequence<int, Row...>) {
  using V = typename M::vector;
  constexpr int n = Vectors;
  constexpr auto across = std::make_integer_sequence<int, n>();
  V sum[sizeof...(Row) * n];
  if (accumulate) {
    (load_row(sum + Row * n, c + Row * c_row_stride, across), ...);
  } else {
    (clear_row(sum + Row * n, across), ...);
  }
  const std::int64_t step = M::depth * a.column_stride;
  for (std::int64_t p = 0; p < k; p += M::depth) {
    typename M::row row[n];
    if constexpr (From == panel_from::packed) {
      load_row(row, panel, across);
    } else {
      gather_row<M>(row, b.data, b.row_stride, across);
      b.data += M::depth * b.row_stride;
    }
    if constexpr (From == panel_from::in_place_kept) store_row(row, panel, across);
    if constexpr (From != panel_from::in_place) panel += tile_of<M>::columns;
    (multiply_row<M>(sum + Row * n, M::of_left(a.data + Row * a.row_stride), row, across), ...);
    a.data += step;
  }
  (store_row(sum + Row * n, c + Row * c_row_stride, across), ...);
}

/// f(a pack of `rows` indices), 1 <= rows <= 6.
template <class F> SINTER_INLINE void with_rows(std::int64_t rows, F&& f) {
  switch (rows) {
    case 1: return f(std::make_integer_sequence<int, 1>());
    case 2: return f(std::make_integer_sequence<int, 2>());
    case 3: return f(std::make_integer_sequence<int, 3>());
    case 4: return f(std::make_integer_sequence<int, 4>());
    case 5: return f(std::make_integer_sequence<int, 5>());
    default: return f(std::make_integer_sequence<int, 6>());
  }
}

}  // namespace detail

/// Rows that read B where it lies: packed, it would be written and read for one tile.
inline constexpr int rows_in_place = 6;

/// c = a b for at most `rows_in_place` rows and whole tiles of columns, whose elements lie side by
/// side in `b`: each is read once, in as many vectors as registers allow. k is a multiple of the
/// depth.
template <class M>
inline void multiply_in_place(std::int64_t rows, std::int64_t k, matrix_at<typename M::source> a,
                              matrix_at<typename M::source> b, std::int64_t columns,
                              typename M::sum* c, std::int64_t c_row_stride) {
  using tile = tile_of<M>;
  using detail::panel_from;
  static_assert(rows_in_place <= 6 && tile::rows <= 6, "with_rows knows no more");
  detail::with_rows(rows, [&]<int... Row>(std::integer_sequence<int, Row...> indices) {
    constexpr int count = sizeof...(Row);
    constexpr int most = count == 1 ? 8 : count <= 3 ? 2 * tile::vectors : tile::vectors;
    constexpr int wide = most > tile::vectors ? most : tile::vectors;
    std::int64_t j = 0;
    const auto run = [&]<int Vectors>() {
      const matrix_at<typename M::source> from{b.data + j, b.row_stride, 1};
      detail::multiply_tile<M, Vectors, panel_from::in_place>(k, a, from, nullptr, c + j,
                                                              c_row_stride, false, indices);
    };
    for (; j + wide * tile::lanes <= columns; j += wide * tile::lanes)
      run.template operator()<wide>();
    for (; j < columns; j += tile::columns) run.template operator()<tile::vectors>();
  });
}

namespace detail {

/// multiply_panel by vectors. An odd k of pairs, or one of fours that is no multiple, is read to
/// the end of its last element: A has zeros there in each row.
template <class M>
inline void multiply_panel_in_vectors(std::int64_t rows, std::int64_t k,
                                      matrix_at<typename M::source> a,
                                      const typename M::element* panel, typename M::sum* c,
                                      std::int64_t c_row_stride, bool accumulate) {
  using tile = tile_of<M>;
  for (; rows > 0; rows -= tile::rows) {
    with_rows(rows, [&](auto indices) {
      multiply_tile<M, tile::vectors, panel_from::packed>(
          k, a, {}, const_cast<typename M::element*>(panel), c, c_row_stride, accumulate, indices);
    });
    a.data += tile::rows * a.row_stride;
    c += tile::rows * c_row_stride;
  }
}

}  // namespace detail

/// c[i, j] = sum over p of a[i, p] panel[p, j], added to c if `accumulate`, for any number of rows
/// and the tile's full width of columns. A row stride of `a` that is a multiple of 2 kB makes its
/// rows fight for the same cache lines: copy such blocks. Of a multiplier that takes several
/// elements of K at a time, they lie side by side in `a`, with zeros beyond k to the last of them.
/// `in_unit`: by the matrix unit, if M has one, which has to be permitted.
template <class M>
inline void multiply_panel(std::int64_t rows, std::int64_t k, matrix_at<typename M::source> a,
                           const typename M::element* panel, typename M::sum* c,
                           std::int64_t c_row_stride, bool accumulate,
                           [[maybe_unused]] bool in_unit = false) {
  if constexpr (detail::has_matrix_unit<M>) {
    if (in_unit) {
      detail::multiply_panel_in_tiles<M>(rows, k, a.data, a.row_stride, panel, tile_of<M>::columns,
                                         c, c_row_stride, accumulate);
      return;
    }
  }
  detail::multiply_panel_in_vectors<M>(rows, k, a, panel, c, c_row_stride, accumulate);
}

/// multiply_panel by vectors, for at least as many rows as a tile has, with the panel packed by the
/// first of them: B's columns lie side by side, k is a multiple of the depth.
template <class M>
inline void pack_and_multiply(std::int64_t rows, std::int64_t k, matrix_at<typename M::source> a,
                              matrix_at<typename M::source> b, typename M::element* panel,
                              typename M::sum* c, std::int64_t c_row_stride, bool accumulate) {
  using tile = tile_of<M>;
  detail::multiply_tile<M, tile::vectors, detail::panel_from::in_place_kept>(
      k, a, b, panel, c, c_row_stride, accumulate, std::make_integer_sequence<int, tile::rows>());
  a.data += tile::rows * a.row_stride;
  detail::multiply_panel_in_vectors<M>(rows - tile::rows, k, a, panel,
                                       c + tile::rows * c_row_stride, c_row_stride, accumulate);
}

}  // namespace sinter
