// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `contract`: matrix products with what surrounds them. A thread takes blocks of
/// rows and columns: it computes a block of the products into a scratch that fits the cache, and
/// runs the epilogue over its rows as over any rows, folds included. The right operand comes in
/// panels. A block that needs few of them packs them itself, while it multiplies; else all are
/// packed once, for all threads. Operands that are more than memory in the right type are computed
/// on the way in, each element once.

#include "sinter/target/cpu/operand.hpp"
#include "sinter/target/cpu/row.hpp"

namespace sinter::cpu_target {

/// How a contraction is cut into pieces: blocks of whole tiles of rows, as even as that allows,
/// times blocks of whole panels of columns.
struct contract_sizes {
  std::int64_t batch = 1, rows = 1, columns = 1;  ///< of each product
  std::int64_t row_blocks = 1, block_columns = 1;
  std::int64_t padded = 1;                        ///< columns of all panels
  bool own_panels = false;                        ///< packed by each block for itself
  bool all_items = false;                         ///< of a batch are one, with all their rows

  static constexpr std::int64_t tile = 6;
  std::int64_t row_begin(std::int64_t block) const {
    return smaller(block * ceil_div(rows, tile) / row_blocks * tile, rows);
  }
  std::int64_t most_rows() const {
    return smaller(ceil_div(ceil_div(rows, tile), row_blocks) * tile, rows);
  }
  std::int64_t column_blocks() const { return ceil_div(columns, block_columns); }
};

/// One product of a kernel: packing its right operand, computing blocks of it.
template <class T, class Left, class Right> struct product_core {
  static constexpr bool in_pairs = by_pairs<bf16>::in_hardware && std::is_same_v<T, float> &&
                                   is_plain<Left, bf16>() && is_plain<Right, bf16>();
  using multiplier = std::conditional_t<in_pairs, by_pairs<bf16>, by_elements<T>>;
  using source = typename multiplier::source;
  using element = typename multiplier::element;
  using tile = product_tile<T>;
  static constexpr bool left_plain = is_plain<Left, source>();
  static constexpr bool right_plain = is_plain<Right, source>();
  static_assert(tile::rows == contract_sizes::tile);

  /// The panels of B, each blocked along K, a block of all panels after the other.
  static std::int64_t packed_bytes(const contract_sizes& z, std::int64_t inner) {
    return round_up(z.padded * panel_rows<multiplier>(larger(inner, 1)) * sizeof(element),
                    alignment);
  }
  /// One block of one panel.
  static constexpr std::int64_t block_bytes =
      product_block_k<multiplier> / multiplier::depth * tile::columns * sizeof(element);

  static std::int64_t left_bytes(std::int64_t rows, std::int64_t inner) {
    return round_up(rows * round_up(inner, multiplier::depth) * sizeof(source), alignment);
  }

  /// Whether A is read where it lies.
  static bool left_in_place(const arguments& args, const contract_sizes& z, std::int64_t inner) {
    if constexpr (!left_plain) return false;
    else if (z.all_items && !distance_of_rows<Left>(args).even) return false;
    else if constexpr (multiplier::depth == 1) return true;
    else return inner % multiplier::depth == 0 &&
                view_operand<Left, source>(args, 0).column_stride == 1;
  }
  /// Whether whole panels of B may be read where it lies.
  static bool right_in_place(const arguments& args, std::int64_t inner) {
    if constexpr (!right_plain) return false;
    else return inner % multiplier::depth == 0 &&
                view_operand<Right, source>(args, 0).column_stride == 1;
  }

  /// From row k of B and the first column of panel `number` on.
  static matrix_at<source> right_operand(const arguments& args, std::int64_t inner,
                                         std::int64_t item, std::int64_t number, std::int64_t k) {
    auto b = view_operand<Right, source>(args, item * inner + k);
    b.data += number * tile::columns * b.column_stride;
    return b;
  }

  /// Rows k ... k + depth - 1 of panel `number`.
  static void pack_block(const arguments& args, const contract_sizes& z, std::int64_t inner,
                         std::int64_t item, std::int64_t number, std::int64_t k,
                         std::int64_t depth, element* to) {
    const std::int64_t first = number * tile::columns;
    const int columns = static_cast<int>(smaller(tile::columns, z.columns - first));
    if constexpr (right_plain) {
      pack_panel<multiplier>(to, right_operand(args, inner, item, number, k), depth, columns);
    } else {
      evaluate_operand<Right>(args, item * inner + k, item * inner + k + depth, first,
                              first + columns, to, tile::columns);
      clear_beside<multiplier>(to, depth, columns);
    }
  }

  static element* block_of(element* packed, const contract_sizes& z, std::int64_t number,
                           std::int64_t k, std::int64_t depth) {
    return packed + k / multiplier::depth * z.padded +
           number * tile::columns * panel_rows<multiplier>(depth);
  }

  /// Columns of panel `number`, all of K.
  static void pack(const arguments& args, const contract_sizes& z, std::int64_t inner,
                   std::int64_t item, std::int64_t number, element* packed) {
    for (std::int64_t k = 0; k < inner; k += product_block_k<multiplier>) {
      const std::int64_t depth = smaller(product_block_k<multiplier>, inner - k);
      pack_block(args, z, inner, item, number, k, depth, block_of(packed, z, number, k, depth));
    }
  }

  /// Rows begin ... end - 1 of A, in place or in `left`.
  static matrix_at<source> left_operand(const arguments& args, const contract_sizes& z,
                                        std::int64_t inner, std::int64_t item, std::int64_t begin,
                                        std::int64_t end, source* left) {
    const std::int64_t stride = round_up(inner, multiplier::depth);
    if constexpr (left_plain) {
      const std::int64_t first = item * z.rows + begin;
      auto a = view_operand<Left, source>(args, first);
      if (left_in_place(args, z, inner)) {
        if (z.all_items) a.row_stride = distance_of_rows<Left>(args).stride;
        return a;
      }
      for (std::int64_t i = 0; i < end - begin; ++i) {
        if (z.all_items) a = view_operand<Left, source>(args, first + i);
        const source* from = a.data + (z.all_items ? 0 : i * a.row_stride);
        for (std::int64_t k = 0; k < inner; ++k) left[i * stride + k] = from[k * a.column_stride];
        for (std::int64_t k = inner; k < stride; ++k) left[i * stride + k] = source{};
      }
    } else {
      evaluate_operand<Left>(args, item * z.rows + begin, item * z.rows + end, 0, inner, left,
                             stride);
    }
    return {left, stride, 1};
  }

  /// Rows begin ... end - 1 and whole panels from ... to - 1 of the product, into `out`, whose rows
  /// are as wide. `panels` holds them packed, or has room for a block of one.
  static void multiply(const arguments& args, const contract_sizes& z, std::int64_t inner,
                       std::int64_t item, std::int64_t begin, std::int64_t end,
                       std::int64_t from, std::int64_t to, element* panels, source* left,
                       T* out) {
    const std::int64_t width = (to - from) * tile::columns, rows = end - begin;
    // Beside a wider type's tile, whole panels of this one lie beyond the columns.
    to = smaller(to, ceil_div(z.columns, tile::columns));
    for (std::int64_t i = 0; inner == 0 && i < rows * width; ++i) out[i] = T(0);
    const auto a = left_operand(args, z, inner, item, begin, end, left);
    const std::int64_t whole = z.columns / tile::columns;
    const bool in_place = z.own_panels && inner > 0 && right_in_place(args, inner);
    if constexpr (right_plain) {
      if (in_place && rows <= rows_in_place && from < whole) {
        const auto b = right_operand(args, inner, item, from, 0);
        const std::int64_t columns = (smaller(to, whole) - from) * tile::columns;
        multiply_in_place<multiplier>(rows, inner, a, b, columns, out, width);
        out += columns;
        from = smaller(to, whole);
      }
    }
    for (std::int64_t k = 0; k < inner; k += product_block_k<multiplier>) {
      const std::int64_t depth = smaller(product_block_k<multiplier>, inner - k);
      const matrix_at<source> left_block{a.data + k * a.column_stride, a.row_stride,
                                         a.column_stride};
      for (std::int64_t panel = from; panel < to; ++panel) {
        T* c = out + (panel - from) * tile::columns;
        if constexpr (right_plain) {
          if (in_place && rows > rows_in_place && panel < whole) {
            const auto b = right_operand(args, inner, item, panel, k);
            pack_and_multiply<multiplier>(rows, depth, left_block, b, panels, c, width, k > 0);
            continue;
          }
        }
        element* packed = panels;
        if (z.own_panels) pack_block(args, z, inner, item, panel, k, depth, packed);
        else packed = block_of(packed, z, panel, k, depth);
        multiply_panel<multiplier>(rows, depth, left_block, packed, c, width, k > 0);
      }
    }
  }
};

/// A contraction: the main program and, for each product, its cores; none for rows of a chain.
template <class Main, class... Cores> struct contraction {
  using main = Main;
  static constexpr int count = sizeof...(Cores);
  static constexpr bool folds = Main::view().folds != fold::none;

  template <int P> using core = std::tuple_element_t<P, std::tuple<Cores...>>;
  template <int P> using element = element_t<Main::program.product_store[P].type>;
  /// Columns are padded to whole panels of every product.
  static constexpr std::int64_t panel = [] {
    std::int64_t widest = 1;
    for (const std::int64_t c : {std::int64_t{1}, std::int64_t{Cores::tile::columns}...})
      widest = larger(widest, c);
    return widest;
  }();

  /// Up to so many rows, blocks pack for themselves: A and the sums of a panel stay in the second
  /// cache, and no thread waits for panels of another.
  static constexpr std::int64_t rows_of_own = 192;

  /// `all_items`: rows of all items of a batch are rows of one, as the right operand is the same.
  static contract_sizes measure(const arguments& args, bool all_items = false) {
    const auto& p = Main::view();
    contract_sizes z;
    z.all_items = all_items;
    z.rows = args.number(p.extent[p.outer() - 1]);
    for (int a = 0; a + 1 < p.outer(); ++a)
      (all_items ? z.rows : z.batch) *= args.number(p.extent[a]);
    z.columns = args.number(p.extent[p.line()]);
    if (z.batch == 0 || z.rows == 0 || z.columns == 0) return z;
    z.padded = round_up(z.columns, panel);
    if (count == 0) {  // rows of a chain: whole ones, and no panels
      z.own_panels = true;
      z.block_columns = z.padded;
      return z;
    }
    bool left_in_place = true;
    each([&]<int P>() {
      left_in_place = left_in_place && core<P>::left_in_place(args, z, inner(args, P));
    });
    // Batches are independent, and the loops inside of them serial.
    const std::int64_t team = z.batch == 1 ? threads() : 1;
    const bool whole_rows = (folds && z.padded > panel) || !left_in_place;
    z.own_panels = !whole_rows && z.rows <= rows_of_own;
    const std::int64_t tiles = ceil_div(z.rows, contract_sizes::tile), across = z.padded / panel;
    if (!z.own_panels) {
      z.row_blocks = smaller(round_up(ceil_div(z.rows, 48), 4 * team), tiles);
      z.block_columns = whole_rows ? z.padded : smaller(z.padded, 4 * panel);
    } else if (z.rows <= rows_in_place) {
      z.block_columns = round_up(ceil_div(z.padded, team), panel);
    } else {
      z.block_columns = panel;
      if (across < 4 * team && across % team != 0)
        z.row_blocks = smaller(team, ceil_div(tiles, 2));
    }
    return z;
  }

  template <class F> SINTER_INLINE static void each([[maybe_unused]] F&& f) {
    [&]<int... P>(std::integer_sequence<int, P...>) {
      (f.template operator()<P>(), ...);
    }(std::make_integer_sequence<int, count>{});
  }

  static std::int64_t inner(const arguments& args, int product) {
    return args.number(Main::program.product_store[product].inner);
  }

  template <int P> using element_of = typename core<P>::element;

  /// Room for the panels of all products, or for a block of one panel of each.
  static std::size_t panel_bytes(const arguments& args, const contract_sizes& z) {
    std::int64_t bytes = 0;
    each([&]<int P>() {
      bytes += z.own_panels ? core<P>::block_bytes : core<P>::packed_bytes(z, inner(args, P));
    });
    return static_cast<std::size_t>(bytes);
  }

  /// Packs the right operands of one batch, by all threads.
  static void pack(const arguments& args, const contract_sizes& z, std::int64_t item,
                   char* panels) {
    each([&]<int P>() {
      const std::int64_t k = inner(args, P);
      auto* to = reinterpret_cast<element_of<P>*>(panels);
      parallel_for(ceil_div(z.columns, core<P>::tile::columns), [&](std::int64_t number) {
        core<P>::pack(args, z, k, item, number, to);
      }, z.columns * k);
      panels += core<P>::packed_bytes(z, k);
    });
  }

  /// Computes a block of rows and columns of all products, then the epilogue on it. `panels` is
  /// null where the block packs for itself.
  static void block(const arguments& args, const contract_sizes& z, std::int64_t item,
                    std::int64_t begin, std::int64_t end, std::int64_t from, std::int64_t to,
                    char* panels) {
    const auto& p = Main::view();
    nest_extents n;
    n.line = z.columns;
    const std::int64_t buffers = folds ? p.row_buffers * row_buffer_bytes<Main>(n) : 0;
    const std::int64_t width = round_up(to, panel) - from;
    const std::int64_t tile_bytes = round_up(z.most_rows() * width * 8, alignment);
    std::int64_t left_bytes = 0;
    each([&]<int P>() {
      left_bytes = larger(left_bytes, core<P>::left_bytes(z.most_rows(), inner(args, P)));
    });
    const std::int64_t own_bytes =
        z.own_panels ? static_cast<std::int64_t>(panel_bytes(args, z)) : 0;
    char* scratch =
        static_cast<char*>(thread_arena<purpose::row>().reserve(static_cast<std::size_t>(
            round_up(buffers, alignment) + count * tile_bytes + left_bytes + own_bytes)));
    char* tiles = scratch + round_up(buffers, alignment);
    char* left = tiles + count * tile_bytes;
    if (z.own_panels) panels = left + left_bytes;
    each([&]<int P>() {
      const std::int64_t k = inner(args, P);
      constexpr std::int64_t columns = core<P>::tile::columns;
      core<P>::multiply(args, z, k, item, begin, end, from / columns, (from + width) / columns,
                        reinterpret_cast<element_of<P>*>(panels),
                        reinterpret_cast<typename core<P>::source*>(left),
                        reinterpret_cast<element<P>*>(tiles + P * tile_bytes));
      panels += z.own_panels ? core<P>::block_bytes : core<P>::packed_bytes(z, k);
    });
    typename Main::state s;
    walker<Main> rows(s, args, p.outer() - 1);
    rows.start(item * z.rows + begin);
    for (std::int64_t row = begin; row < end; ++row) {
      if (row > begin) rows.next_row();
      each([&]<int P>() {
        s.tile[P] = reinterpret_cast<element<P>*>(tiles + P * tile_bytes) +
                    (row - begin) * width - from;
      });
      if constexpr (folds) {
        run_row<Main>(s, n, scratch, nullptr, [](std::int64_t) {});
      } else {
        Main::folded(s, 0, 0, Main::width);
        Main::line(s, 0, from, to);
      }
    }
  }

  /// Work as parallel_for counts it: a multiply-add from registers is cheaper than an element, and
  /// so is an element of B that is read on the way.
  static std::int64_t work(const arguments& args, const contract_sizes& z) {
    std::int64_t sum = 0;
    each([&]<int P>() {
      const std::int64_t k = inner(args, P);
      sum += z.columns * (k / 8 + z.rows * (1 + k / 8));
    });
    return sum;
  }

  /// One batch element: its panels where they are shared, then all blocks, over the threads.
  static void multiply(const arguments& args, const contract_sizes& z, std::int64_t item) {
    char* panels = nullptr;
    if (!z.own_panels) {
      panels = static_cast<char*>(thread_arena<purpose::shared>().reserve(panel_bytes(args, z)));
      pack(args, z, item, panels);
    }
    const std::int64_t across = z.column_blocks();
    parallel_for(z.row_blocks * across, [&, panels](std::int64_t t) {
      const std::int64_t block_row = t / across, from = t % across * z.block_columns;
      block(args, z, item, z.row_begin(block_row), z.row_begin(block_row + 1), from,
            smaller(from + z.block_columns, z.columns), panels);
    }, work(args, z));
  }

  static void run(const arguments& args) {
    const contract_sizes z = measure(args);
    if (z.batch == 0 || z.rows == 0 || z.columns == 0) return;
    parallel_for(z.batch, [&](std::int64_t item) { multiply(args, z, item); },
                 z.batch * work(args, z));
  }
};

}  // namespace sinter::cpu_target
