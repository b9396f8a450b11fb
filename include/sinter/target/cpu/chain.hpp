// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of several products that follow one another in the same rows: a thread takes a block of
/// rows through all of them. What one gives and the next one reads lies in a scratch of its own,
/// which stays in its cache, unless others read it as well.

#include "sinter/target/cpu/contract.hpp"

namespace sinter::cpu_target {

/// `Buffers`: how many the kernel uses. `Stages`: its contractions.
template <int Buffers, class... Stages> struct chain {
  static constexpr int count = sizeof...(Stages);

  /// The bytes that a row has in each buffer of the scratch; 0 of those that are memory.
  struct row_bytes {
    std::int64_t of[Buffers]{};
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
    return rows;
  }();

  struct all_sizes {
    contract_sizes of[count];
  };

  /// A block's rows, of all items of a batch as one, are the same for all products. Those that pack
  /// for themselves, all or none.
  static all_sizes measure(const arguments& args) {
    all_sizes z{{Stages::measure(args, true)...}};
    bool own_panels = true;
    contract_sizes widest = z.of[0];
    for (const contract_sizes& s : z.of) {
      own_panels = own_panels && s.own_panels;
      if (s.tile > widest.tile) widest = s;
    }
    const std::int64_t rows = widest.rows, team = threads();
    const std::int64_t tiles = ceil_div(rows, widest.tile);
    const std::int64_t blocks =
        own_panels ? team : round_up(ceil_div(rows, widest.block_rows()), 4 * team);
    for (contract_sizes& s : z.of) {
      s.tile = widest.tile;
      if (s.own_panels && !own_panels) s.block_columns = s.padded;
      s.own_panels = own_panels;
      s.row_blocks = smaller(blocks, tiles);
    }
    return z;
  }

  /// One block of rows, through all products.
  static void block(const arguments& args, const all_sizes& z, std::int64_t number,
                    char* panels) {
    const std::int64_t begin = z.of[0].row_begin(number), end = z.of[0].row_begin(number + 1);
    const std::int64_t most = z.of[0].most_rows();
    std::int64_t bytes = 0;
    for (const std::int64_t row : scratch_rows.of) bytes += round_up(row * most, alignment);
    auto scratch = reinterpret_cast<std::uintptr_t>(
        thread_arena<purpose::chain>().reserve(static_cast<std::size_t>(bytes)));
    // Row `begin` lies where the scratch begins.
    void* own[Buffers];
    for (int b = 0; b < Buffers; ++b) {
      const std::int64_t row = scratch_rows.of[b];
      own[b] = row == 0 ? args.buffers[b]
                        : reinterpret_cast<void*>(scratch - static_cast<std::uintptr_t>(
                                                                row * begin));
      scratch += static_cast<std::uintptr_t>(round_up(row * most, alignment));
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
    const all_sizes z = measure(args);
    if (z.of[0].rows == 0) return;
    char* panels = nullptr;
    std::int64_t work = 0;
    int s = 0;
    ((work += Stages::work(args, z.of[s++])), ...);
    if (!z.of[0].own_panels) {
      s = 0;
      std::size_t bytes = 0;
      ((bytes += Stages::panel_bytes(args, z.of[s++])), ...);
      panels = static_cast<char*>(thread_arena<purpose::shared>().reserve(bytes));
      s = 0;
      char* to = panels;
      ((Stages::pack(args, z.of[s], 0, to), to += Stages::panel_bytes(args, z.of[s]), ++s), ...);
    }
    parallel_for(z.of[0].row_blocks,
                 [&, panels](std::int64_t number) { block(args, z, number, panels); }, work);
  }
};

}  // namespace sinter::cpu_target
