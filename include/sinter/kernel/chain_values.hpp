// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a chain keeps in registers between its products. A warp's 16 rows of a result of f16 or
/// bf16, as the accumulators of tensor cores have them, are the left fragments of the next product
/// as they stand: columns 8 j + 2 (lane mod 4) + {0, 1} of rows lane / 4 and lane / 4 + 8.

#include "sinter/kernel/contract_epilogue.hpp"

namespace sinter::device {

/// Which buffers hold such values while the products Begin ... End - 1 of a chain run: those that
/// one of them writes and a later one of them reads, or what sums over their rows there.
/// `Programs`: all of the kernel, as static_program; `Sums`: a bit for each of those that sum over
/// rows, if it does so beside the products.
template <int Begin, int End, unsigned Sums, class... Programs> struct chain_values {
  static constexpr int most = 24, most_sums = 32;
  struct table {
    int count = 0;
    bool fits = true;     ///< all of them are whole rows of 16 bits
    int buffer[most]{};
    int tiles[most]{};    ///< of 8 columns, an even number
    int first[most]{}, last[most]{};  ///< the products between which it is needed
    bool leaves[most]{};              ///< whether products beyond `End` read it, from memory
    int after[most_sums]{};           ///< by sum: the product behind which it takes in rows

    /// Registers of a thread for 16 rows of all values that product `at` reads, leaves, passes by.
    constexpr int registers(int at) const {
      int sum = 0;
      for (int i = 0; i < count; ++i) sum += first[i] <= at && at <= last[i] ? 2 * tiles[i] : 0;
      return sum;
    }
  };
  static constexpr table values = [] {
    table t;
    const program_view* const all[] = {&Programs::view...};
    for (int pass = 0; pass < (Sums != 0 ? 2 : 1); ++pass) {  // the first one finds `after`
      const program_view* const* main = all;
      int reads_at = -1, sum = -1;
      for (const program_view* const& reader : all) {
        if (reader->family != family::map) {
          main = &reader;
          ++reads_at;
          sum += sums_rows(*reader);
        }
        bool turned = false;
        for (int q = 0; sum >= 0 && q < (*main)->product_count; ++q)
          turned = turned || &reader - main == (*main)->products[q].left;
        const bool sums = sum >= 0 && (Sums >> sum & 1) != 0;
        for (int l = 0; l < reader->leaf_count; ++l) {
          const leaf& from = reader->leaves[l];
          if (!from.inside || reads_at < Begin) continue;
          int writes_at = -1, at = -1, tiles = 0;
          bool whole = false;
          std::int64_t columns = 0;
          for (const program_view* writer : all) {
            writes_at += writer->family != family::map;
            for (int r = 0; r < writer->result_count; ++r) {
              const result& to = writer->results[r];
              if (to.buffer != from.buffer) continue;
              at = writes_at;
              whole = to.full && to.type == from.type && to.stride[writer->line()] == 1;
              columns = writer->extent[writer->line()];
              tiles = static_cast<int>((columns + 15) / 16 * 2);
            }
          }
          if (at < Begin || at >= End) continue;
          int i = 0;
          while (i < t.count && t.buffer[i] != from.buffer) ++i;
          if (reads_at >= End && !sums) {
            if (i < t.count) t.leaves[i] = true;
            continue;
          }
          const bool pairs = (from.type == dtype::bf16 || from.type == dtype::f16) && whole;
          if (sums && at > t.after[sum]) t.after[sum] = at;
          if (sums && !pairs) continue;  // its memory is read
          const int axis = turned ? reader->line() - 1 : reader->line();
          t.fits = t.fits && from.stride[axis] == 1 && !from.guarded && !from.indexed && pairs;
          // What a product does not read of a row is multiplied by zeros, which inf does not bear.
          const std::int64_t terms = reader->extent[reader->line()];
          t.fits = t.fits && (sums || reader->family != family::map || terms == columns ||
                              terms % 16 == 0);
          if (i == most) {
            t.fits = false;
            continue;
          }
          const int until = sums ? t.after[sum] : reads_at;
          if (i == t.count || t.last[i] < until) t.last[i] = until;
          if (i < t.count) continue;
          t.buffer[i] = from.buffer;
          t.tiles[i] = tiles;
          t.first[i] = at;
          ++t.count;
        }
      }
    }
    return t;
  }();

  template <int Buffer> static constexpr int number = [] {
    for (int i = 0; i < values.count; ++i)
      if (values.buffer[i] == Buffer) return i;
    return -1;
  }();
  template <int Buffer> static constexpr bool keeps = number<Buffer> >= 0;
  /// Whether a program reads one of them.
  template <class Program> static constexpr bool reads = [] {
    for (int l = 0; l < Program::sizes.leaves; ++l)
      for (int i = 0; i < values.count; ++i)
        if (Program::program.leaf_store[l].buffer == values.buffer[i]) return true;
    return false;
  }();
  /// Tiles of the widest that it reads.
  template <class Program> static constexpr int most_tiles = [] {
    int most = 0;
    for (int l = 0; l < Program::sizes.leaves; ++l)
      for (int i = 0; i < values.count; ++i)
        if (Program::program.leaf_store[l].buffer == values.buffer[i] && values.tiles[i] > most)
          most = values.tiles[i];
    return most;
  }();
  /// Whether a kept value needs no memory, if nobody outside the chain reads it.
  template <int Buffer>
  static constexpr bool stays = keeps<Buffer> && !values.leaves[keeps<Buffer> ? number<Buffer> : 0];
  template <int Number> static constexpr int tiles = values.tiles[Number];

  template <int Number, int Down> struct one {
    std::uint32_t pair[Down][tiles<Number>][2];  ///< by 16 rows, 8 columns, 8 rows
  };
  template <int Down, class Numbers> struct registers_of;
  template <int Down, int... Number>
  struct registers_of<Down, std::integer_sequence<int, Number...>> : one<Number, Down>... {
    template <int Buffer> SINTER_DEVICE auto& of() {
      return static_cast<one<number<Buffer>, Down>&>(*this).pair;
    }
  };
  template <int Down>
  using registers = registers_of<Down, std::make_integer_sequence<int, values.count>>;
};

/// What the epilogue of a chain's product reads and leaves: accumulators and values in registers.
/// A thread's lanes are pairs of neighbours, 8 columns apart: `piece` says which of the row.
template <class Values, int Down, int Lanes, class Accumulators> struct chain_row {
  static constexpr bool in_registers = true;
  using registers = typename Values::template registers<Down>;
  template <int Buffer> static constexpr bool keeps = Values::template keeps<Buffer>;
  template <int Buffer> static constexpr bool stays = Values::template stays<Buffer>;

  Accumulators& sums;
  registers& values;
  int down = 0, half = 0, piece = 0;

  template <int Product, class T, class Index> SINTER_DEVICE T get(Index, int lane) const {
    return static_cast<T>(sums[Product][down][tile_of(lane)][2 * half + lane % 2]);
  }
  template <int Buffer, class T> SINTER_DEVICE T inside(int lane) const {
    const std::uint32_t pair = values.template of<Buffer>()[down][tile_of(lane)][half];
    return __builtin_bit_cast(T, static_cast<std::uint16_t>(pair >> 16 * (lane % 2)));
  }
  /// `lane(k)`: what the thread leaves in lane k.
  template <int Buffer, class Lane> SINTER_DEVICE void keep(Lane&& lane) const {
    SINTER_UNROLL
    for (int k = 0; k < Lanes; k += 2)
      values.template of<Buffer>()[down][tile_of(k)][half] = paired(lane(k), lane(k + 1));
  }

 private:
  SINTER_DEVICE int tile_of(int lane) const { return piece * (Lanes / 2) + lane / 2; }
};

}  // namespace sinter::device
