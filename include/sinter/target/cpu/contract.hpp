// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `contract`: matrix products with what surrounds them. A thread takes blocks of
/// rows and columns: it computes a block of the products into a scratch that fits the cache, and
/// runs the epilogue over its rows as over any rows, folds included. The right operand comes in
/// panels. A block that needs few of them packs them itself, while it multiplies; else all are
/// packed once, for all threads. Operands that are more than memory in the right type are computed
/// on the way in, each element once.

#include "sinter/target/cpu/product_core.hpp"
#include "sinter/target/cpu/row.hpp"

namespace sinter::cpu_target {

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
      left_in_place = left_in_place && core<P>::left_in_place(args, z, inner(args, z, P));
      if (sinter::detail::unit_multiplies<typename core<P>::multiplier>(z.rows)) z.tile = 32;
    });
    // Batches are independent, and the loops inside of them serial.
    const std::int64_t team = z.batch == 1 ? threads() : 1;
    const bool whole_rows = (folds && z.padded > panel) || !left_in_place;
    z.own_panels = !whole_rows && z.rows <= rows_of_own;
    const std::int64_t tiles = ceil_div(z.rows, z.tile), across = z.padded / panel;
    if (!z.own_panels) {
      z.row_blocks = smaller(round_up(ceil_div(z.rows, z.block_rows()), 4 * team), tiles);
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

  /// Calls f(program) for its main program and those of the operands of its products.
  template <class F> static constexpr void each_program(F&& f) {
    f(Main::view());
    (f(Cores::left::view()), ...);
    (f(Cores::right::view()), ...);
  }

  static std::int64_t inner(const arguments& args, const contract_sizes& z, int product) {
    return z.part.count >= 0 ? z.part.count
                             : args.number(Main::program.product_store[product].inner);
  }

  template <int P> using element_of = typename core<P>::element;

  /// Room for the panels of all products, or for a block of one panel of each.
  static std::size_t panel_bytes(const arguments& args, const contract_sizes& z) {
    std::int64_t bytes = 0;
    each([&]<int P>() {
      bytes += z.own_panels ? core<P>::block_bytes : core<P>::packed_bytes(z, inner(args, z, P));
    });
    return static_cast<std::size_t>(bytes);
  }

  /// Packs the right operands of one batch, by all threads.
  static void pack(const arguments& args, const contract_sizes& z, std::int64_t item,
                   char* panels) {
    each([&]<int P>() {
      const std::int64_t k = inner(args, z, P);
      auto* to = reinterpret_cast<element_of<P>*>(panels);
      parallel_for(ceil_div(z.columns, core<P>::tile::columns), [&](std::int64_t number) {
        core<P>::pack(args, z, k, item, number, to);
      }, z.columns * k);
      panels += core<P>::packed_bytes(z, k);
    });
  }

  /// What the sums of all products take, and where those of a block are.
  static std::int64_t bytes_of_sums(const contract_sizes& z) {
    return count * round_up(z.rows * z.padded * 8, alignment);
  }
  static char* sums_of(const contract_sizes& z, int product, std::int64_t begin, std::int64_t end,
                       std::int64_t from) {
    return z.part.sums + product * round_up(z.rows * z.padded * 8, alignment) +
           8 * (begin * z.padded + (end - begin) * from);
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
    const std::int64_t tile_bytes =
        z.part.sums != nullptr ? 0 : round_up(z.most_rows() * width * 8, alignment);
    std::int64_t left_bytes = 0;
    each([&]<int P>() {
      left_bytes = larger(left_bytes, core<P>::left_bytes(z.most_rows(), inner(args, z, P)));
    });
    const std::int64_t own_bytes =
        z.own_panels ? static_cast<std::int64_t>(panel_bytes(args, z)) : 0;
    char* scratch =
        static_cast<char*>(thread_arena<purpose::row>().reserve(static_cast<std::size_t>(
            round_up(buffers, alignment) + count * tile_bytes + left_bytes + own_bytes)));
    char* tiles = scratch + round_up(buffers, alignment);
    char* left = tiles + count * tile_bytes;
    if (z.own_panels) panels = left + left_bytes;
    const auto tile = [&]<int P>() {
      char* const at = z.part.sums != nullptr ? sums_of(z, P, begin, end, from)
                                              : tiles + P * tile_bytes;
      return reinterpret_cast<element<P>*>(at);
    };
    each([&]<int P>() {
      const std::int64_t k = inner(args, z, P);
      constexpr std::int64_t columns = core<P>::tile::columns;
      core<P>::multiply(args, z, k, item, begin, end, from / columns, (from + width) / columns,
                        reinterpret_cast<element_of<P>*>(panels),
                        reinterpret_cast<typename core<P>::source*>(left),
                        tile.template operator()<P>());
      panels += z.own_panels ? core<P>::block_bytes : core<P>::packed_bytes(z, k);
    });
    if (!z.part.last) return;
    typename Main::state s;
    walker<Main> rows(s, args, p.outer() - 1);
    rows.start(item * z.rows + begin);
    for (std::int64_t row = begin; row < end; ++row) {
      if (row > begin) rows.next_row();
      each([&]<int P>() {
        s.tile[P] = tile.template operator()<P>() + (row - begin) * width - from;
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
      const std::int64_t k = inner(args, z, P);
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
    parallel_for(z.row_blocks * z.column_blocks(), [&, panels](std::int64_t t) {
      // Down the rows first: what is packed of B is more than what comes of A, and stays in cache.
      const std::int64_t block_row = t % z.row_blocks, from = t / z.row_blocks * z.block_columns;
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
