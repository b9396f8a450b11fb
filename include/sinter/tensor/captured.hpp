// SPDX-License-Identifier: Apache-2.0
#pragma once

/// `captured(f, arguments...)`: a call that is made again and again, such as a training step.

#include <vector>

#include "sinter/tensor/fused.hpp"
#if defined(SINTER_CUDA_TARGET)
#include <memory>

#include "sinter/target/cuda/graph.cuh"
#endif

namespace sinter {

namespace detail {

/// All that the kernels of a call are launched with: the addresses, extents and strides of its
/// operands, and numbers.
inline void describe_call(const target::execution& e, std::vector<std::int64_t>& out) {
  out.assign(1, e.where.device);
  for (int i = 0; i < e.plan.input_count; ++i) {
    const target::operand_memory& m = e.inputs[i];
    if (m.extents == nullptr) {
      std::int64_t bits = 0;
      __builtin_memcpy(&bits, m.data, static_cast<std::size_t>(properties(m.type).size));
      out.push_back(bits);
      continue;
    }
    const int rank = e.plan.inputs[i].extents.rank;
    out.push_back(reinterpret_cast<std::intptr_t>(m.data));
    out.insert(out.end(), m.extents, m.extents + rank);
    if (m.strides != nullptr) out.insert(out.end(), m.strides, m.strides + rank);
  }
  for (int o = 0; o < e.plan.output_count; ++o)
    out.push_back(reinterpret_cast<std::intptr_t>(e.outputs[o]));
}

#if defined(SINTER_CUDA_TARGET)
/// The kernels of a call as one CUDA graph, with the memory that they use.
template <class Call> class graph_of_call {
 public:
  /// Launches the call, after it was recorded if it is not the last one again.
  void launch(evaluation<Call>& e) {
    cuda_target::use(e.where);
    describe_call(e, asked_);
    if (asked_ != recorded_) record(e);
    graph_.launch();
  }

 private:
  void record(evaluation<Call>& e) {
    recorded_.clear();
    const detours updates(e);
    cuda_target::device_call<plan_of<Call>> kernels(e);
    if (kernels.bytes() > workspace_bytes_ || !(workspace_.where() == e.where)) {
      workspace_.allocate(kernels.bytes(), e.where);
      workspace_bytes_ = kernels.bytes();
    }
    graph_.record([&] { updates.run([&] { kernels.run(workspace_.get()); }); });
    copies_ = updates.copies();
    recorded_ = asked_;
  }

  shared_memory workspace_;
  std::size_t workspace_bytes_ = 0;
  list<shared_memory> copies_;
  std::vector<std::int64_t> asked_, recorded_;
  cuda_target::recorded_graph graph_;
};
#endif

}  // namespace detail

/// A call of a fused function with certain arguments. @see captured
template <class F, class... A> class captured_call {
  using call = detail::fused_call<F, A...>;
  using returned = typename detail::call_result<call>::type;
  static constexpr bool returns = !std::is_void_v<returned>;
  using kept_result = std::conditional_t<returns, returned, std::tuple<>>;

 public:
  explicit captured_call(A&&... arguments) : arguments_(std::forward<A>(arguments)...) {}
  captured_call(const captured_call&) = delete;
  captured_call& operator=(const captured_call&) = delete;

  /// Makes the call. What it returns stays where it is until the next one, which overwrites it.
  /// @errors those of the function's call
  std::conditional_t<returns, const kept_result&, void> operator()() {
    detail::evaluation<call> e = std::apply(
        [](auto&... a) { return detail::evaluation<call>(detail::lent_operand(a)...); },
        arguments_);
    if constexpr (returns) detail::place_results(e, results_);
    run(e);
    if constexpr (returns) return results_;
  }

 private:
  void run(detail::evaluation<call>& e) {
#if defined(SINTER_CUDA_TARGET)
    if (!e.where.is_host()) {
      if (graph_ == nullptr) graph_ = std::make_unique<detail::graph_of_call<call>>();
      graph_->launch(e);
      return;
    }
#endif
    run_beside_updates(e);
  }

  std::tuple<A...> arguments_;
  kept_result results_ = detail::without_memory<kept_result>();
#if defined(SINTER_CUDA_TARGET)
  std::unique_ptr<detail::graph_of_call<call>> graph_;
#endif
};

/// A call that is made again and again. It refers to its arguments, which must stay alive; numbers
/// and temporaries are kept. Results and intermediate memory are kept from run to run. On a device
/// the kernels of the call, and the copies of updates that take a detour, are one CUDA graph with
/// one launch; arguments may change their elements freely, and where memory, extents or numbers
/// have changed the graph is recorded again, which takes about as long as the launches did.
/// @example auto train = st::captured(step, net, optimizer, image, label);
///          for (...) { loader.receive(batch); train(); }
template <class F, class... A> auto captured(const fused_function<F>&, A&&... arguments) {
  using verdict = typename detail::verdict<detail::fused_call<F, A...>>::type;
  if constexpr (is_mistaken<verdict>) return verdict{};
  else return captured_call<F, A...>(std::forward<A>(arguments)...);
}

}  // namespace sinter
