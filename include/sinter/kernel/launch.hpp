// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From the programs of a kernel and its run-time numbers to a launch: which body, over how many
/// threads, how many blocks. Host code, the same for every target that runs bodies. A target is a
/// callable
///
///     launcher(body, grid, arguments, shape)
///
/// with
///
///     scratch(part_memory, words, counters)
///
/// which gives blocks that share work a place for their partial results, and counters that are 0,
///
///     has_shared(bytes)
///
/// whether a block can have so many bytes of shared memory, and
///
///     runs<Body, Arguments>()      persistent(body, pieces, boxes, arguments, shape)
///
/// for bodies whose first argument is the maps that a target makes of `boxes`: whether it runs
/// them, and a launch of as many blocks as are useful for so many pieces of work of a cluster.

#include <utility>

#include "sinter/kernel/launch_chain.hpp"
#include "sinter/kernel/launch_contract.hpp"
#include "sinter/kernel/launch_map.hpp"
#include "sinter/kernel/reduce.hpp"
#include "sinter/kernel/row.hpp"
#include "sinter/kernel/scan.hpp"
#include "sinter/kernel/scatter.hpp"

namespace sinter::device {

template <class Programs> class kernel_launch;

template <class Main, class... Others> class kernel_launch<kernel_programs<Main, Others...>> {
 public:
  using program = static_program<Main>;
  using parts = chain_parts<kernel_programs<Main, Others...>>;
  static constexpr const auto& p = program::view;
  static constexpr int pack = detail::pack_of(p);

  /// Whether a launch may ask for scratch.
  static constexpr bool may_need_scratch = p.family == family::reduce || parts::count > 1 ||
                                           p.family == family::contract;

  /// Runs the kernel, unless there is nothing to do.
  template <class Arguments, class Launcher>
  static void run(const Arguments& arguments, Launcher&& launcher) {
    if constexpr (p.family == family::map) {
      map_launch<program, static_program<Others>...>::run(arguments, launcher);
    } else if constexpr (parts::count > 1) {
      chain_launch<kernel_programs<Main, Others...>, sinter::device::kernel_launch>::run(arguments,
                                                                                      launcher);
    } else if constexpr (p.family == family::contract) {
      run_contract(arguments, launcher);
    } else {
      const nest_extents e = measure(p, arguments);
      if (e.rows == 0) return;
      if constexpr (p.family == family::scatter) {
        using body = scatter_body<program>;
        run_threads<body>(arguments, e, body::whole ? e.rows : e.rows * e.line, launcher);
      } else if constexpr (p.family == family::scan) {
        run_threads<scan_body<program>>(arguments, e, e.middle > 0 ? e.rows * e.line : 0, launcher);
      } else if constexpr (p.family == family::row) run_rows(arguments, e, launcher);
      else if constexpr (p.folds != fold::column) run_fold<false>(arguments, e, launcher);
      else if (e.line > 0) run_fold<true>(arguments, e, launcher);
    }
  }

 private:
  template <int N>
  using product_type = typename detail::products_of_kernel<Main, Others...>::template product<N>;

  template <class Arguments> static bool operands_aligned(const Arguments& arguments) {
    const auto aligned = [&](const program_view& operand, int elements) {
      return !detail::reads_packs(operand) || is_aligned(arguments, operand, elements);
    };
    return [&]<int... N>(std::integer_sequence<int, N...>) {
      return (true && ... && (aligned(product_type<N>::left::view, product_type<N>::pack) &&
                              aligned(product_type<N>::right::view, product_type<N>::pack)));
    }(std::make_integer_sequence<int, program::sizes.products>{});
  }

  /// The same of the whole kernel, operands of products included; and whether the compiler knows
  /// that it is not so.
  template <class Arguments> static bool any_wide(const Arguments& arguments) {
    return [&]<int... N>(std::integer_sequence<int, N...>) {
      return is_wide(arguments, p) ||
             (false || ... || (is_wide(arguments, product_type<N>::left::view) ||
                               is_wide(arguments, product_type<N>::right::view)));
    }(std::make_integer_sequence<int, program::sizes.products>{});
  }
  template <int... N> static constexpr bool none_wide(std::integer_sequence<int, N...>) {
    return detail::never_wide(p) &&
           (true && ... && (detail::never_wide(product_type<N>::left::view) &&
                            detail::never_wide(product_type<N>::right::view)));
  }

  /// Calls use<Layout>() with the layout that fits: packs of 16 bytes where memory is aligned, else
  /// as many single elements; indices of 32 bits where they suffice.
  template <int Packs, class Arguments, class Use>
  static void with_layout(const Arguments& arguments, Use&& use) {
    if constexpr (!none_wide(std::make_integer_sequence<int, program::sizes.products>{})) {
      if (any_wide(arguments)) {
        use.template operator()<lane_layout{1, pack * Packs, false, true}>();
        return;
      }
    }
    if constexpr (pack > 1 && !detail::never_aligned(p, pack)) {
      if (is_aligned(arguments, p, pack) && operands_aligned(arguments)) {
        use.template operator()<lane_layout{pack, Packs, true, false}>();
        return;
      }
    }
    use.template operator()<lane_layout{1, pack * Packs, false, false}>();
  }

  template <class Arguments, class Launcher>
  static void run_rows(const Arguments& arguments, const nest_extents& e, Launcher& launcher) {
    const row_shape shape{e.rows, e.middle};
    if constexpr (p.extent[p.line()] >= 0 && p.middle == 0 &&
                  p.extent[p.line()] <= longest_whole_row) {
      // As few threads as hold the row at 16 elements each, and as few elements as then are needed.
      constexpr std::int64_t line = p.extent[p.line()];
      constexpr int across = 1 << detail::ceil_log2(ceil_div(line, 16));
      constexpr int each =
          static_cast<int>(ceil_div(line > 0 ? line : 1, across));
      constexpr int packs = static_cast<int>(ceil_div(each, pack));
      with_layout<packs>(arguments, [&]<lane_layout Layout>() {
        using body = row_body<Layout, across, true, program>;
        launcher(body{}, grid_of(ceil_div(e.rows, body::block_rows)), arguments, shape);
      });
    } else {
      with_layout<1>(arguments, [&]<lane_layout Layout>() {
        if (e.middle * e.line <= 1024) {
          using body = row_body<Layout, 32, false, program>;
          launcher(body{}, grid_of(ceil_div(e.rows, body::block_rows)), arguments, shape);
        } else {
          launcher(row_body<Layout, 512, false, program>{}, grid_of(e.rows), arguments, shape);
        }
      });
    }
  }

  /// A body whose threads each have work of their own, with rows and lines of rows to walk over.
  template <class Body, class Arguments, class Launcher>
  static void run_threads(const Arguments& arguments, const nest_extents& e, std::int64_t threads,
                          Launcher& launcher) {
    const row_shape shape{e.rows, e.middle};
    if (threads > 0)
      launcher(Body{}, grid_of(ceil_div(threads, Body::block_threads)), arguments, shape);
  }

  template <class Arguments, class Launcher>
  static void run_contract(const Arguments& arguments, Launcher& launcher) {
    with_layout<1>(arguments, [&]<lane_layout Layout>() {
      [&]<int... N>(std::integer_sequence<int, N...>) {
        contract_launch<Layout, program, product_type<N>...>::run(arguments, launcher);
      }(std::make_integer_sequence<int, program::sizes.products>{});
    });
  }

  /// Parts depend on extents alone, so sums have the same bits on every device.
  template <bool Columns, class Arguments, class Launcher>
  static void run_fold(const Arguments& arguments, const nest_extents& e, Launcher& launcher) {
    with_layout<1>(arguments, [&]<lane_layout Layout>() {
      reduce_shape shape;
      shape.rows = e.rows;
      shape.middle = e.middle;
      if constexpr (Columns) {
        using body = fold_columns_body<Layout, program>;
        const std::int64_t places = e.rows * ceil_div(e.line, body::tile);
        shape.part = part_of(e.middle, places, 8 * body::high);
        shape.parts = ceil_div(e.middle > 0 ? e.middle : 1, shape.part);
        launch_fold<body>(arguments, shape, places, body::folds * body::tile, launcher);
      } else {
        using body = fold_rows_body<Layout, program>;
        const std::int64_t chunks =
            e.middle * ceil_div(e.line, body::block_threads * Layout.lanes());
        shape.part = part_of(chunks, e.rows, 4);
        shape.parts = ceil_div(chunks > 0 ? chunks : 1, shape.part);
        launch_fold<body>(arguments, shape, e.rows, body::folds, launcher);
      }
    });
  }

  /// How many of `count` steps a part takes: at least `least`, and so many that about a thousand
  /// blocks do the work.
  static std::int64_t part_of(std::int64_t count, std::int64_t places, std::int64_t least) {
    const std::int64_t parts = places < 1024 ? 1024 / places : 1;
    const std::int64_t part = ceil_div(count > 0 ? count : 1, parts);
    return part > least ? part : least;
  }

  template <class Body, class Arguments, class Launcher>
  static void launch_fold(const Arguments& arguments, reduce_shape shape, std::int64_t places,
                          std::int64_t partials, Launcher& launcher) {
    if (shape.parts > 1) launcher.scratch(shape, places * shape.parts * partials, places);
    launcher(Body{}, places * shape.parts, arguments, shape);
  }

  /// 512 threads of 16 elements: with more threads, a thread has too few registers for them.
  static constexpr std::int64_t longest_whole_row = 8192;
};

}  // namespace sinter::device
