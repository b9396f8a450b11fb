// SPDX-License-Identifier: Apache-2.0
#pragma once

// LibTorch as a peer. Its headers are slow, so one source compiles them, and what it offers here
// are calls on plain memory. A call is bound to that memory once; its operations write to it,
// or to tensors that are made once, so that none allocates where LibTorch lets us say so.

#if defined(BENCH_TORCH)
#include <cstdint>
#include <functional>

namespace bench::torch {

using call = std::function<void()>;
using index = std::int64_t;

/// y = relu(a b + c) d - e, of n elements.
call chain(const float* a, const float* b, const float* c, const float* d, const float* e, float* y,
           index n);
call gelu(const float* x, float* y, index n, bool by_tanh);
/// z = sigmoid(x) tanh(y).
call gate(const float* x, const float* y, float* z, index n);
/// z = x^T + y, [n, n].
call turned(const float* x, const float* y, float* z, index n);
/// y = x row + column, [m, n].
call grid(const float* x, const float* row, const float* column, float* y, index m, index n);
/// y = every other column of x [m, 2 n], times scale [n].
call every_other(const float* x, const float* scale, float* y, index m, index n);

call softmax(const float* x, float* y, index rows, index columns);
call layer_norm(const float* x, const float* scale, const float* shift, float* y, index rows,
                index columns);
call sum(const float* x, float* y, index n);
call column_mean(const float* x, float* y, index rows, index columns);
call running_sum(const float* x, float* y, index rows, index columns, int axis);
/// A loss for each row, and its slope unless that is null.
call cross_entropy(const float* x, const std::int32_t* labels, float* loss, float* slope,
                   index rows, index columns);

/// y = relu(x w + b), [m, k] x [k, n]; bf16 where `halves`, b included.
call dense(const void* x, const void* w, const void* b, void* y, index m, index k, index n,
           bool halves);
/// y = silu(x w) (x v).
call gated(const float* x, const float* w, const float* v, float* y, index m, index k, index n);
/// y = softmax(q k^T / sqrt(width)) v, [heads, length, width].
call attention(const float* q, const float* k, const float* v, float* y, index heads, index length,
               index width);
/// 3 x 3 windows, stride 1, of x [images, side + 2, side + 2, from], w [3, 3, from, to],
/// y [images, side, side, to].
call convolution(const float* x, const float* w, float* y, index images, index side, index from,
                 index to);

/// A network's layers: each has its weight [in, out] and its bias, and relu stands between them.
struct network {
  index batch, layers;
  const index* widths;
  float* const* weights;
  float* const* biases;
};
/// Of x [batch, widths[0]].
call forward(const network& net, const float* x, float* y);
/// One step of SGD with momentum on the mean cross entropy; velocities are zero at first.
call training_step(const network& net, float* const* weight_velocities,
                   float* const* bias_velocities, const float* x, const std::int32_t* labels,
                   float rate, float momentum);

/// A recurrent cell: each gate has weights [in, hidden] and [hidden, hidden], and two biases.
struct recurrent {
  index time, batch, in, hidden, gates;  ///< four gates for an LSTM, three for a GRU
  const float* const* input_weights;
  const float* const* input_biases;
  const float* const* state_weights;
  const float* const* state_biases;
};
/// y [time, batch, hidden] of x [time, batch, in], from a state of zeros.
call through_time(const recurrent& cell, const float* x, float* y);

/// v = momentum v + g, w -= rate v.
call sgd(float* w, float* v, const float* g, index n, float rate, float momentum);
/// The step after `steps` others.
call adamw(float* w, float* mean, float* square, const float* g, index n, float rate, float beta1,
           float beta2, float epsilon, float decay, index steps);

}  // namespace bench::torch
#endif
