// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of several products that follow one another in the same rows: a thread takes a block of
/// rows through all of them. What one gives and the next one reads lies in a scratch of its own,
/// which stays in its cache, unless others read it as well. What is summed over rows is kept for as
/// many of them as the second cache holds, in memory that all threads see, until it is summed up.

#include "sinter/target/cpu/chain_sums.hpp"

namespace sinter::cpu_target {

/// `Buffers`: how many the kernel uses. `Rows`: its contractions, in order; `Sums`: what sums over
/// their rows.
template <int Buffers, class Rows, class Sums> struct chain;

template <class... Stages> struct chain_list {};

template <int Buffers, class... Stages, class... Sums>
struct chain<Buffers, chain_list<Stages...>, chain_list<Sums...>> {
  static constexpr int count = sizeof...(Stages);

  /// The bytes that a row has in each buffer of the scratch; 0 of those that are memory.
  struct row_bytes {
    std::int64_t of[Buffers]{};
    bool summed[Buffers]{};  ///< over rows, later
  };
  static constexpr row_bytes scratch_rows = [] {
    row_bytes rows;
    const auto add = [&](const program_view& p) {
      for (int r = 0; r < p.result_count; ++r)
        if (p.results[r].inside)
          rows.of[p.results[r].buffer] =
              (p.results[r].full ? p.extent[p.line()] : 1) * properties(p.results[r].type).size;
    };
    (add(Stages::main::view()), ...);
    [[maybe_unused]] const auto read = [&](const program_view& p) {
      for (int l = 0; l < p.leaf_count; ++l)
        if (p.leaves[l].inside) rows.summed[p.leaves[l].buffer] = true;
    };
    (Sums::each_program(read), ...);
    return rows;
  }();

  struct all_sizes {
    contract_sizes of[count];
  };
  using pointers = void* [Buffers];

  /// Rows whose summed values are kept at the same time: all, or as many as fit a megabyte.
  static std::int64_t rows_at_once(std::int64_t rows) {
    std::int64_t bytes = 0;
    for (int b = 0; b < Buffers; ++b) bytes += scratch_rows.summed[b] ? scratch_rows.of[b] : 0;
    constexpr std::int64_t most = 1 << 20, step = 128;
    if (sizeof...(Sums) == 0 || rows * bytes <= most) return rows;
    return larger(most / bytes / step, 1) * step;
  }

  /// A block's rows, of all items of a batch as one, are the same for all products. Those that pack
  /// for themselves, all or none.
  static all_sizes measure(const arguments& args) {
    all_sizes z{{Stages::measure(args, true)...}};
    bool own_panels = true;
    std::int64_t tile = 0;
    for (const contract_sizes& s : z.of) {
      own_panels = own_panels && s.own_panels;
      tile = larger(tile, s.tile);
    }
    for (contract_sizes& s : z.of) {
      s.tile = tile;
      if (s.own_panels && !own_panels) s.block_columns = s.padded;
      s.own_panels = own_panels;
    }
    return z;
  }

  /// Cuts so many rows into blocks.
  static void cut(all_sizes& z, std::int64_t rows) {
    for (contract_sizes& s : z.of) {
      const std::int64_t team = threads(), tiles = ceil_div(rows, s.tile);
      s.rows = rows;
      s.row_blocks = smaller(
          s.own_panels ? team : round_up(ceil_div(rows, s.block_rows()), 4 * team), tiles);
    }
  }

  /// Where values are kept until they are summed: row `begin` is where the memory begins.
  static std::int64_t place(pointers& own, char* kept, std::int64_t begin, std::int64_t rows) {
    std::int64_t bytes = 0;
    for (int b = 0; b < Buffers; ++b) {
      const std::int64_t row = scratch_rows.of[b];
      if (row == 0 || !scratch_rows.summed[b]) continue;
      own[b] = before(kept + bytes, row * begin);
      bytes += round_up(row * rows, alignment);
    }
    return bytes;
  }
  static void* before(char* memory, std::int64_t bytes) {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(memory) -
                                   static_cast<std::uintptr_t>(bytes));
  }

