// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From the words of a kernel and its run-time numbers to a launch: which body, over how many
/// threads, how many blocks. Host code, the same for every target that runs bodies. A target is a
/// callable
///
///     launcher(body, grid, arguments, shape)
///
/// with `scratch(bytes, counters)`, which gives a reduce_shape's memory: counters that are 0.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sinter/kernel/contract.hpp"
#include "sinter/kernel/map.hpp"
#include "sinter/kernel/reduce.hpp"
#include "sinter/kernel/row.hpp"

namespace sinter::device {

/// What a kernel's nest is once its run-time numbers are known.
struct nest_extents {
  std::int64_t rows = 1, middle = 1, line = 1;
};

namespace detail {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

constexpr int ceil_log2(std::int64_t x) {
  int log = 0;
  while ((std::int64_t{1} << log) < x) ++log;
  return log;
}

constexpr int floor_power(int x) {
  int power = 1;
  while (2 * power <= x) power *= 2;
  return power;
}

/// The widest element that a pack would hold.
constexpr int widest_element(const program_view& p) {
  int widest = 1;
  for (int l = 0; l < p.leaf_count; ++l)
    if (p.leaves[l].stride[p.line()] == 1 && properties(p.leaves[l].type).size > widest)
      widest = properties(p.leaves[l].type).size;
  for (int r = 0; r < p.result_count; ++r)
    if (p.results[r].stride[p.line()] == 1 && properties(p.results[r].type).size > widest)
      widest = properties(p.results[r].type).size;
  return widest;
}

/// Elements that one access of 16 bytes moves; at most 8, so that narrow types leave registers.
constexpr int pack_of(const program_view& p) {
  const int pack = 16 / widest_element(p);
  return pack > 8 ? 8 : pack;
}

/// Whether alignment is impossible for all that is known to the compiler.
constexpr bool never_aligned(const program_view& p, int pack) {
  const auto breaks = [&](std::int64_t n) { return n >= 0 && n % pack != 0; };
  if (breaks(p.extent[p.line()])) return true;
  for (int l = 0; l < p.leaf_count; ++l) {
    if (p.leaves[l].stride[p.line()] != 1 || p.leaves[l].guarded) continue;
    if (breaks(p.leaves[l].offset)) return true;
    for (int a = 0; a < p.line(); ++a)
      if (breaks(p.leaves[l].stride[a])) return true;
  }
  for (int r = 0; r < p.result_count; ++r)
    for (int a = 0; a < p.line(); ++a)
      if (p.results[r].stride[p.line()] == 1 && breaks(p.results[r].stride[a])) return true;
  return false;
}

/// Whether all extents and strides are known, and small enough for indices of 32 bits.
constexpr bool never_wide(const program_view& p) {
  constexpr std::int64_t limit = INT32_MAX / 2;
  std::int64_t elements = 1;
  for (int a = 0; a < p.rank; ++a) {
    if (p.extent[a] < 0 || p.extent[a] > limit) return false;
    elements *= p.extent[a] > 0 ? p.extent[a] : 1;
    if (elements > limit) return false;
  }
  const auto reaches = [&](const std::int64_t* stride, std::int64_t offset) {
    if (offset < 0) return true;
    for (int a = 0; a < p.rank; ++a) {
      if (stride[a] < 0 || stride[a] > limit) return true;
      offset += p.extent[a] * stride[a];
    }
    return offset > limit;
  };
  for (int l = 0; l < p.leaf_count; ++l)
    if (reaches(p.leaves[l].stride, p.leaves[l].offset)) return false;
  for (int r = 0; r < p.result_count; ++r)
    if (p.results[r].buffer >= 0 && reaches(p.results[r].stride, 0)) return false;
  for (int l = 0; l < p.leaf_count; ++l)
    for (int a = 0; p.leaves[l].guarded && a < p.rank; ++a)
      if (p.leaves[l].begin[a] > limit ||
          (p.leaves[l].end[a] != INT64_MAX && p.leaves[l].end[a] > limit))
        return false;
  return true;
}

}  // namespace detail

template <word... W> class kernel_launch {
  static constexpr word words[] = {W...};

  template <int Number, int... I>
  static static_program<words[program_begin(words, Number) + I]...> program_at(
      std::integer_sequence<int, I...>);
  template <int Number>
  using program_of = decltype(program_at<Number>(
      std::make_integer_sequence<int, encoded_length(words + program_begin(words, Number))>{}));

 public:
  using program = program_of<0>;
  static constexpr const auto& p = program::view;
  static constexpr int pack = detail::pack_of(p);

  /// Runs the kernel, unless there is nothing to do.
  template <class Arguments, class Launcher>
  static void run(const Arguments& arguments, Launcher&& launcher) {
    const nest_extents e = measure(arguments);
    if constexpr (p.family == family::map) {
      if (e.rows > 0 && e.line > 0) run_map(arguments, e, launcher);
    } else if constexpr (p.family == family::row) {
      if (e.rows > 0) run_rows(arguments, e, launcher);
    } else if constexpr (p.family == family::contract) {
      run_contract(arguments, launcher);
    } else if constexpr (p.folds == fold::column) {
      if (e.rows > 0 && e.line > 0) run_fold<true>(arguments, e, launcher);
    } else {
      if (e.rows > 0) run_fold<false>(arguments, e, launcher);
    }
  }

 private:
  template <int N>
  using product_type = product_of<N, element_t<program::program.product_store[N].type>,
                                  program_of<program::program.product_store[N].left>,
                                  program_of<program::program.product_store[N].right>>;

  template <class Arguments> static nest_extents measure(const Arguments& arguments) {
    nest_extents e;
    for (int a = 0; a < p.outer(); ++a) e.rows *= arguments.number(p.extent[a]);
    for (int a = p.outer(); a < p.line(); ++a) e.middle *= arguments.number(p.extent[a]);
    e.line = arguments.number(p.extent[p.line()]);
    return e;
  }

  /// Whether all packs of a program are aligned: addresses, offsets, strides and the line itself.
  template <class Arguments>
  static bool is_aligned(const Arguments& arguments, const program_view& of, int elements) {
    const auto fits = [&](std::int64_t n) { return arguments.number(n) % elements == 0; };
    const auto aligned = [&](int buffer, dtype type) {
      const auto address = reinterpret_cast<std::uintptr_t>(arguments.address[buffer]);
      return address % static_cast<std::uintptr_t>(elements * properties(type).size) == 0;
    };
    bool all = fits(of.extent[of.line()]);
    for (int l = 0; l < of.leaf_count && all; ++l) {
      const leaf& from = of.leaves[l];
      if (from.stride[of.line()] != 1 || from.guarded) continue;
      all = aligned(from.buffer, from.type) && fits(from.offset);
      for (int a = 0; a < of.line(); ++a) all = all && fits(from.stride[a]);
    }
    for (int r = 0; r < of.result_count && all; ++r) {
      const result& to = of.results[r];
      if (to.stride[of.line()] != 1 || to.buffer < 0) continue;
      all = aligned(to.buffer, to.type);
      for (int a = 0; a < of.line(); ++a) all = all && fits(to.stride[a]);
    }
    return all;
  }

  template <class Arguments> static bool operands_aligned(const Arguments& arguments) {
    bool all = true;
    [&]<int... N>(std::integer_sequence<int, N...>) {
      ((all = all &&
              is_aligned(arguments, product_type<N>::left::view, product_type<N>::pack) &&
              is_aligned(arguments, product_type<N>::right::view, product_type<N>::pack)),
       ...);
    }(std::make_integer_sequence<int, program::sizes.products>{});
    return all;
  }

  /// Whether an index of a program may exceed 31 bits.
  template <class Arguments>
  static bool is_wide(const Arguments& arguments, const program_view& of) {
    constexpr std::int64_t limit = INT32_MAX / 2;  // loops may step beyond the last index
    double elements = 1;
    for (int a = 0; a < of.rank; ++a)
      elements *= static_cast<double>(arguments.number(of.extent[a]));
    const auto reaches = [&](const std::int64_t* stride, std::int64_t offset) {
      double reach = std::abs(static_cast<double>(offset));
      for (int a = 0; a < of.rank; ++a)
        reach += static_cast<double>(arguments.number(of.extent[a])) *
                 std::abs(static_cast<double>(arguments.number(stride[a])));
      return reach > static_cast<double>(limit);
    };
    bool wide = elements > static_cast<double>(limit);
    for (int l = 0; l < of.leaf_count && !wide; ++l) {
      const leaf& from = of.leaves[l];
      wide = reaches(from.stride, arguments.number(from.offset));
      for (int a = 0; from.guarded && a < of.rank; ++a)
        wide = wide || from.begin[a] > limit || (from.end[a] != INT64_MAX && from.end[a] > limit);
    }
    for (int r = 0; r < of.result_count && !wide; ++r)
      wide = of.results[r].buffer >= 0 && reaches(of.results[r].stride, 0);
    return wide;
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
  static void run_map(const Arguments& arguments, const nest_extents& e, Launcher& launcher) {
    constexpr int packs = program::sizes.instructions <= 24 ? 2 : 1;
    with_layout<packs>(arguments, [&]<lane_layout Layout>() {
      using body = map_body<Layout, W...>;
      map_shape shape;
      shape.rows = e.rows;
      const int most = detail::ceil_log2(body::block_threads);
      const int wanted = detail::ceil_log2(detail::ceil_div(e.line, Layout.lanes()));
      shape.log_across = wanted < most ? wanted : most;
      const std::int64_t across = std::int64_t{1} << shape.log_across;
      const std::int64_t tiles = detail::ceil_div(e.line, across * Layout.lanes()) *
                                 detail::ceil_div(e.rows, body::block_threads / across);
      launcher(body{}, grid_of(tiles), arguments, shape);
    });
  }

  template <class Arguments, class Launcher>
  static void run_rows(const Arguments& arguments, const nest_extents& e, Launcher& launcher) {
    const row_shape shape{e.rows, e.middle};
    if constexpr (p.extent[p.line()] >= 0 && p.middle == 0 &&
                  p.extent[p.line()] <= longest_whole_row) {
      // As few threads as hold the row at 16 elements each, and as few elements as then are needed.
      constexpr std::int64_t line = p.extent[p.line()];
      constexpr int across = 1 << detail::ceil_log2(detail::ceil_div(line, 16));
      constexpr int each =
          static_cast<int>(detail::ceil_div(line > 0 ? line : 1, across));
      constexpr int packs = static_cast<int>(detail::ceil_div(each, pack));
      with_layout<packs>(arguments, [&]<lane_layout Layout>() {
        using body = row_body<Layout, across, true, W...>;
        launcher(body{}, grid_of(detail::ceil_div(e.rows, body::block_rows)), arguments, shape);
      });
    } else {
      with_layout<1>(arguments, [&]<lane_layout Layout>() {
        if (e.middle * e.line <= 1024) {
          using body = row_body<Layout, 32, false, W...>;
          launcher(body{}, grid_of(detail::ceil_div(e.rows, body::block_rows)), arguments, shape);
        } else {
          launcher(row_body<Layout, 512, false, W...>{}, grid_of(e.rows), arguments, shape);
        }
      });
    }
  }

  template <lane_layout Layout, int Rows, int Columns, bool Whole, int... N>
  static contract_body<Layout, Rows, Columns, Whole, program, product_type<N>...> contract_of(
      std::integer_sequence<int, N...>);

  /// Whole rows are known to the compiler; the wider they and their products are, the fewer fit
  /// into the shared memory of a block.
  static constexpr bool folds_tile = p.folds != fold::none;
  static constexpr std::int64_t tile_line = folds_tile ? p.extent[p.line()] : 64;
  static constexpr int tile_rows = [] {
    std::int64_t slot = 4;
    for (int q = 0; q < p.product_count; ++q)
      if (properties(p.products[q].type).size > 4) slot = 8;
    int rows = 64;
    while (rows > 8 && rows * tile_line * p.product_count * slot > 96 * 1024) rows /= 2;
    return rows;
  }();
  static constexpr int tile_piece = 4 * 256 / (tile_rows / 4);
  static constexpr int tile_columns =
      static_cast<int>(detail::ceil_div(tile_line > 0 ? tile_line : 1, tile_piece)) * tile_piece;
  template <lane_layout Layout>
  using contract_type = decltype(contract_of<Layout, tile_rows, tile_columns, folds_tile>(
      std::make_integer_sequence<int, program::sizes.products>{}));

  template <class Arguments, class Launcher>
  static void run_contract(const Arguments& arguments, Launcher& launcher) {
    nest_extents e;
    std::int64_t batch = 1;
    for (int a = 0; a + 1 < p.outer(); ++a) batch *= arguments.number(p.extent[a]);
    contract_shape shape;
    shape.rows = arguments.number(p.extent[p.outer() - 1]);
    shape.columns = e.line = arguments.number(p.extent[p.line()]);
    e.rows = batch * shape.rows;
    if (e.rows == 0 || e.line == 0) return;
    for (int q = 0; q < p.product_count; ++q)
      shape.inner[q] = arguments.number(p.products[q].inner);
    with_layout<1>(arguments, [&]<lane_layout Layout>() {
      const std::int64_t down = detail::ceil_div(shape.rows, tile_rows);
      const std::int64_t across = folds_tile ? 1 : detail::ceil_div(shape.columns, tile_columns);
      launcher(contract_type<Layout>{}, batch * down * across, arguments, shape);
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
        using body = fold_columns_body<Layout, W...>;
        const std::int64_t places = e.rows * detail::ceil_div(e.line, body::tile);
        shape.part = part_of(e.middle, places, 8 * body::high);
        shape.parts = detail::ceil_div(e.middle > 0 ? e.middle : 1, shape.part);
        launch_fold<body>(arguments, shape, places, body::folds * body::tile, launcher);
      } else {
        using body = fold_rows_body<Layout, W...>;
        const std::int64_t chunks =
            e.middle * detail::ceil_div(e.line, body::block_threads * Layout.lanes());
        shape.part = part_of(chunks, e.rows, 4);
        shape.parts = detail::ceil_div(chunks > 0 ? chunks : 1, shape.part);
        launch_fold<body>(arguments, shape, e.rows, body::folds, launcher);
      }
    });
  }

  /// How many of `count` steps a part takes: at least `least`, and so many that about a thousand
  /// blocks do the work.
  static std::int64_t part_of(std::int64_t count, std::int64_t places, std::int64_t least) {
    const std::int64_t parts = places < 1024 ? 1024 / places : 1;
    const std::int64_t part = detail::ceil_div(count > 0 ? count : 1, parts);
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
  static constexpr std::int64_t most_blocks = 65536;
  static std::int64_t grid_of(std::int64_t tiles) {
    return tiles < most_blocks ? tiles : most_blocks;
  }
};

}  // namespace sinter::device
