// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The launch of a chain: as one body where its right operands fit into shared memory, and what it
/// keeps into registers. Else product by product, through the workspace. What sums over its rows is
/// part of that body where there is room for it, else it has kernels of its own.

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

/// The sum over rows of a kernel that has one such program: what a chain's body has of it.
/// `Type`: of the operands of its products, 16 bits.
template <class Kernel> struct sum_of;
template <class Main, class... Others> struct sum_of<kernel_programs<Main, Others...>> {
  using main = static_program<Main>;
  static constexpr const auto& view = main::view;
  template <int N> static constexpr product at = main::program.product_store[N];

  /// f32 sums of 16-bit operands, or folds in f32.
  static constexpr bool is_fit = [] {
    if (view.family != family::reduce) {
      bool fit = true;
      for (int q = 0; q < view.product_count; ++q)
        fit = fit && view.products[q].type == dtype::f32 &&
              (view.products[q].operands == dtype::bf16 || view.products[q].operands == dtype::f16);
      return fit;
    }
    bool fit = view.rank == view.middle + 1 && view.middle == (view.rank > 1);
    for (int i = 0; i < view.instruction_count; ++i)
      fit = fit && (view.instructions[i].what != code::fold ||
                    view.instructions[i].type == dtype::f32);
    return fit;
  }();

  template <int N>
  using product_at =
      summed_product<N, at<N>.operands, turned_program<program_at<at<N>.left, Main, Others...>>,
                     static_program<program_at<at<N>.right, Main, Others...>>>;
  template <int... N>
  static chain_products<main, product_at<N>...> spell(std::integer_sequence<int, N...>);
  static auto pick() {
    if constexpr (view.folds == fold::column) return chain_folds<main>{};
    else if constexpr (view.family == family::reduce) return chain_whole_folds<main>{};
    else return spell(std::make_integer_sequence<int, main::sizes.products>{});
  }
  using type = decltype(pick());

  template <class Program, class Arguments> static bool is_aligned(const Arguments& arguments) {
    return detail::never_aligned(Program::view, 2) ||
           sinter::device::is_aligned(arguments, Program::view, 2);
  }
  /// Whether pairs of all that it reads of rows are, where that is possible.
  template <class Arguments> static bool is_aligned(const Arguments& arguments) {
    if constexpr (view.family == family::reduce) return is_aligned<main>(arguments);
    return [&]<int... N>(std::integer_sequence<int, N...>) {
      return (true && ... &&
              (is_aligned<turned_program<program_at<at<N>.left, Main, Others...>>>(arguments) &&
               is_aligned<static_program<program_at<at<N>.right, Main, Others...>>>(arguments)));
    }(std::make_integer_sequence<int, main::sizes.products>{});
  }
};

/// The numbers of the sums in a mask.
template <unsigned Mask, int Count> struct sums_in {
  static constexpr int count = __builtin_popcount(Mask);
  int at[Count + 1]{};
  static constexpr sums_in make() {
    sums_in found;
    int next = 0;
    for (int s = 0; s < Count; ++s)
      if (Mask >> s & 1) found.at[next++] = s;
    return found;
  }
};

}  // namespace detail

/// `Kernel`: a kernel_programs of several products and rows. They run in ranges, each of them one
/// body, as long as shared memory holds their right operands, and registers what they keep; those
/// that are alone, or not fit, are launched as they would be outside of a chain, by `Single<part>`.
template <class Kernel, template <class> class Single> class chain_launch;
template <class... Programs, template <class> class Single>
class chain_launch<kernel_programs<Programs...>, Single> {
  using parts = chain_parts<kernel_programs<Programs...>>;
  static constexpr int count = parts::rows;  // what sums over them comes behind
  static constexpr int sum_count = parts::count - count;
  template <int S> using part = typename parts::template part<S>;
  template <int S> using stage = typename detail::stage_of<part<S>>::type;

 public:
  // Public, as nvcc spells the types of bodies by these names.
  template <int Begin, int End, unsigned Sums = 0>
  using values = chain_values<Begin, End, Sums, static_program<Programs>...>;
  template <int S> using sum = detail::sum_of<part<count + S>>;
  template <int Begin, int End, unsigned Sums> struct sums_of {
    static constexpr auto in = detail::sums_in<Sums, sum_count>::make();
    template <int... S>
    static chain_sums<chain_sum<values<Begin, End, Sums>::values.after[in.at[S]] - Begin,
                                typename sum<in.at[S]>::type>...>
        spell(std::integer_sequence<int, S...>);
    using type = decltype(spell(std::make_integer_sequence<int, in.count>{}));
  };
  template <bool Fast, int Down, int Begin, int End, unsigned Sums = 0> struct body_of {
    template <int... S>
    static chain_body<Fast, Down, values<Begin, End, Sums>,
                      typename sums_of<Begin, End, Sums>::type, stage<Begin + S>...>
        spell(std::integer_sequence<int, S...>);
    using type = decltype(spell(std::make_integer_sequence<int, End - Begin>{}));
  };

