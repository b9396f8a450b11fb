// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What bodies of `contract` kernels share that leave the sums of a block in shared memory, one
/// tile to a block: parts of sums are added up, and the epilogue runs.

#include "sinter/kernel/contract_epilogue.hpp"

namespace sinter::device {

/// `Whole`: the tile holds whole rows, since the epilogue folds them.
template <lane_layout Layout, int Rows, int Columns, bool Whole, class Main, class... Products>
struct contract_tile : contract_epilogue<Layout, Rows, Columns, Whole, Main, Products...> {
  using epilogue = contract_epilogue<Layout, Rows, Columns, Whole, Main, Products...>;
  using typename epilogue::index, typename epilogue::slot;
  using epilogue::slots;
  static constexpr int block_threads = 256;
  static constexpr int count = sizeof...(Products);
  /// What a block leaves in memory of its part of the tile.
  static constexpr int partial_words = slots * static_cast<int>(sizeof(slot)) / 8;

  template <class Context>
  SINTER_DEVICE static contract_place<index> place_of(Context& context,
                                                      const contract_shape& shape) {
    return place_of_tile<Rows, Columns, Whole>(static_cast<index>(context.block_x()), shape);
  }

  /// The rest of a kernel, once all sums of a block are in its tiles.
  template <class Context, class Arguments, class Flag, class Shared>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments,
                                   const contract_shape& shape, Flag flag, Shared tiles,
                                   const contract_place<index>& at) {
    context.sync();
    if (shape.parts > 1) {
      if (!add_parts(context, shape, flag, tiles, at.part)) return;
      context.sync();
    }
    fold_across<Context, epilogue::threads_of_row> combine(context);
    epilogue::run(context, arguments, shape, tiles, at, context.thread(), block_threads, combine);
  }

 private:
  /// Leaves this part of the tile in memory. The last of the tile's blocks then adds up all parts,
  /// in the order of k, and has the whole tile; the others are done.
  template <class Context, class Flag, class Shared, class Index>
  SINTER_DEVICE static bool add_parts(Context& context, const contract_shape& shape, Flag flag,
                                      Shared tiles, Index part) {
    const Index parts = static_cast<Index>(shape.parts);
    const Index block = context.block_x(), first = block - part;
    const auto partial = context.template cast<slot>(context.global(
        shape.partial, static_cast<std::size_t>(context.grid_x()) * partial_words));
    const auto counter = context.global(
        shape.finished, static_cast<std::size_t>(context.grid_x() / shape.parts));
    each_four_packs(context.thread(), [&]<class T, int N>(int i) {
      SINTER_UNROLL
      for (int k = 0; k < 4; ++k) {
        const int at = i + k * (block_threads * N);
        context.store(context.template cast<pack<T, N>>(partial + (block * slots + at)),
                      context.load(context.template cast<pack<T, N>>(tiles + at)));
      }
    });
    context.sync();
    if (!is_last(context, counter + block / parts, flag, static_cast<unsigned>(parts)))
      return false;
    each_four_packs(context.thread(), [&]<class T, int N>(int i) {
      const auto load = [&](Index p, int k) {
        const auto from = partial + ((first + p) * slots + i + k * (block_threads * N));
        return context.load(context.template cast<pack<T, N>>(from));
      };
      pack<T, N> sum[4];
      SINTER_UNROLL
      for (int k = 0; k < 4; ++k) sum[k] = load(0, k);
      SINTER_ROLLED  // four loads at a time; with more, registers would be short of the products'
      for (Index p = 1; p < parts; ++p) {
        SINTER_UNROLL
        for (int k = 0; k < 4; ++k) {
          const pack<T, N> next = load(p, k);
          SINTER_UNROLL
          for (int n = 0; n < N; ++n) sum[k][n] = static_cast<T>(sum[k][n] + next[n]);
        }
      }
      SINTER_UNROLL
      for (int k = 0; k < 4; ++k)
        context.store(context.template cast<pack<T, N>>(tiles + (i + k * (block_threads * N))),
                      sum[k]);
    });
    return true;
  }

  /// Calls f<T, N>(slot) for a thread's packs of N values of the tiles, 16 bytes where values fill
  /// their slots: for the first of four, which are as far apart as a block reaches.
  template <class F> SINTER_DEVICE static void each_four_packs(int thread, F&& f) {
    (four_packs_of<Products>(thread, f), ...);
  }
  template <class Product, class F> SINTER_DEVICE static void four_packs_of(int thread, F& f) {
    using T = typename Product::value;
    constexpr int size = sizeof(T) == sizeof(slot) ? static_cast<int>(16 / sizeof(T)) : 1;
    constexpr int four = 4 * block_threads * size;
    static_assert(Rows * Columns % four == 0);
    SINTER_ROLLED
    for (int i = thread * size; i < Rows * Columns; i += four)
      f.template operator()<T, size>(Product::number * Rows * Columns + i);
  }
};

}  // namespace sinter::device
