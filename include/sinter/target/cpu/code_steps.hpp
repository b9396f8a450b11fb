// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The instructions of a program, one by one, on the values that `static_code` holds.

#include "sinter/target/cpu/passes.hpp"
#include "sinter/target/cpu/step.hpp"

namespace sinter::cpu_target {

template <class Code> struct code_steps {
  template <int I> using value = typename Code::template value_t<I>;
  template <int I> using scalar = typename Code::template element<I>;

  /// A running fold: down a column lane by lane, along a row across lanes.
  template <int I, bool Tail, class State>
  SINTER_INLINE static void run_on(State& s, std::int64_t c, int n) {
    constexpr instruction i = Code::program.instruction_store[I];
    auto v = Code::template as_operand<i.operand[0], Code::width>(s);
    auto& sum = Code::template acc<I>(s);
    if constexpr (Code::program.folds == fold::column) {
      Code::template reg<I>(s) = sum = folds::combine<i.op>(sum, v);
    } else {
      const value<I> start(folds::neutral<i.op, scalar<I>>());
      if constexpr (Tail) v = math::select(first_lanes<scalar<I>, Code::width>(n), v, start);
      Code::template reg<I>(s) = detail::run_on<i.op, Code::backwards>(
          v, sum, Code::template acc<I, 1>(s), c % (64 * Code::width) == 0);
    }
  }

  template <int I, bool Tail, class State>
  SINTER_INLINE static void compute(State& s, std::int64_t c, int n) {
    constexpr instruction i = Code::program.instruction_store[I];
    constexpr int N = Code::template lanes<I>;
    value<I>& to = Code::template reg<I>(s);
    if constexpr (i.what == code::load) {
      load<I, Tail>(s, c, n);
    } else if constexpr (i.what == code::gather) {
      constexpr leaf l = Code::program.leaf_store[i.attribute];
      constexpr bool apart = varies_along_line(Code::program.view(), i.operand[0]);
      to = detail::gather_lanes<l.type, N, Tail, apart>(
          s.leaf[i.attribute], c, s.args->number(l.stride[Code::program.line()]), n,
          Code::template as_operand<i.operand[0], N>(s), s.args->number(l.index_stride),
          s.args->number(l.index_end));
    } else if constexpr (i.what == code::constant) {
      if constexpr (is_floating(i.type))
        to = value<I>(static_cast<scalar<I>>(__builtin_bit_cast(double, i.attribute)));
      else to = value<I>(static_cast<scalar<I>>(i.attribute));
    } else if constexpr (i.what == code::integer) {
      to = value<I>(static_cast<scalar<I>>(s.args->number(i.attribute)));
    } else if constexpr (i.what == code::iota) {
      if constexpr (i.attribute == Code::program.line())
        to = value<I>::iota() +
             value<I>(static_cast<scalar<I>>(Code::abreast ? s.index[Code::program.line()] : c));
      else to = value<I>(static_cast<scalar<I>>(s.index[i.attribute]));
    } else if constexpr (i.what == code::cast) {
      constexpr lane from = Code::place.kind[i.operand[0]];
      if constexpr (is_mask(from))
        to = convert<scalar<I>>(simd<bool, N>(Code::template as_operand<i.operand[0], N>(s)));
      else to = value<I>(convert<scalar<I>>(Code::template as_operand<i.operand[0], N>(s)));
    } else if constexpr (i.what == code::element) {
      constexpr int a = i.operand[0];
      constexpr int b = i.operand[1] < 0 ? a : i.operand[1];
      constexpr int d = i.operand[2] < 0 ? a : i.operand[2];
      to = detail::apply<i.op, value<I>>(Code::template as_operand<a, N>(s),
                                         Code::template as_operand<b, N>(s),
                                         Code::template as_operand<d, N>(s));
    } else if constexpr (i.what == code::scan) {
      run_on<I, Tail>(s, c, n);
    } else if constexpr (i.what == code::product) {
      to = value<I>::load(static_cast<const scalar<I>*>(s.tile[i.attribute]) + c);
    }
  }

  template <int I, bool Tail, class State>
  SINTER_INLINE static void load(State& s, std::int64_t c, int n) {
    using detail::reading;
    constexpr instruction i = Code::program.instruction_store[I];
    constexpr leaf l = Code::program.leaf_store[i.attribute];
    constexpr int line = Code::program.line();
    constexpr std::int64_t fixed = l.stride[line];
    // A row's folded values are single elements, a column's run along the line.
    constexpr bool uniform = fixed == 0 || (!i.full && Code::program.folds != fold::column);
    const void* base = s.leaf[i.attribute];
    constexpr int N = Code::template lanes<I>;
    value<I>& to = Code::template reg<I>(s);
    if constexpr (l.guarded) {
      if (!s.leaf_inside[i.attribute]) {
        to = value<I>(scalar<I>(0));
        return;
      }
      to = detail::load_guarded<l.type, N>(base, c, s.args->number(fixed), n, l.begin[line],
                                           l.end[line]);
    } else if constexpr (uniform) {
      // Abreast, a column's value for all rows.
      constexpr std::int64_t apart = Code::abreast && i.full ? l.stride[line - 1] : 0;
      const std::int64_t at = apart == 0 ? 0 : c / Code::width * s.args->number(apart);
      to = detail::load_lanes<l.type, N, Tail>(base, at, 1, n, reading::uniform);
    } else if constexpr (fixed == 1) {
      to = detail::load_lanes<l.type, N, Tail>(base, c, 1, n, reading::contiguous);
    } else {
      const bool turned = Code::program.rank > 1 && s.in_tile[i.attribute];
      const std::int64_t stride = s.step != 0 ? s.step : turned ? 1 : s.args->number(fixed);
      const reading how = stride == 1   ? reading::contiguous
                          : s.step == 2 ? reading::every_other
                                        : reading::strided;
      to = detail::load_lanes<l.type, N, Tail>(base, c, stride, n, how);
    }
  }
};

}  // namespace sinter::cpu_target
