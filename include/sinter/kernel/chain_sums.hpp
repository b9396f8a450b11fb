// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a chain's body sums over its rows. A block keeps sums in shared memory, in f32, while it
/// takes one tile of rows after the other, and leaves them in memory at its end; a second kernel
/// adds up what the blocks have left, in their order, and goes on with what follows the sums. Which
/// rows are whose depends on extents alone, and so do the bits.

#include "sinter/kernel/chain_folds.hpp"

namespace sinter::device {

/// Where the blocks of a chain leave their sums.
struct chain_shape : part_memory {
  std::int64_t rows = 0;   ///< of all items of a batch
  std::int64_t parts = 0;  ///< blocks that left sums
};

/// One of a chain's sums with the product of the chain behind which it takes in the rows of a tile.
template <int After, class Sum> struct chain_sum {
  static constexpr int after = After;
  using sum = Sum;
};

/// All sums that a body takes, in shared memory one behind the other.
template <class... Sums> struct chain_sums {
  static constexpr int count = sizeof...(Sums);
  static constexpr int floats = (0 + ... + Sums::sum::floats);
  /// What a block leaves in memory: pairs of f32, as words of 64 bits.
  static constexpr int left_floats = (0 + ... + Sums::sum::left_floats);
  static constexpr int staged = [] {
    int most = 0;
    for (const int own : {0, Sums::sum::staged...}) most = own > most ? own : most;
    return most;
  }();
  template <int TileRows> static constexpr int shared_bytes = 4 * floats + 2 * TileRows * staged;

  template <class Context, class Shared>
  SINTER_DEVICE static void clear(Context& context, Shared sums) {
    ((Sums::sum::clear(context, sums), sums = sums + Sums::sum::floats), ...);
  }

  /// Takes in the rows of a tile behind product `At`.
  template <int At, bool Fast, int Down, class Values, class Context, class Arguments, class Index,
            class Registers, class Shared, class Staging>
  SINTER_DEVICE static void take(Context& context, const Arguments& arguments, Index rows,
                                 Index row, Registers& values, Shared sums, Staging staging) {
    if constexpr (((Sums::after == At) || ...)) {
      context.sync_warp();  // what the warp's lanes have left in memory
      const auto one = [&]<class Sum>() {
        if constexpr (Sum::after == At)
          Sum::sum::template take<Fast, Down, Values>(context, arguments, rows, row, values, sums,
                                                      staging);
        sums = sums + Sum::sum::floats;
      };
      (one.template operator()<Sums>(), ...);
    }
  }

  template <class Context> SINTER_DEVICE static auto left_by(Context& context,
                                                             const chain_shape& shape) {
    return context.template cast<float>(context.global(
        shape.partial, static_cast<std::size_t>(shape.parts) * (left_floats / 2)));
  }

  template <class Context, class Shared>
  SINTER_DEVICE static void leave(Context& context, const chain_shape& shape, Shared sums) {
    auto to = left_by(context, shape) + context.block_x() * left_floats;
    ((Sums::sum::leave(context, sums, to), sums = sums + Sums::sum::floats,
      to = to + Sums::sum::left_floats), ...);
  }
};

/// The second kernel.
template <bool Fast, class Sums> struct chain_end_body;
template <bool Fast, class... Sums> struct chain_end_body<Fast, chain_sums<Sums...>> {
  static constexpr int block_threads = 256;
  static constexpr int blocks = (0 + ... + Sums::sum::blocks);
  static constexpr int shared_bytes = [] {
    int most = 16;
    for (const int own : {Sums::sum::shared_bytes...}) most = own > most ? own : most;
    return most;
  }();

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, chain_shape shape) const {
    auto partial = chain_sums<Sums...>::left_by(context, shape);
    int block = context.block_x();
    const auto one = [&]<class Sum>() {
      if (block >= 0 && block < Sum::blocks)
        Sum::template finish<Fast>(context, arguments, partial, static_cast<int>(shape.parts),
                                   chain_sums<Sums...>::left_floats, block);
      block -= Sum::blocks;
      partial = partial + Sum::left_floats;
    };
    (one.template operator()<typename Sums::sum>(), ...);
  }
};

}  // namespace sinter::device
