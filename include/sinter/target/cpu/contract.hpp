// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `contract`: matrix products with what surrounds them. The right operand is
/// packed once into panels; then each thread takes blocks of rows: it computes a block of the
/// products into a scratch that fits the cache, and runs the epilogue over its rows as over any
/// rows, folds included. Operands that are more than memory in the right type are computed on the
/// way in, each element once.

#include "sinter/target/cpu/product.hpp"
#include "sinter/target/cpu/row.hpp"

namespace sinter::cpu_target {

/// A product's operand, as the kernel meets it.
struct matrix_view {
  const void* data = nullptr;
  std::int64_t row_stride = 0, column_stride = 0;
};

/// Whether an operand program does nothing but read memory of the product's type.
template <class Code, class T> constexpr bool is_plain() {
  const program_view p = Code::view();
  return p.instruction_count == 1 && p.instructions[0].what == code::load &&
         !p.leaves[0].guarded && p.leaves[0].type == dtype_of<T>;
}

/// Rows begin ... end - 1 of an operand, columns from ... to - 1, written to a matrix of its own.
template <class Code, class T>
void evaluate_operand(const arguments& args, std::int64_t begin, std::int64_t end,
                      std::int64_t from, std::int64_t to, T* out, std::int64_t stride) {
  const auto& p = Code::view();
  typename Code::state s;
  walker<Code> rows(s, args, p.outer() - 1);
  rows.start(begin);
  for (std::int64_t row = begin; row < end; ++row, out += stride) {
    if (row > begin) rows.next_row();
    s.result[0] = out - from;
    Code::folded(s, 0, 0, Code::width);
    Code::line(s, 0, from, to);
  }
}

/// Where row `row` of a plain operand begins.
template <class Code>
matrix_view view_operand(const arguments& args, std::int64_t row) {
  const auto& p = Code::view();
  typename Code::state s;
  move(s, p, args, row);
  return {s.leaf[0], args.number(p.leaves[0].stride[p.line() - 1]),
          args.number(p.leaves[0].stride[p.line()])};
}

/// How a contraction is cut into pieces.
struct contract_sizes {
  std::int64_t batch = 1, rows = 1, columns = 1;  ///< of each product
  std::int64_t block_rows = 1, block_columns = 1;
  std::int64_t padded = 1;                        ///< columns of all panels
};

/// One product of a kernel: packing its right operand, computing blocks of it.
template <class T, class Left, class Right> struct product_core {
  using tile = product_tile<T>;
  static constexpr bool left_in_place = is_plain<Left, T>();

  static std::int64_t packed_bytes(const contract_sizes& z, std::int64_t inner) {
    return round_up(z.padded * larger(inner, 1) * sizeof(T), alignment);
  }

  /// Whether few rows read B where it lies. Its last columns, fewer than a panel, are packed.
  static bool reads_in_place(const arguments& args, const contract_sizes& z) {
    if constexpr (!is_plain<Right, T>()) return false;
    else return z.rows <= rows_in_place<T> && view_operand<Right>(args, 0).column_stride == 1;
  }

  /// Columns of panel `number`, all of K. Panels are blocked along K, a block of all panels each.
  static void pack(const arguments& args, const contract_sizes& z, std::int64_t inner,
                   std::int64_t item, std::int64_t number, T* packed) {
    const std::int64_t first = number * tile::columns;
    const int columns = static_cast<int>(smaller(tile::columns, z.columns - first));
    for (std::int64_t k = 0; k < inner; k += product_block_k<T>) {
      const std::int64_t depth = smaller(product_block_k<T>, inner - k);
      T* to = packed + k * z.padded + first * depth;
      if constexpr (is_plain<Right, T>()) {
        const matrix_view b = view_operand<Right>(args, item * inner + k);
        pack_panel(to, static_cast<const T*>(b.data) + first * b.column_stride, b.row_stride,
                   b.column_stride, depth, columns);
      } else {
        evaluate_operand<Right>(args, item * inner + k, item * inner + k + depth, first,
                                first + columns, to, tile::columns);
        for (std::int64_t i = 0; i < depth; ++i)
          for (int j = columns; j < tile::columns; ++j) to[i * tile::columns + j] = T(0);
      }
    }
  }

  /// Rows begin ... end - 1 and whole panels from ... to - 1 of the product, into `out`.
  static void multiply(const arguments& args, const contract_sizes& z, std::int64_t inner,
                       std::int64_t item, std::int64_t begin, std::int64_t end,
                       std::int64_t from, std::int64_t to, const T* packed, T* left, T* out) {
    const std::int64_t width = (to - from) * tile::columns;
    matrix_view a{left, inner, 1};
    if constexpr (is_plain<Left, T>()) a = view_operand<Left>(args, item * z.rows + begin);
    else evaluate_operand<Left>(args, item * z.rows + begin, item * z.rows + end, 0, inner, left,
                                inner);
    for (std::int64_t i = 0; inner == 0 && i < (end - begin) * width; ++i) out[i] = T(0);
    if constexpr (is_plain<Right, T>()) {
      const std::int64_t whole = smaller(to, z.columns / tile::columns);
      if (inner > 0 && whole > from && reads_in_place(args, z)) {
        const matrix_view b = view_operand<Right>(args, item * inner);
        multiply_in_place(end - begin, inner, static_cast<const T*>(a.data), a.row_stride,
                          a.column_stride, static_cast<const T*>(b.data) + from * tile::columns,
                          b.row_stride, (whole - from) * tile::columns, out, width);
        out += (whole - from) * tile::columns;
        from = whole;
      }
    }
    for (std::int64_t k = 0; k < inner; k += product_block_k<T>) {
      const std::int64_t depth = smaller(product_block_k<T>, inner - k);
      for (std::int64_t panel = from; panel < to; ++panel)
        multiply_panel(end - begin, depth, static_cast<const T*>(a.data) + k * a.column_stride,
                       a.row_stride, a.column_stride,
                       packed + k * z.padded + panel * tile::columns * depth,
                       out + (panel - from) * tile::columns, width, k > 0);
    }
  }
};

/// A contraction: the main program and, for each product, its cores.
template <class Main, class... Cores> struct contraction {
  static constexpr int count = sizeof...(Cores);
  static constexpr bool folds = Main::view().folds != fold::none;

  template <int P> using core = std::tuple_element_t<P, std::tuple<Cores...>>;
  template <int P> using element = element_t<Main::program.product_store[P].type>;
  /// Columns are padded to whole panels of every product.
  static constexpr std::int64_t panel = [] {
    std::int64_t widest = 1;
    for (const std::int64_t c : {std::int64_t{Cores::tile::columns}...}) widest = larger(widest, c);
    return widest;
  }();

  static contract_sizes measure(const arguments& args) {
    const auto& p = Main::view();
    contract_sizes z;
    for (int a = 0; a + 1 < p.outer(); ++a) z.batch *= args.number(p.extent[a]);
    z.rows = args.number(p.extent[p.outer() - 1]);
    z.columns = args.number(p.extent[p.line()]);
    z.padded = round_up(z.columns, panel);
    // A block of rows is a multiple of the tile's, and there are several blocks for each thread.
    const std::int64_t share = ceil_div(z.batch * z.rows, 4 * std::int64_t{threads()});
    z.block_rows = smaller(larger(round_up(share, 6), 6), 48);
    const bool whole_rows = folds || !(Cores::left_in_place && ...);
    z.block_columns = whole_rows ? z.padded : smaller(z.padded, 4 * panel);
    return z;
  }

  template <class F> SINTER_INLINE static void each(F&& f) {
    [&]<int... P>(std::integer_sequence<int, P...>) {
      (f.template operator()<P>(), ...);
    }(std::make_integer_sequence<int, count>{});
  }

  static std::int64_t inner(const arguments& args, int product) {
    return args.number(Main::program.product_store[product].inner);
  }

  /// Packs the right operands of one batch; `panels` is shared by all threads if `parallel`.
  static void pack(const arguments& args, const contract_sizes& z, std::int64_t item,
                   char* panels) {
    each([&]<int P>() {
      const std::int64_t k = inner(args, P);
      auto* to = reinterpret_cast<element<P>*>(panels);
      const std::int64_t across = core<P>::tile::columns;
      const std::int64_t first = core<P>::reads_in_place(args, z) ? z.columns / across : 0;
      parallel_for(ceil_div(z.columns, across) - first, [&](std::int64_t number) {
        core<P>::pack(args, z, k, item, first + number, to);
      }, (z.columns - first * across) * k);
      panels += core<P>::packed_bytes(z, k);
    });
  }

  /// Computes a block of rows and columns of all products, then the epilogue on it.
  static void block(const arguments& args, const contract_sizes& z, std::int64_t item,
                    std::int64_t begin, std::int64_t end, std::int64_t from, std::int64_t to,
                    const char* panels) {
    const auto& p = Main::view();
    nest_extents n;
    n.line = z.columns;
    const std::int64_t buffers = folds ? p.row_buffers * row_buffer_bytes<Main>(n) : 0;
    const std::int64_t width = round_up(to, panel) - from;
    std::int64_t deepest = 0;
    each([&]<int P>() { deepest = larger(deepest, inner(args, P)); });
    const std::int64_t tile_bytes = z.block_rows * width * 8;
    char* scratch =
        static_cast<char*>(thread_arena<purpose::row>().reserve(static_cast<std::size_t>(
            buffers + count * tile_bytes + z.block_rows * deepest * 8 + alignment)));
    char* tiles = scratch + buffers;
    char* left = tiles + count * tile_bytes;
    each([&]<int P>() {
      const std::int64_t k = inner(args, P);
      constexpr std::int64_t columns = core<P>::tile::columns;
      core<P>::multiply(args, z, k, item, begin, end, from / columns, (from + width) / columns,
                        reinterpret_cast<const element<P>*>(panels),
                        reinterpret_cast<element<P>*>(left),
                        reinterpret_cast<element<P>*>(tiles + P * tile_bytes));
      panels += core<P>::packed_bytes(z, k);
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
        run_row<Main>(s, n, scratch, [](std::int64_t) {});
      } else {
        Main::folded(s, 0, 0, Main::width);
        Main::line(s, 0, from, to);
      }
    }
  }

  /// Work as parallel_for counts it: a multiply-add from registers is cheaper than an element.
  static std::int64_t work(const arguments& args, const contract_sizes& z) {
    std::int64_t sum = 0;
    each([&]<int P>() { sum += z.rows * z.columns * (1 + inner(args, P) / 8); });
    return sum;
  }

  /// All blocks of one batch element, over the threads.
  static void multiply(const arguments& args, const contract_sizes& z, std::int64_t item,
                       const char* panels) {
    const std::int64_t across = ceil_div(z.columns, z.block_columns);
    parallel_for(ceil_div(z.rows, z.block_rows) * across, [&](std::int64_t t) {
      const std::int64_t begin = t / across * z.block_rows, from = t % across * z.block_columns;
      block(args, z, item, begin, smaller(begin + z.block_rows, z.rows), from,
            smaller(from + z.block_columns, z.columns), panels);
    }, work(args, z));
  }

  static void run(const arguments& args) {
    const contract_sizes z = measure(args);
    if (z.batch == 0 || z.rows == 0 || z.columns == 0) return;
    std::int64_t bytes = 0;
    each([&]<int P>() { bytes += core<P>::packed_bytes(z, inner(args, P)); });
    if (z.batch == 1) {
      char* panels = static_cast<char*>(
          thread_arena<purpose::shared>().reserve(static_cast<std::size_t>(bytes)));
      pack(args, z, 0, panels);
      multiply(args, z, 0, panels);
      return;
    }
    // Batches are independent: each thread packs for itself, and the loops inside run serially.
    parallel_for(z.batch, [&](std::int64_t item) {
      char* panels = static_cast<char*>(
          thread_arena<purpose::shared>().reserve(static_cast<std::size_t>(bytes)));
      pack(args, z, item, panels);
      multiply(args, z, item, panels);
    }, z.batch * work(args, z));
  }
};

}  // namespace sinter::cpu_target
