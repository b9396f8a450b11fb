// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `scatter`: elements are added where their indices say. The elements that may
/// meet lie along the middle axes, or along all of a row; they belong to one thread, which adds
/// them in order, so the sums have the same bits for any number of threads.

#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

/// Sets what a piece of a row may add to, all of its places, to 0.
template <class Code>
void clear_places(const typename Code::state& s, const arguments& args, std::int64_t from,
                  std::int64_t to) {
  const auto each = [&]<int R>() {
    constexpr result r = Code::program.result_store[R];
    using storage = element_t<r.type>;
    const std::int64_t stride = args.number(r.stride[Code::view().line()]);
    const std::int64_t step = args.number(r.index_stride), end = args.number(r.index_end);
    storage* const first = static_cast<storage*>(s.result[R]);
    for (std::int64_t i = 0; i < end; ++i)
      for (std::int64_t c = from; c < (stride == 0 ? from + 1 : to); ++c)
        first[i * step + c * stride] = storage(0);
  };
  [&]<int... R>(std::integer_sequence<int, R...>) {
    (each.template operator()<R>(), ...);
  }(std::make_integer_sequence<int, Code::sizes.results>{});
}

template <class Code> void run_scatter(const arguments& args) {
  const auto& p = Code::view();
  const nest_extents n = measure(p, args);
  if (n.rows == 0) return;
  // A row whose line is among what is folded is one piece. Pieces of others are whole cache lines.
  constexpr bool whole = Code::view().folds == fold::row;
  const std::int64_t wanted = whole ? 1 : ceil_div(4 * threads(), n.rows);
  const std::int64_t piece = whole || n.line == 0 ? larger(n.line, 1)
                                                  : round_up(ceil_div(n.line, wanted), 64);
  const std::int64_t pieces = whole ? 1 : ceil_div(n.line, piece);
  parallel_for(n.rows * pieces, [&](std::int64_t t) {
    const std::int64_t from = t % pieces * piece, to = smaller(from + piece, n.line);
    typename Code::state s;
    walker<Code> walk(s, args, p.middle > 0 ? p.line() - 1 : -1);
    walk.start(t / pieces);
    clear_places<Code>(s, args, from, to);
    for (std::int64_t m = 0; m < n.middle; ++m) {
      if (m > 0) walk.next_line();
      Code::line(s, 0, from, to);
    }
  }, n.rows * n.middle * n.line);
}

}  // namespace sinter::cpu_target
