// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One step of a recurrent cell, traced: what it is given, and what becomes of what it returns.
///
/// A cell is any structure of tensors that is called with an input and a state, and returns the
/// state that follows: cell(x, h), or cell(x, h, c) if the state is a tuple. The first tensor of
/// the state is what goes out at each step, unless the cell returns `emitted{output, state}`.

#include <tuple>
#include <type_traits>
#include <utility>

#include "sinter/tensor/fused.hpp"

namespace sinter {

/// What a cell returns if its output is something else than the first tensor of its state.
template <class Output, class State> struct emitted {
  Output output;
  State state;
};
template <class Output, class State> emitted(Output, State) -> emitted<Output, State>;

namespace detail {

template <class R> inline constexpr bool emits = false;
template <class Output, class State> inline constexpr bool emits<emitted<Output, State>> = true;

/// A structure as a cell takes it: symbols in place of tensors, alone or in tuples.
template <class S> constexpr auto as_symbols(const S& s) {
  if constexpr (is_tensor<S>) return s.traced();
  else if constexpr (tuple_like<S>)
    return std::apply([](const auto&... m) { return std::make_tuple(as_symbols(m)...); }, s);
  else return s;
}

/// Calls a cell with a state whose parts, if it is a tuple, are arguments of their own.
template <class Cell, class State>
constexpr auto call_cell(const Cell& cell, const symbol& x, const State& state) {
  if constexpr (tuple_like<State>)
    return std::apply([&](const auto&... part) { return cell(x, part...); }, state);
  else return cell(x, state);
}

template <class Cell, class State>
inline constexpr bool takes = std::is_invocable_v<const Cell&, const symbol&, const State&>;
template <class Cell, class... Part>
inline constexpr bool takes<Cell, std::tuple<Part...>> =
    std::is_invocable_v<const Cell&, const symbol&, const Part&...>;

/// The values in what a cell returned, in the order of the state's tensors.
template <class R> constexpr void collect_symbols(list<symbol>& into, R& r) {
  if constexpr (is_tensor<R>) into.push_back(as_declared(r));
  else if constexpr (operand<R>) into.push_back(lift(r));
  else visit_members(r, [&](auto& m) { collect_symbols(into, m); });
}

/// A step: the state that follows, and what goes out, which is its first tensor or emitted.
struct step_result {
  list<symbol> state;
  symbol output;
};
template <class R> constexpr step_result unpack_step(R r) {
  step_result result;
  if constexpr (emits<R>) {
    collect_symbols(result.state, r.state);
    result.output = lift(r.output);
  } else {
    collect_symbols(result.state, r);
    result.output = result.state[0];
  }
  return result;
}

/// The state in what a cell returned.
template <class R> constexpr auto state_in(const R& r) {
  if constexpr (emits<R>) return r.state;
  else return r;
}

/// The tensors of a structure as they are at one step, wherever they lie; const if a step may not
/// write them. Strided where they are parts of a view.
template <class S, bool Strided = false> struct moment {
  target::operand_memory at[output_count<std::remove_const_t<S>>()];
};

}  // namespace detail

template <class S, bool Strided> struct operand_traits<detail::moment<S, Strided>> {
  using plain = std::remove_const_t<S>;
  static constexpr plain declare(graph_builder& g) {
    return detail::declare_structure<plain>(g, Strided);
  }
  static constexpr void updates(graph_builder& g, plain& structure, int first) {
    operand_traits<structure_reference<S>>::updates(g, structure, first);
  }
  template <class F> static void visit(F&& f, const detail::moment<S, Strided>& x) {
    for (const target::operand_memory& m : x.at) f(m);
  }
};

namespace detail {

/// One step of a cell, traced. The state that follows is an update of `after`.
template <class Cell, class X, class State> struct forward_step {
  using returned = decltype(call_cell(std::declval<const Cell&>(), symbol{},
                                      as_symbols(std::declval<const State&>())));

  constexpr auto operator()(const Cell& cell, const X& x, const State& before,
                            State& after) const {
    const step_result now = unpack_step(call_cell(cell, x.traced(), as_symbols(before)));
    std::size_t next = 0;
    for_each_tensor([&](auto& t) { t.trace(now.state[next++]); }, after);
    if constexpr (emits<returned>) return now.output;
  }
};

/// A sequence: a tensor or a view whose first axis is time.
template <class Xs> struct sequence_traits;
template <class T, extent_t Time, extent_t... E> struct sequence_traits<tensor<T, Time, E...>> {
  using step = tensor<T, E...>;
  static constexpr extent_t time = Time;
  static constexpr bool strided = false;
};
template <class T, extent_t Time, extent_t... E>
struct sequence_traits<tensor_view<T, Time, E...>> {
  using step = tensor<std::remove_const_t<T>, E...>;
  static constexpr extent_t time = Time;
  static constexpr bool strided = true;
};
template <class Xs>
concept sequence = requires { typename sequence_traits<std::remove_cvref_t<Xs>>::step; };

/// A tensor of one step as one of all of them.
template <extent_t Time, class Step> struct whole_sequence;
template <extent_t Time, class T, extent_t... E> struct whole_sequence<Time, tensor<T, E...>> {
  using type = tensor<T, Time, E...>;
};

/// The first tensor of a structure.
template <class S> constexpr auto first_tensor() {
  if constexpr (is_tensor<S>) return std::type_identity<S>{};
  else if constexpr (std::is_array_v<S>) return first_tensor<std::remove_extent_t<S>>();
  else
    return first_tensor<std::remove_cvref_t<
        std::tuple_element_t<0, decltype(members_of(std::declval<S&>()))>>>();
}

/// The types of a cell's way through a sequence.
template <class Cell, class Xs, class State> struct time_types {
  using sequence = sequence_traits<Xs>;
  using x = typename sequence::step;
  using step = forward_step<Cell, x, State>;
  using call = sinter::call<step, structure_reference<const Cell>,
                            moment<const x, sequence::strided>, moment<const State>,
                            moment<State>>;
  using verdict = typename detail::verdict<call>::type;
  static constexpr bool is_sound = !is_mistaken<verdict>;
  static constexpr bool emits = detail::emits<typename step::returned>;
  static constexpr int parts = output_count<State>();

  static constexpr auto output() {
    if constexpr (emits && is_sound) return std::type_identity<output_tensor<call>>{};
    else return first_tensor<State>();
  }
  using outputs =
      typename whole_sequence<sequence::time, typename decltype(output())::type>::type;
};

}  // namespace detail
}  // namespace sinter
