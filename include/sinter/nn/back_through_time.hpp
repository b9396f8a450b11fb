// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The gradient of what forward_through_time did: the steps in reverse, each of one plan, which
/// computes the step again from the state before it, and adds to the cell's gradient in place. The
/// gradient of a step is that of sum(outputs * d_outputs) + sum(state * d_state), where d_state is
/// what the later steps found.

#include "sinter/nn/through_time.hpp"
#include "sinter/ops/reduction.hpp"

namespace sinter {

/// Gradients of a cell along a sequence. Integers have none: theirs are 0, and for a sequence of
/// them `inputs` holds nothing.
template <class Cell, class State, class Inputs> struct time_gradient {
  Cell cell;      ///< the sum over all steps
  State state;    ///< of the state before the first step
  Inputs inputs;  ///< [time, ...]
};

namespace detail {

/// All that a step has a gradient of.
template <class Cell, class X, class State> struct step_operands {
  Cell cell;
  X x;
  State state;
  constexpr auto members() { return std::tie(cell, x, state); }
  constexpr auto members() const { return std::tie(cell, x, state); }
};

/// The gradient of one step: `total` grows by the cell's, d_before and d_x are overwritten.
template <class Cell, class X, class State, class Output> struct backward_step {
  constexpr void operator()(const Cell& cell, const X& x, const State& before,
                            const Output& d_output, const State& d_after, Cell& total,
                            State& d_before, auto&... d_x) const {
    step_operands<Cell, X, State> all{cell, x, before};
    const step_result now = unpack_step(call_cell(all.cell, all.x.traced(), as_symbols(all.state)));
    symbol loss = sum(now.output * d_output.traced());
    std::size_t next = 0;
    for_each_symbol(
        [&](const symbol& d) {
          const symbol value = now.state[next++];
          if (is_floating(value.type())) loss = loss + sum(value * d);
        },
        d_after);
    const auto d = gradient(loss, all);
    for_each_symbol([](symbol& sum, const symbol& own) { sum = sum + own; }, total, d.cell);
    for_each_symbol([](symbol& to, const symbol& own) { to = own; }, d_before, d.state);
    ((void)d_x.trace(d.x.traced()), ...);
  }
};

template <class Cell, class Xs, class State> struct back_types {
  using forward = time_types<Cell, Xs, State>;
  using x = typename forward::x;
  using outputs = typename forward::outputs;
  using output = typename sequence_traits<outputs>::step;
  using step = backward_step<Cell, x, State, output>;
  static constexpr bool with_x = is_floating(dtype_of<typename x::element>);
  using inputs = std::conditional_t<
      with_x, typename whole_sequence<forward::sequence::time, x>::type, std::tuple<>>;

  template <class... More>
  using call_with = sinter::call<
      step, structure_reference<const Cell>, moment<const x, forward::sequence::strided>,
      moment<const State>, moment<const output>, moment<const State>,
      structure_reference<Cell>, moment<State>, More...>;
  using call = std::conditional_t<with_x, call_with<moment<x>>, call_with<>>;
};

/// The loop from the last step to the first.
template <class Cell, class Xs, class State> class back_loop {
  using types = back_types<Cell, Xs, State>;
  using call_type = typename types::call;
  using outputs_tensor = typename types::outputs;
  static constexpr int parts = output_count<State>();

 public:
  time_gradient<Cell, State, typename types::inputs> result;

  back_loop(const Cell& cell, const Xs& sequence, const kept_passage<outputs_tensor, State>& kept,
            const outputs_tensor& d_outputs, State d_state)
      : result{cell, std::move(d_state), without_memory<typename types::inputs>()},
        cell_(cell), xs_(sequence), kept_(kept), d_outputs_(d_outputs), other_(result.state),
        steps_(sequence.extent(0)) {
    check_lengths();
    for_each_tensor([](auto& t) { t.clear(); }, result.cell);
    if constexpr (types::with_x)
      tensor_access<typename types::inputs>::reshape(result.inputs, sequence.extents(),
                                                     sequence.where());
  }

  void run() {
    state_memory<State> states(kept_.first);
    for (int k = 0; k < parts; ++k) states.memory[k] = kept_.past[k];
    for (std::int64_t t = steps_; t-- > 0;) {
      moment<const State> before = states.like;
      for (int k = 0; k < parts && t > 0; ++k) before.at[k].data = states.at(k, t - 1);
      const call_type c = call(t, before);
      evaluation<call_type> e(c);
      e.run();  // what it writes is this loop's own memory
      std::swap(result.state, other_);
    }
  }

 private:
  call_type call(std::int64_t t, const moment<const State>& before) {
    const structure_reference<const Cell> cell{&cell_};
    const structure_reference<Cell> total{&result.cell};
    const moment<const State> d_after = moment_of(std::as_const(result.state));
    const moment<State> d_before = moment_of(other_);
    if constexpr (types::with_x)
      return {{},
              {cell, {{step_memory(xs_, t)}}, before, {{step_memory(d_outputs_, t)}}, d_after,
               total, d_before, {{step_memory(result.inputs, t)}}}};
    else
      return {{},
              {cell, {{step_memory(xs_, t)}}, before, {{step_memory(d_outputs_, t)}}, d_after,
               total, d_before}};
  }

  void check_lengths() const {
    const outputs_tensor& y = kept_.outputs;
    if (y.extent(0) != steps_)
      fail<shape_error>({"back through time: a sequence of ", steps_, " steps, where ",
                         y.extent(0), " were kept"});
    for (int a = 0; a < outputs_tensor::rank; ++a)
      if (d_outputs_.extent(a) != y.extent(a))
        fail<shape_error>({"back through time: a gradient ",
                           extents_text(d_outputs_.extents(), outputs_tensor::rank),
                           " of outputs ", extents_text(y.extents(), outputs_tensor::rank)});
  }

  const Cell& cell_;
  const Xs& xs_;
  const kept_passage<outputs_tensor, State>& kept_;
  const outputs_tensor& d_outputs_;
  State other_;  ///< takes turns with result.state
  std::int64_t steps_;
};

struct back_through_time_function {
  template <class Cell, class Xs, class Outputs, class State>
  auto operator()(const Cell& cell, const Xs& xs, const kept_passage<Outputs, State>& kept,
                  const std::type_identity_t<Outputs>& d_outputs) const {
    State zeros = kept.first;
    for_each_tensor([](auto& t) { t.clear(); }, zeros);
    return (*this)(cell, xs, kept, d_outputs, std::move(zeros));
  }
  template <class Cell, class Xs, class Outputs, class State>
  auto operator()(const Cell& cell, const Xs& xs, const kept_passage<Outputs, State>& kept,
                  const std::type_identity_t<Outputs>& d_outputs,
                  std::type_identity_t<State> d_state) const {
    using verdict = typename detail::verdict<typename back_types<Cell, Xs, State>::call>::type;
    (void)sizeof(verdict);
    back_loop<Cell, Xs, State> loop(cell, xs, kept, d_outputs, std::move(d_state));
    if constexpr (!is_mistaken<verdict>) loop.run();
    return std::move(loop.result);
  }
};

}  // namespace detail

/// Gradients through time.
///
///     auto run = st::forward_through_time(cell, xs, state);
///     auto [loss, d_outputs] = head(run.outputs, want);  // a fused function, with gradient(...)
///     auto d = st::back_through_time(cell, xs, run, d_outputs);
///     update(cell, optimizer, d.cell);                   // a fused function
///     state = run.state;                                 // truncated: the next part begins here
///
/// Cell and sequence must be as they were. A gradient of the last state may be given, for losses
/// that depend on it beside the outputs.
/// @shape  d_outputs as the outputs, d_state as the state
/// @dtype  gradients have the types of what they are the gradient of, and are added up in it
/// @errors shape_error where d_outputs or the sequence are not as long as what was kept
/// @cost   Time times the kernels of a step, kernels(back_through_time, cell, xs, state), which
///         computes a step once more
/// @source Werbos 1990, doi:10.1109/5.58337
inline constexpr detail::back_through_time_function back_through_time{};

/// The number of kernels of one step back.
template <class Cell, class Xs, class State>
constexpr int kernels(const detail::back_through_time_function&, const Cell&, const Xs&,
                      const State&) {
  return plan_of<typename detail::back_types<Cell, Xs, State>::call>::kernels;
}

/// Its plan.
template <class Cell, class Xs, class State>
plan_builder plan(const detail::back_through_time_function&, const Cell&, const Xs&,
                  const State&) {
  return make_plan(thaw(graph_of<typename detail::back_types<Cell, Xs, State>::call>.view()));
}

}  // namespace sinter
