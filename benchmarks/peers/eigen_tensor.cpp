// SPDX-License-Identifier: Apache-2.0

#define EIGEN_USE_THREADS
#include "peers/eigen_tensor.hpp"

#include <unsupported/Eigen/CXX11/Tensor>

#include <memory>

#include <sinter/target/cpu/parallel.hpp>

namespace bench::eigen_tensor {

namespace {

template <int Rank>
using seen = Eigen::TensorMap<Eigen::Tensor<float, Rank, Eigen::RowMajor, index>>;
template <int Rank> using extents = Eigen::array<index, static_cast<std::size_t>(Rank)>;

template <class... N> auto at(const float* data, N... n) {
  return seen<sizeof...(N)>(const_cast<float*>(data), n...);
}

/// assign(device) where all that it names runs: in this thread, or by as many as we use.
template <class Assign> call by_threads(Assign assign) {
  if (sinter::threads() == 1)
    return [assign]() mutable {
      Eigen::DefaultDevice one;
      assign(one);
    };
  static Eigen::ThreadPool pool(sinter::threads());
  static Eigen::ThreadPoolDevice all(&pool, sinter::threads());
  return [assign]() mutable { assign(all); };
}

}  // namespace

call chain(const float* a, const float* b, const float* c, const float* d, const float* e, float* y,
           index n) {
  return by_threads([=](auto& device) {
    at(y, n).device(device) = (at(a, n) * at(b, n) + at(c, n)).cwiseMax(0.f) * at(d, n) - at(e, n);
  });
}

call gelu_tanh(const float* x, float* y, index n) {
  return by_threads([=](auto& device) {
    const auto v = at(x, n);
    at(y, n).device(device) =
        0.5f * v * (1.f + (0.7978845608f * (v + 0.044715f * v * v * v)).tanh());
  });
}

call gate(const float* x, const float* y, float* z, index n) {
  return by_threads(
      [=](auto& device) { at(z, n).device(device) = at(x, n).sigmoid() * at(y, n).tanh(); });
}

call every_other(const float* x, const float* scale, float* y, index m, index n) {
  return by_threads([=](auto& device) {
    at(y, m, n).device(device) = at(x, m, 2 * n).stride(extents<2>{1, 2}) *
                                 at(scale, index{1}, n).broadcast(extents<2>{m, 1});
  });
}

// A reduction inside an expression would be computed again for each element: it is stored first.
call softmax(const float* x, float* y, index rows, index columns) {
  const auto held = std::make_shared<Eigen::Tensor<float, 1, Eigen::RowMajor, index>>(rows);
  return by_threads([=](auto& device) {
    const Eigen::array<index, 1> along{1};
    const extents<2> one{rows, 1}, wide{1, columns};
    auto result = at(y, rows, columns);
    held->device(device) = at(x, rows, columns).maximum(along);
    result.device(device) = (at(x, rows, columns) - held->reshape(one).broadcast(wide)).exp();
    held->device(device) = result.sum(along).inverse();
    result.device(device) = result * held->reshape(one).broadcast(wide);
  });
}

call sum(const float* x, float* y, index n) {
  return by_threads([=](auto& device) {
    Eigen::TensorMap<Eigen::Tensor<float, 0, Eigen::RowMajor, index>>(y).device(device) =
        at(x, n).sum();
  });
}

call column_mean(const float* x, float* y, index rows, index columns) {
  return by_threads([=](auto& device) {
    at(y, columns).device(device) = at(x, rows, columns).mean(Eigen::array<index, 1>{0});
  });
}

}  // namespace bench::eigen_tensor
