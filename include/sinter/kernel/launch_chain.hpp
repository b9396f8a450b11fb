// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The launch of a chain: as one body where its right operands fit into shared memory, and what it
/// keeps into registers. Else product by product, through the workspace.

#include "sinter/kernel/chain.hpp"
#include "sinter/kernel/cut_sums.hpp"
#include "sinter/kernel/launch_layout.hpp"

namespace sinter::device {

namespace detail {

/// The programs of a kernel of products, the one that multiplies first.
template <class Main, class... Others> struct products_of_kernel {
  using main = static_program<Main>;
  template <int N>
  using product = product_of<
      N, element_t<main::program.product_store[N].type>,
      static_program<program_at<main::program.product_store[N].left, Main, Others...>>,
      static_program<program_at<main::program.product_store[N].right, Main, Others...>>,
      main::program.product_store[N].split>;
};

/// The products of a kernel that has one program which multiplies.
template <class Kernel> struct stage_of;
template <class... Programs> struct stage_of<kernel_programs<Programs...>> {
  using own = products_of_kernel<Programs...>;
  template <int N>
  using product = chain_product<typename own::template product<N>,
                                own::main::program.product_store[N].operands>;
  template <int... N>
  static chain_stage<typename own::main, product<N>...> spell(
      std::integer_sequence<int, N...>);
  using type = decltype(spell(std::make_integer_sequence<int, own::main::sizes.products>{}));
};

}  // namespace detail

/// `Kernel`: a kernel_programs of several products and rows. They run in ranges, each of them one
/// body, as long as shared memory holds their right operands, and registers what they keep; those
/// that are alone, or not fit, are launched as they would be outside of a chain, by `Single<part>`.
template <class Kernel, template <class> class Single> class chain_launch;
template <class... Programs, template <class> class Single>
class chain_launch<kernel_programs<Programs...>, Single> {
  using parts = chain_parts<kernel_programs<Programs...>>;
  static constexpr int count = parts::count;
  template <int S> using part = typename parts::template part<S>;
  template <int S> using stage = typename detail::stage_of<part<S>>::type;

 public:
  // Public, as nvcc spells the types of bodies by these names.
  template <int Begin, int End>
  using values = chain_values<Begin, End, static_program<Programs>...>;
  template <bool Fast, int Down, int Begin, int End> struct body_of {
    template <int... S>
    static chain_body<Fast, Down, values<Begin, End>, stage<Begin + S>...> spell(
        std::integer_sequence<int, S...>);
    using type = decltype(spell(std::make_integer_sequence<int, End - Begin>{}));
  };

  template <class Arguments, class Launcher>
  static void run(const Arguments& arguments, Launcher& launcher) {
    if constexpr (end_of<0, most_shared_bytes>() < count)
      if (launcher.has_shared(most_shared_bytes_sm90))
        return run_from<0, most_shared_bytes_sm90>(arguments, launcher);
    run_from<0, most_shared_bytes>(arguments, launcher);
  }

 private:
  /// Registers that sums and values may take; the others are the epilogues'.
  static constexpr int most_registers = 144;
  /// Tiles of 16 rows to a warp for a range, 0 where there are too few registers even for one. Two
  /// share what is loaded of right operands.
  template <int Begin, int End> static constexpr int down_of() {
    return [&]<int... S>(std::integer_sequence<int, S...>) {
      constexpr const auto& kept = values<Begin, End>::values;
      if ((stage<Begin + S>::count + ...) == 0) return 0;  // rows alone have bodies of their own
      int most = 0;
      for (const int own : {stage<Begin + S>::registers + kept.registers(Begin + S)...})
        if (own > most) most = own;
      return !kept.fits ? 0 : 2 * most <= most_registers ? 2 : most <= most_registers ? 1 : 0;
    }(std::make_integer_sequence<int, End - Begin>{});
  }

  /// Where the range ends that begins with a product.
  template <int Begin, int Shared, int End = Begin + 1> static constexpr int end_of() {
    if constexpr (!stage<Begin>::is_fit || End == count) {
      return End;
    } else if constexpr (!stage<End>::is_fit) {
      return End;
    } else if constexpr (body_of<true, 1, Begin, End + 1>::type::shared_bytes > Shared ||
                         down_of<Begin, End + 1>() == 0) {
      return End;
    } else {
      return end_of<Begin, Shared, End + 1>();
    }
  }

  template <int Begin, int Shared, class Arguments, class Launcher>
  static void run_from(const Arguments& arguments, Launcher& launcher) {
    constexpr int end = end_of<Begin, Shared>();
    if constexpr (end == Begin + 1) Single<part<Begin>>::run(arguments, launcher);
    else launch<Begin, end>(arguments, launcher);
    if constexpr (end < count) run_from<end, Shared>(arguments, launcher);
  }

  template <int Begin, int End, class Arguments, class Launcher>
  static void launch(const Arguments& arguments, Launcher& launcher) {
    constexpr int down = down_of<Begin, End>();
    using fast = typename body_of<true, down, Begin, End>::type;
    using slow = typename body_of<false, down, Begin, End>::type;
    constexpr const auto& first = stage<0>::main::view;
    const chain_shape shape{measure(first, arguments).rows};
    if (shape.rows == 0) return;
    const std::int64_t tiles = ceil_div(shape.rows, fast::tile_rows);
    const std::int64_t grid = tiles < 2 * enough_blocks ? tiles : 2 * enough_blocks;
    const bool wide = (is_wide(arguments, static_program<Programs>::view) || ...);
    const bool aligned = [&]<int... S>(std::integer_sequence<int, S...>) {
      return (stage<Begin + S>::is_aligned(arguments) && ...);
    }(std::make_integer_sequence<int, End - Begin>{});
    if (aligned && !wide) launcher(fast{}, grid, arguments, shape);
    else launcher(slow{}, grid, arguments, shape);
  }
};

}  // namespace sinter::device
