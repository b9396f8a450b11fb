// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Short rows, a row in each lane. Tiles of as many rows as a vector has lanes are turned, and are
/// then walked over column by column: no lane is empty, no fold goes across lanes, and what is
/// computed once a row is computed for a vector of rows. A row's bits depend on its own elements,
/// and on the extents alone whether it is walked over in this way.

#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/scratch.hpp"
#include "sinter/target/cpu/transpose.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

template <class Words> struct rows_abreast : static_code<Words, true> {
  using base = static_code<Words, true>;
  using typename base::state;
  using base::program, base::sizes, base::width;

  /// Full values of a pass, for all columns.
  SINTER_INLINE static void columns(state& s, int pass, std::int64_t count) {
    [&]<int... P>(std::integer_sequence<int, P...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(P == pass ? columns_of<P>(s, count) : void(), 0)...};
    }(std::make_integer_sequence<int, program.passes>{});
  }

  /// Accumulators of a pass as values.
  SINTER_INLINE static void settle(state& s, int pass) {
    base::each_fold([&]<int I>() SINTER_LAMBDA {
      if (program.instruction_store[I].stage == pass)
        base::template reg<I>(s) = base::template acc<I>(s);
    });
  }

 private:
  template <int Pass>
  SINTER_INLINE static void columns_of(state& s, std::int64_t count) {
    constexpr int along = program.line() - 1;
    state own = s;  // as in a line
    std::int64_t m = 0;
    const auto column = [&]<int Beside>() SINTER_LAMBDA {
      own.index[along] = m;
      base::template one_pass<Pass, false, Beside>(own, m++ * width, width);
    };
    if constexpr (is_beside(program.view(), Pass)) {
      static_assert(base::vectors_beside == 4);
      base::template clear_beside<Pass>(own);
      while (m + 4 <= count) {
        column.template operator()<0>();
        column.template operator()<1>();
        column.template operator()<2>();
        column.template operator()<3>();
      }
      base::template merge_beside<Pass>(own);
    }
    while (m < count) column.template operator()<0>();
    base::template each_fold_of<Pass>([&]<int I>() SINTER_LAMBDA {
      base::template acc<I>(s) = base::template acc<I>(own);
    });
  }
};

/// Whether rows lie abreast in a call: they are short, enough for a vector, and their elements side
/// by side.
inline bool lie_abreast(const program_view& p, const arguments& args, const nest_extents& n,
                        int lanes) {
  const int line = p.line();
  if (n.line > most_columns_abreast(p) || args.number(p.extent[line - 1]) < lanes) return false;
  for (int l = 0; l < p.leaf_count; ++l)
    if (is_tiled(p, l) && args.number(p.leaves[l].stride[line]) != 1) return false;
  for (int r = 0; r < p.result_count; ++r)
    if (p.results[r].full && args.number(p.results[r].stride[line]) != 1) return false;
  return true;
}

/// Blocks begin ... end - 1 of rows: `Rows` is the program as it is.
template <class Rows, class Code>
void abreast_task(const arguments& args, std::int64_t columns, std::int64_t begin,
                  std::int64_t end) {
  constexpr const auto& program = Rows::program;
  constexpr int line = Rows::view().line(), along = line - 1, lanes = Code::width;
  constexpr int tiles = Code::sizes.leaves + Code::sizes.results + program.row_buffers;
  const std::int64_t extent = args.number(program.extent[along]);
  const std::int64_t blocks = ceil_div(extent, lanes), tile_bytes = columns * lanes * 8;
  const auto bytes = static_cast<std::size_t>(tiles * tile_bytes);
  char* const scratch = static_cast<char*>(thread_arena<purpose::row>().reserve(bytes));
  if (extent % lanes != 0) __builtin_memset(scratch, 0, bytes);  // lanes of no row count as well
  typename Code::state s;
  // f<I>(rows apart, its tile), of leaves that are turned and of results.
  const auto each_leaf = [&](auto&& f) SINTER_LAMBDA {
    [&]<int... L>(std::integer_sequence<int, L...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(([&] {
        if constexpr (is_tiled(Rows::view(), L))
          f.template operator()<L, program.leaf_store[L].type>(
              args.number(program.leaf_store[L].stride[along]), scratch + L * tile_bytes);
      }()), 0)...};
    }(std::make_integer_sequence<int, Code::sizes.leaves>{});
  };
  const auto each_result = [&](auto&& f) SINTER_LAMBDA {
    [&]<int... R>(std::integer_sequence<int, R...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(([&] {
        constexpr result to = program.result_store[R];
        if constexpr (to.full)
          f.template operator()<R, to.type>(args.number(to.stride[along]),
                                            scratch + (Code::sizes.leaves + R) * tile_bytes);
      }()), 0)...};
    }(std::make_integer_sequence<int, Code::sizes.results>{});
  };
  for (std::int64_t t = begin; t < end; ++t) {
    const std::int64_t first = t % blocks * lanes;
    const std::int64_t rows = smaller(lanes, extent - first);
    move(s, Rows::view(), args, t / blocks * extent + first);
    s.index[line] = first;
    s.index[along] = 0;
    each_leaf([&]<int L, dtype Type>(std::int64_t apart, char* tile) {
      turn_tile(lane_bits<Type>(s.leaf[L]), apart, columns, rows, lane_bits<Type>(tile), lanes);
      s.leaf[L] = tile;
    });
    void* into[Code::sizes.results + 1];
    each_result([&]<int R, dtype Type>(std::int64_t, char* tile) {
      into[R] = std::exchange(s.result[R], tile);
    });
    for (int b = 0; b < program.row_buffers; ++b)
      s.row_buffer[b] = scratch + (Code::sizes.leaves + Code::sizes.results + b) * tile_bytes;
    for (int pass = 0; pass < program.passes; ++pass) {
      Code::folded(s, pass, 0, static_cast<int>(rows));
      Code::clear(s, pass);
      Code::columns(s, pass, columns);
      Code::settle(s, pass);
    }
    Code::folded(s, program.passes, 0, static_cast<int>(rows));
    Code::store_folded(s, 0, static_cast<int>(rows));
    each_result([&]<int R, dtype Type>(std::int64_t apart, char* tile) {
      turn_tile(lane_bits<Type>(tile), lanes, rows, columns, lane_bits<Type>(into[R]), apart);
    });
  }
}

template <class Words> void run_rows_abreast(const arguments& args, const nest_extents& n) {
  using code = rows_abreast<Words>;
  using rows = static_code<Words>;
  const std::int64_t extent = args.number(rows::program.extent[rows::view().line() - 1]);
  const std::int64_t blocks = n.rows / extent * ceil_div(extent, code::width);
  const std::int64_t each = ceil_div(grain, n.line * code::width);
  parallel_for(ceil_div(blocks, each), [&](std::int64_t t) {
    abreast_task<rows, code>(args, n.line, t * each, smaller((t + 1) * each, blocks));
  }, n.rows * n.line);
}

}  // namespace sinter::cpu_target
