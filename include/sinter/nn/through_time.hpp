// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A recurrent cell along a sequence. The plan is that of one step: the loop over time is run by
/// the host, so neither compilation nor the plan grows with the sequence, whose length may be known
/// at run time only. A step reads its operands where they lie and writes its results where they
/// stay.

#include "sinter/nn/cell_step.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

/// The outputs of all steps, [time, ...], and the state behind the last one.
template <class Outputs, class State> struct passage {
  Outputs outputs;
  State state;
};

/// The same with what the gradient needs: the states before each step. The outputs of a cell that
/// emits nothing else are part of that, so they must keep their values until then.
template <class Outputs, class State> struct kept_passage {
  Outputs outputs;
  State state;
  State first;  ///< the state before the first step
  detail::shared_memory past[detail::output_count<State>()];  ///< by tensor, that of all steps
};

namespace detail {

/// The rules of a cell, its sequence and its state that are no matter of extents.
template <class Cell, class Xs, class State> constexpr bool check_cell() {
  static_assert(sequence<Xs>, "sinter: through time: the sequence must be a tensor or a view whose "
                              "first axis is time");
  static_assert(holds_tensors<State>(), "sinter: through time: the state must be a tensor, or a "
                                        "structure or a tuple of tensors");
  if constexpr (sequence<Xs> && holds_tensors<State>()) {
    constexpr bool fits = takes<Cell, decltype(as_symbols(std::declval<const State&>()))>;
    static_assert(fits, "sinter: through time: the cell must take an input and the parts of this "
                        "state, which are one argument each if it is a tuple");
    if constexpr (fits) {
      using returned = typename forward_step<Cell, typename sequence_traits<Xs>::step,
                                             State>::returned;
      using next = decltype(state_in(std::declval<const returned&>()));
      constexpr bool returns = output_count<next>() == output_count<State>();
      static_assert(returns, "sinter: through time: the cell must return as many tensors of state "
                             "as it takes");
      return returns;
    }
  }
  return false;
}

/// The memory of one step of a tensor or view whose first axis is time.
template <class Xs> target::operand_memory step_memory(const Xs& xs, std::int64_t step) {
  using element = std::remove_const_t<typename Xs::element>;
  target::operand_memory m{const_cast<element*>(xs.data()), xs.extents() + 1, nullptr,
                           dtype_of<element>, xs.where()};
  std::int64_t stride = 1;
  if constexpr (is_tensor<Xs>) {
    for (int a = 1; a < Xs::rank; ++a) stride *= xs.extents()[a];
  } else {
    stride = xs.stride(0);
    m.strides = xs.strides() + 1;
  }
  if (m.data != nullptr) m.data = static_cast<element*>(m.data) + step * stride;
  return m;
}

/// A structure's own memory.
template <class S> moment<S> moment_of(S& s) {
  moment<S> result;
  int next = 0;
  for_each_tensor(
      [&](auto& t) {
        tensor_operand<std::remove_cvref_t<decltype(t)>>::visit(
            [&](const target::operand_memory& m) { result.at[next++] = m; }, t);
      },
      s);
  return result;
}

inline std::size_t bytes_of(const target::operand_memory& m, int rank) {
  return checked_bytes(m.extents, rank, static_cast<std::size_t>(properties(m.type).size));
}

/// The states of several steps, one memory for each tensor.
template <class State> struct state_memory {
  static constexpr int count = output_count<State>();
  moment<const State> like;  ///< the extents
  std::size_t bytes[count]{};  ///< of each tensor at one step
  shared_memory memory[count];

  explicit state_memory(const State& first) : like(moment_of(first)) {
    int next = 0;
    for_each_tensor(
        [&](const auto& t) {
          bytes[next] = bytes_of(like.at[next], std::remove_cvref_t<decltype(t)>::rank);
          ++next;
        },
        first);
  }
  /// Makes room for so many steps, from the given tensor on.
  void allocate(std::int64_t steps, int from) {
    for (int k = from; k < count; ++k) {
      std::size_t all = 0;
      if (__builtin_mul_overflow(bytes[k], static_cast<std::size_t>(steps), &all))
        fail<memory_error>({"through time: no machine holds ", steps, " states"});
      memory[k].allocate(all, like.at[k].where);
    }
  }
  /// The memory of tensor k at a step.
  void* at(int k, std::int64_t step) const {
    return static_cast<char*>(memory[k].get()) + bytes[k] * static_cast<std::size_t>(step);
  }
};

template <class Tensor> void check_held(const Tensor& t, const char* what) {
  if (!tensor_access<Tensor>::memory(t).exists())
    fail<value_error>({"through time: the ", what, " holds no memory: it was moved from; assign to "
                       "it before it is used"});
}

/// The loop over time. With `kept`, the states of all steps stay; else those of two take turns.
template <class Cell, class Xs, class State> class time_loop {
  using types = time_types<Cell, Xs, State>;
  using outputs_tensor = typename types::outputs;
  static constexpr int alone = types::emits ? 0 : 1;  ///< the first tensor that is no output

 public:
  time_loop(const Cell& cell, const Xs& xs, const State& first, bool kept)
      : cell_(cell), xs_(xs), states_(first), kept_(kept), steps_(xs.extent(0)) {
    if constexpr (is_tensor<Xs>) check_held(xs, "sequence");
    for_each_tensor([](const auto& t) { check_held(t, "state"); }, first);
  }

  void run() {
    states_.allocate(kept_ || steps_ < 2 ? steps_ : 2, alone);
    if constexpr (!types::emits) {
      place_outputs(states_.like.at[0].extents, states_.like.at[0].where);
      states_.memory[0] = tensor_access<outputs_tensor>::memory(outputs);
    }
    if (steps_ == 0) return check_none();
    moment<const State> before = states_.like;
    for (std::int64_t t = 0; t < steps_; ++t) {
      moment<State> after;
      for (int k = 0; k < types::parts; ++k) {
        after.at[k] = before.at[k];
        after.at[k].data = states_.at(k, kept_ || k < alone ? t : t % 2);
      }
      const typename types::call c = call(step_memory(xs_, t), before, after);
      evaluation<typename types::call> e(c);
      if constexpr (types::emits) {
        if (t == 0) place_emitted(e);
        e.outputs[0] = step_memory(outputs, t).data;
      }
      e.run();  // what it writes is fresh memory, which no operand overlaps
      for (int k = 0; k < types::parts; ++k) before.at[k].data = after.at[k].data;
    }
    last_ = before;
  }

  /// Copies the state behind the last step to one that is as the first was.
  void leave_state_in(State& last) const {
    if (steps_ == 0) return;
    const moment<State> to = moment_of(last);
    for (int k = 0; k < types::parts; ++k)
      if (states_.bytes[k] > 0)
        kind_of(to.at[k].where)
            .copy(last_.at[k].data, last_.at[k].where, to.at[k].data, to.at[k].where,
                  states_.bytes[k]);
  }

  const state_memory<State>& states() const { return states_; }

  outputs_tensor outputs = without_memory<outputs_tensor>();

 private:
  typename types::call call(const target::operand_memory& x, const moment<const State>& before,
                            const moment<State>& after) const {
    return {{}, {structure_reference<const Cell>{&cell_}, {{x}}, before, after}};
  }

  /// A sequence without steps has extents all the same: they are checked on a step of zeros.
  void check_none() {
    const target::operand_memory like = step_memory(xs_, 0);
    std::int64_t extents[max_rank]{};
    copy_elements(like.extents, extents, types::x::rank);
    auto zeros = make_tensor<typename types::x>(extents, like.where);
    zeros.clear();
    target::operand_memory x = like;
    x.data = zeros.data();
    moment<State> after;
    for (int k = 0; k < types::parts; ++k) after.at[k] = states_.like.at[k];
    const typename types::call c = call(x, states_.like, after);
    evaluation<typename types::call> e(c);
    if constexpr (types::emits) place_emitted(e);
  }

  void place_emitted(const evaluation<typename types::call>& e) {
    std::int64_t extents[max_rank]{};
    e.extents_of(0, extents);
    place_outputs(extents, e.where);
  }
  void place_outputs(const std::int64_t* of_step, placement where) {
    std::int64_t extents[max_rank]{steps_};
    copy_elements(of_step, extents + 1, outputs_tensor::rank - 1);
    tensor_access<outputs_tensor>::reshape(outputs, extents, where);
  }

  const Cell& cell_;
  const Xs& xs_;
  state_memory<State> states_;
  moment<const State> last_;
  bool kept_;
  std::int64_t steps_;
};

template <bool Kept, class Cell, class Xs, class State>
auto run_through_time(const Cell& cell, const Xs& xs, const State& state) {
  using types = time_types<Cell, Xs, State>;
  using outputs = typename types::outputs;
  auto result = [&] {
    auto none = without_memory<outputs>();
    if constexpr (Kept) return kept_passage<outputs, State>{std::move(none), state, state, {}};
    else return passage<outputs, State>{std::move(none), state};
  }();
  if constexpr (types::is_sound) {
    time_loop<Cell, Xs, State> loop(cell, xs, state, Kept);
    loop.run();
    loop.leave_state_in(result.state);
    if constexpr (Kept)
      for (int k = 0; k < types::parts; ++k) result.past[k] = loop.states().memory[k];
    result.outputs = std::move(loop.outputs);
  }
  return result;
}

// Mistakes are asked for where the user calls, so that compilers need few lines to lead there. What
// is returned then is as good as a result, so that nothing follows from the mistake.

template <bool Kept> struct through_time_function {
  template <class Cell, class Xs, class State>
  auto operator()(const Cell& cell, const Xs& xs, const State& state) const {
    if constexpr (check_cell<Cell, Xs, State>()) {
      (void)sizeof(typename time_types<Cell, Xs, State>::verdict);
      return run_through_time<Kept>(cell, xs, state);
    } else return passage<tensor<float>, State>{};
  }
};

}  // namespace detail

