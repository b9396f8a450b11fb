// SPDX-License-Identifier: Apache-2.0
#pragma once

// cuBLASLt as a peer: a row-major product with an epilogue where it has one, by the fastest of the
// algorithms that its heuristics name, found by timing each.

#include <cublasLt.h>

#include "device.cuh"

namespace bench {

inline void check_lt(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    sinter::fail<sinter::device_error>({"cuBLASLt: ", what, ": ", cublasLtGetStatusString(status)});
}

template <class T> constexpr cudaDataType_t cuda_type() {
  if constexpr (std::is_same_v<T, float>) return CUDA_R_32F;
  else if constexpr (std::is_same_v<T, sinter::bf16>) return CUDA_R_16BF;
  else return CUDA_R_16F;
}

/// y = x w, or relu(x w + bias): x [rows, inner], w [inner, columns], sums in f32. Row-major
/// matrices are column-major ones transposed, so that cuBLASLt computes the transposed product.
template <class T> class lt_product {
 public:
  lt_product(std::int64_t rows, std::int64_t columns, std::int64_t inner, const T* x, const T* w,
             const T* bias, T* y)
      : x_(x), w_(w), y_(y) {
    check_lt(cublasLtCreate(&handle_), "starting");
    check_lt(cublasLtMatmulDescCreate(&product_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "a product");
    if (bias != nullptr) {
      const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_RELU_BIAS;
      const cudaDataType_t type = cuda_type<T>();
      set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
      set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
      set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type);
    }
    const auto matrix = [](std::int64_t down, std::int64_t across) {
      cublasLtMatrixLayout_t layout{};
      check_lt(cublasLtMatrixLayoutCreate(&layout, cuda_type<T>(), static_cast<std::uint64_t>(down),
                                          static_cast<std::uint64_t>(across), down),
               "a matrix");
      return layout;
    };
    left_ = matrix(columns, inner);
    right_ = matrix(inner, rows);
    result_ = matrix(columns, rows);
    st::cuda_target::check(cudaMalloc(&workspace_, workspace_bytes), "cuBLASLt's workspace");
    choose();
  }

  void operator()() { run(best_); }

 private:
  static constexpr std::size_t workspace_bytes = std::size_t{64} << 20;

  template <class V> void set(cublasLtMatmulDescAttributes_t what, const V& value) {
    check_lt(cublasLtMatmulDescSetAttribute(product_, what, &value, sizeof value), "an attribute");
  }

  void run(const cublasLtMatmulAlgo_t& algorithm) {
    const float one = 1, zero = 0;
    check_lt(cublasLtMatmul(handle_, product_, &one, w_, left_, x_, right_, &zero, y_, result_, y_,
                            result_, &algorithm, workspace_, workspace_bytes,
                            st::cuda_target::current_stream()),
             "the product");
  }

  void choose() {
    cublasLtMatmulPreference_t preference{};
    check_lt(cublasLtMatmulPreferenceCreate(&preference), "a preference");
    check_lt(cublasLtMatmulPreferenceSetAttribute(preference,
                                                  CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                  &workspace_bytes, sizeof workspace_bytes),
             "a preference");
    constexpr int most = 16;
    cublasLtMatmulHeuristicResult_t found[most];
    int count = 0;
    check_lt(cublasLtMatmulAlgoGetHeuristic(handle_, product_, left_, right_, result_, result_,
                                            preference, most, found, &count),
             "its heuristics");
    (void)cublasLtMatmulPreferenceDestroy(preference);
    if (count == 0) sinter::fail<sinter::device_error>({"cuBLASLt: no algorithm for a product"});
    st::cuda_target::device_timeline time(st::cuda);
    double least = 1e30;
    for (int i = 0; i < count; ++i) {
      run(found[i].algo);
      const double own = st::target::shortest(time, 5, [&] { run(found[i].algo); });
      if (own >= least) continue;
      least = own;
      best_ = found[i].algo;
    }
  }

  const T *x_, *w_;
  T* y_;
  cublasLtHandle_t handle_{};
  cublasLtMatmulDesc_t product_{};
  cublasLtMatrixLayout_t left_{}, right_{}, result_{};
  cublasLtMatmulAlgo_t best_{};
  void* workspace_ = nullptr;
};

}  // namespace bench