  /// One block of rows, through all products.
  static void block(const arguments& args, const all_sizes& z, std::int64_t first,
                    std::int64_t number, char* panels) {
    const std::int64_t begin = first + z.of[0].row_begin(number);
    const std::int64_t end = first + z.of[0].row_begin(number + 1);
    const std::int64_t most = z.of[0].most_rows();
    const auto is_own = [](int b) { return scratch_rows.of[b] > 0 && !scratch_rows.summed[b]; };
    std::int64_t bytes = 0;
    for (int b = 0; b < Buffers; ++b)
      if (is_own(b)) bytes += round_up(scratch_rows.of[b] * most, alignment);
    char* scratch = static_cast<char*>(
        thread_arena<purpose::chain>().reserve(static_cast<std::size_t>(bytes)));
    pointers own;
    for (int b = 0; b < Buffers; ++b) {
      own[b] = args.buffers[b];
      if (!is_own(b)) continue;
      own[b] = before(scratch, scratch_rows.of[b] * begin);
      scratch += round_up(scratch_rows.of[b] * most, alignment);
    }
    const arguments inside{own, args.integers};
    int s = 0;
    (run_stage<Stages>(inside, z.of[s++], begin, end, panels), ...);
  }

  template <class Stage>
  static void run_stage(const arguments& args, const contract_sizes& z, std::int64_t begin,
                        std::int64_t end, char*& panels) {
    for (std::int64_t from = 0; from < z.columns; from += z.block_columns)
      Stage::block(args, z, 0, begin, end, from, smaller(from + z.block_columns, z.columns),
                   panels);
    if (!z.own_panels) panels += Stage::panel_bytes(args, z);
  }

  static void run(const arguments& args) {
    all_sizes z = measure(args);
    chain_rows part{0, 0, z.of[0].rows};
    if (part.all == 0 && sizeof...(Sums) == 0) return;
    const std::int64_t most = rows_at_once(part.all);
    if (most > 0) part.parts = ceil_div(part.all, most);
    pointers own;
    std::int64_t bytes = place(own, nullptr, 0, most), panel_bytes = 0;
    if (part.parts > 1) ((bytes += chain_sum<Sums>::bytes(args, part.parts)), ...);
    int s = 0;
    if (!z.of[0].own_panels) ((panel_bytes += Stages::panel_bytes(args, z.of[s++])), ...);
    char* kept = static_cast<char*>(thread_arena<purpose::kept>().reserve(
        static_cast<std::size_t>(panel_bytes + larger(bytes, 1))));
    char* panels = nullptr;
    if (!z.of[0].own_panels && part.all > 0) {
      panels = kept;
      s = 0;
      ((Stages::pack(args, z.of[s], 0, kept), kept += Stages::panel_bytes(args, z.of[s]), ++s),
       ...);
    }
    for (int b = 0; b < Buffers; ++b) own[b] = args.buffers[b];
    const arguments seen{own, args.integers};
    do {
      part.end = smaller(part.begin + most, part.all);
      cut(z, part.end - part.begin);
      [[maybe_unused]] char* sums = kept + place(own, kept, part.begin, most);
      std::int64_t work = 0;
      s = 0;
      ((work += Stages::work(args, z.of[s++])), ...);
      parallel_for(z.of[0].row_blocks, [&, panels](std::int64_t number) {
        block(seen, z, part.begin, number, panels);
      }, work);
      if (part.parts == 1) (chain_sum<Sums>::run(seen), ...);
      else
        ((chain_sum<Sums>::take(seen, part, sums),
          sums += chain_sum<Sums>::bytes(args, part.parts)), ...);
      part.begin = part.end;
      ++part.number;
    } while (part.begin < part.all);
  }
};

}  // namespace sinter::cpu_target