/// Runs a cell along a sequence: the state after each step is that before the next one.
///
///     auto [outputs, last] = st::through_time(cell, xs, state);
///
/// A sequence is a tensor or a view, so one that runs backwards is a view with a negative stride.
/// The state given is not changed.
/// @shape  xs [Time, ...], state as the cell has it -> outputs [Time, ...], and the last state,
///         which is the one given where Time is 0
/// @errors compile time: those of the cell, and "a tensor keeps its shape when it is assigned" for
///         a cell that returns a state of another shape; run time: those of a call of the cell
/// @cost   Time times the kernels of a step, kernels(through_time, cell, xs, state); no memory but
///         that of the outputs and two states
/// @example examples/17_characters.cpp
inline constexpr detail::through_time_function<false> through_time{};

/// The same for training: back_through_time takes what it returns.
/// @cost the states of all steps stay in memory
inline constexpr detail::through_time_function<true> forward_through_time{};

/// The number of kernels of one step.
template <class Cell, class Xs, class State>
constexpr int kernels(const detail::through_time_function<false>&, const Cell&, const Xs&,
                      const State&) {
  return plan_of<typename detail::time_types<Cell, Xs, State>::call>::kernels;
}

/// Its plan, to be explained or drawn: explain(plan(through_time, cell, xs, state)).
template <class Cell, class Xs, class State>
plan_builder plan(const detail::through_time_function<false>&, const Cell&, const Xs&,
                  const State&) {
  return make_plan(thaw(graph_of<typename detail::time_types<Cell, Xs, State>::call>.view()));
}

}  // namespace sinter
