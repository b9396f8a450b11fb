// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The launch of a kernel's maps: how each space is cut into blocks, and whether memory allows
/// packs.

#include "sinter/kernel/launch_layout.hpp"
#include "sinter/kernel/map.hpp"

namespace sinter::device {

template <class... Programs> class map_launch {
 public:
  /// All maps with packs where memory is aligned, or none: two kernels at the most, or a third one
  /// with wide indices.
  template <class Arguments, class Launcher>
  static void run(const Arguments& arguments, Launcher& launcher) {
    if constexpr (!(detail::never_wide(Programs::view) && ...)) {
      if ((is_wide(arguments, Programs::view) || ...))
        return launch<false, true>(arguments, launcher);
    }
    if constexpr ((can_align<Programs> || ...)) {
      if (((!can_align<Programs> || is_aligned(arguments, Programs::view, pack<Programs>)) && ...))
        return launch<true, false>(arguments, launcher);
    }
    launch<false, false>(arguments, launcher);
  }

 private:
  template <class Program> static constexpr int pack = detail::pack_of(Program::view);
  template <class Program>
  static constexpr bool can_align =
      pack<Program> > 1 && !detail::never_aligned(Program::view, pack<Program>);

  template <class Program, bool Aligned, bool Wide>
  static constexpr lane_layout layout = [] {
    constexpr int packs = Program::sizes.instructions <= 24 ? 2 : 1;
    return Aligned && can_align<Program> ? lane_layout{pack<Program>, packs, true, false}
                                         : lane_layout{1, pack<Program> * packs, false, Wide};
  }();

  template <bool Aligned, bool Wide, class Arguments, class Launcher>
  static void launch(const Arguments& arguments, Launcher& launcher) {
    using body = map_body<map_part<layout<Programs, Aligned, Wide>, Programs>...>;
    map_shape<sizeof...(Programs)> shape;
    std::int64_t blocks = 0;
    int at = 0;
    const auto place = [&](const program_view& of, int lanes) {
      const nest_extents e = measure(of, arguments);
      auto& part = shape.parts[at++];
      part.rows = e.rows;
      const int most = detail::ceil_log2(body::block_threads);
      const int wanted = detail::ceil_log2(ceil_div(e.line, lanes));
      part.log_across = wanted < most ? wanted : most;
      const std::int64_t across = std::int64_t{1} << part.log_across;
      blocks += grid_of(ceil_div(e.line, across * lanes) *
                        ceil_div(e.rows, body::block_threads / across));
      part.end = static_cast<int>(blocks);
    };
    (place(Programs::view, layout<Programs, Aligned, Wide>.lanes()), ...);
    if (blocks > 0) launcher(body{}, blocks, arguments, shape);
  }
};

}  // namespace sinter::device