  template <class Arguments, class Launcher>
  static void run(const Arguments& arguments, Launcher& launcher) {
    if constexpr (takes_sums()) {
      constexpr int bytes = body_of<true, 1, 0, count, fit_sums>::type::shared_bytes;
      if (bytes <= most_shared_bytes || launcher.has_shared(bytes)) {
        launch<0, count, fit_sums>(arguments, launcher);
        run_sums<fit_sums>(arguments, launcher);
        return;
      }
    }
    if constexpr (!always_takes_sums()) {
      run_rows(arguments, launcher);
      run_sums<0>(arguments, launcher);
    }
  }

 private:
  template <class Arguments, class Launcher>
  static void run_rows(const Arguments& arguments, Launcher& launcher) {
    if constexpr (end_of<0, most_shared_bytes>() < count)
      if (launcher.has_shared(most_shared_bytes_sm90))
        return run_from<0, most_shared_bytes_sm90>(arguments, launcher);
    run_from<0, most_shared_bytes>(arguments, launcher);
  }

  /// Registers that sums and values may take; the others are the epilogues'.
  static constexpr int most_registers = 144;
  /// Tiles of 16 rows to a warp for a range, 0 where there are too few registers even for one. Two
  /// share what is loaded of right operands.
  template <int Begin, int End, unsigned Sums = 0> static constexpr int down_of() {
    return [&]<int... S>(std::integer_sequence<int, S...>) {
      constexpr const auto& kept = values<Begin, End, Sums>::values;
      if ((stage<Begin + S>::count + ...) == 0) return 0;  // rows alone have bodies of their own
      int most = 0;
      for (const int own : {stage<Begin + S>::registers + kept.registers(Begin + S)...})
        if (own > most) most = own;
      if (!kept.fits || most > most_registers) return 0;
      return 2 * most <= most_registers && Sums == 0 ? 2 : 1;  // tiles of sums take memory
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

  /// The sums that a body can take beside all products; one has to run after the other else.
  static constexpr unsigned fit_sums = []<int... S>(std::integer_sequence<int, S...>) {
    return (0u | ... | (sum<S>::is_fit ? 1u << S : 0u));
  }(std::make_integer_sequence<int, sum_count>{});
  static constexpr bool takes_sums() {
    constexpr bool fit = []<int... S>(std::integer_sequence<int, S...>) {
      return (stage<S>::is_fit && ...);
    }(std::make_integer_sequence<int, count>{});
    if constexpr (fit_sums == 0 || !fit) return false;
    else if constexpr (down_of<0, count, fit_sums>() == 0) return false;
    else return body_of<true, 1, 0, count, fit_sums>::type::shared_bytes <= most_shared_bytes_sm90;
  }

  /// Whether every architecture has as much shared memory as that takes.
  static constexpr bool always_takes_sums() {
    if constexpr (!takes_sums()) return false;
    else return body_of<true, 1, 0, count, fit_sums>::type::shared_bytes <= most_shared_bytes;
  }

  /// Those that are not in `Done`, as kernels of their own.
  template <unsigned Done, class Arguments, class Launcher>
  static void run_sums(const Arguments& arguments, Launcher& launcher) {
    [&]<int... S>(std::integer_sequence<int, S...>) {
      ([&] {
        if constexpr ((Done >> S & 1) == 0) Single<part<count + S>>::run(arguments, launcher);
      }(), ...);
    }(std::make_integer_sequence<int, sum_count>{});
  }

  template <int Begin, int End, unsigned Sums = 0, class Arguments, class Launcher>
  static void launch(const Arguments& arguments, Launcher& launcher) {
    constexpr int down = down_of<Begin, End, Sums>();
    using fast = typename body_of<true, down, Begin, End, Sums>::type;
    using slow = typename body_of<false, down, Begin, End, Sums>::type;
    constexpr const auto& first = stage<0>::main::view;
    chain_shape shape;
    shape.rows = measure(first, arguments).rows;
    if (shape.rows == 0 && Sums == 0) return;
    const std::int64_t tiles = ceil_div(shape.rows, fast::tile_rows);
    const std::int64_t grid = tiles < 2 * enough_blocks ? tiles : 2 * enough_blocks;
    const bool wide = (is_wide(arguments, static_program<Programs>::view) || ...);
    const bool aligned = [&]<int... S>(std::integer_sequence<int, S...>) {
      return (stage<Begin + S>::is_aligned(arguments) && ...);
    }(std::make_integer_sequence<int, End - Begin>{});
    if constexpr (Sums == 0) {
      if (aligned && !wide) launcher(fast{}, grid, arguments, shape);
      else launcher(slow{}, grid, arguments, shape);
    } else {
      using sums = typename sums_of<Begin, End, Sums>::type;
      shape.parts = grid;
      launcher.scratch(shape, grid * (sums::left_floats / 2), 0);
      const bool all_aligned = aligned && [&]<int... S>(std::integer_sequence<int, S...>) {
        return (((Sums >> S & 1) == 0 || sum<S>::is_aligned(arguments)) && ...);
      }(std::make_integer_sequence<int, sum_count>{});
      if (all_aligned && !wide) {
        if (grid > 0) launcher(fast{}, grid, arguments, shape);
        using end = chain_end_body<true, sums>;
        launcher(end{}, end::blocks, arguments, shape);
      } else {
        if (grid > 0) launcher(slow{}, grid, arguments, shape);
        using end = chain_end_body<false, sums>;
        launcher(end{}, end::blocks, arguments, shape);
      }
    }
  }
};

}  // namespace sinter::device
