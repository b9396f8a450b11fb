// SPDX-License-Identifier: Apache-2.0
#pragma once

/// CUDA graphs: kernels that were recorded once and are launched as a whole. For nvcc alone.
/// @source CUDA C++ Programming Guide, section CUDA Graphs

#include <utility>

#include "sinter/target/cuda/events.cuh"

namespace sinter::cuda_target {

/// What the calling thread enqueues goes to a stream that is being recorded.
class recorded_scope {
 public:
  explicit recorded_scope(cudaStream_t stream) : before_(current_stream()) {
    // Other threads may go on to allocate and to wait meanwhile.
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording kernels");
    current_stream() = stream;
  }
  recorded_scope(const recorded_scope&) = delete;
  ~recorded_scope() {
    if (!ended_) {
      cudaGraph_t graph = end_without_check().first;
      if (graph != nullptr) (void)cudaGraphDestroy(graph);
      (void)cudaGetLastError();
    }
  }
  /// The graph, which the caller owns.
  cudaGraph_t end() {
    const auto [graph, status] = end_without_check();
    check(status, "recording kernels");
    return graph;
  }

 private:
  std::pair<cudaGraph_t, cudaError_t> end_without_check() {
    cudaGraph_t graph{};
    ended_ = true;
    const cudaError_t status = cudaStreamEndCapture(current_stream(), &graph);
    current_stream() = before_;
    return {graph, status};
  }

  cudaStream_t before_;
  bool ended_ = false;
};

/// A graph that can be launched, and recorded anew. What was launched before is not touched by
/// another recording.
class recorded_graph {
 public:
  recorded_graph() = default;
  recorded_graph(const recorded_graph&) = delete;
  ~recorded_graph() { forget(); }

  /// Records what `enqueue()` gives to the calling thread's stream. Nothing runs.
  /// @errors device_error, after which there is nothing to launch
  template <class F> void record(F&& enqueue) {
    recorded_scope scope(stream_.get());
    try {
      enqueue();
    } catch (...) {
      forget();
      throw;
    }
    const cudaGraph_t graph = scope.end();
    const cudaError_t status = replace(graph);
    (void)cudaGraphDestroy(graph);
    check(status, "preparing a graph of kernels");
  }
  void launch() const { check(cudaGraphLaunch(ready_, current_stream()), "launching a graph"); }

 private:
  /// The same kernels in the same order take new arguments; others are prepared afresh.
  cudaError_t replace(cudaGraph_t graph) {
    cudaGraphExecUpdateResultInfo info{};
    if (ready_ != nullptr && cudaGraphExecUpdate(ready_, graph, &info) == cudaSuccess)
      return cudaSuccess;
    (void)cudaGetLastError();
    forget();
    return cudaGraphInstantiate(&ready_, graph, 0);
  }
  void forget() {
    if (ready_ != nullptr) (void)cudaGraphExecDestroy(ready_);
    ready_ = nullptr;
  }

  owned_stream stream_;  ///< that is recorded
  cudaGraphExec_t ready_{};
};

}  // namespace sinter::cuda_target
