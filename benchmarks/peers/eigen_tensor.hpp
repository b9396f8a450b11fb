// SPDX-License-Identifier: Apache-2.0
#pragma once

// Eigen's Tensor module as a peer: lazy expressions as its arrays are, but with reductions inside
// and a pool of threads of its own. Its headers are slow, so one source compiles them; a call is
// bound to plain memory once.

#if defined(BENCH_EIGEN_TENSOR)
#include <cstdint>
#include <functional>

namespace bench::eigen_tensor {

using call = std::function<void()>;
using index = std::int64_t;

/// y = relu(a b + c) d - e, of n elements.
call chain(const float* a, const float* b, const float* c, const float* d, const float* e, float* y,
           index n);
call gelu_tanh(const float* x, float* y, index n);
/// z = sigmoid(x) tanh(y).
call gate(const float* x, const float* y, float* z, index n);
/// y = every other column of x [m, 2 n], times scale [n].
call every_other(const float* x, const float* scale, float* y, index m, index n);

call softmax(const float* x, float* y, index rows, index columns);
call sum(const float* x, float* y, index n);
call column_mean(const float* x, float* y, index rows, index columns);

}  // namespace bench::eigen_tensor
#endif
