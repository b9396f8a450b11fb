// SPDX-License-Identifier: Apache-2.0

#include "peers/torch.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include <sinter/target/cpu/parallel.hpp>

namespace bench::torch {

namespace {

using at::Tensor;

at::TensorOptions floats() { return at::TensorOptions().dtype(at::kFloat); }

Tensor seen(const void* data, at::IntArrayRef extents, at::ScalarType type = at::kFloat) {
  return at::from_blob(const_cast<void*>(data), extents, at::TensorOptions().dtype(type));
}

/// A call without the book-keeping of gradients; `make` binds tensors and returns what to do.
template <class Make> call bound(const Make& make) {
  static const bool told = [] {
#if defined(__AVX512F__)
    setenv("ATEN_CPU_CAPABILITY", "avx512", 0);  // left to itself it takes AVX2
#endif
    at::set_num_threads(sinter::threads());
    return true;
  }();
  (void)told;
  const c10::InferenceMode mode;
  return [body = make()]() mutable {
    const c10::InferenceMode without_gradients;
    body();
  };
}

Tensor wide_labels(const std::int32_t* labels, index rows) {
  return seen(labels, {rows}, at::kInt).to(at::kLong);
}

}  // namespace

call chain(const float* a, const float* b, const float* c, const float* d, const float* e, float* y,
           index n) {
  return bound([=] {
    return [a = seen(a, n), b = seen(b, n), c = seen(c, n), d = seen(d, n), e = seen(e, n),
            y = seen(y, n)]() mutable { at::addcmul_out(y, c, a, b).relu_().mul_(d).sub_(e); };
  });
}

call gelu(const float* x, float* y, index n, bool by_tanh) {
  return bound([=] {
    return [x = seen(x, n), y = seen(y, n), how = by_tanh ? "tanh" : "none"]() mutable {
      at::gelu_out(y, x, how);
    };
  });
}

call gate(const float* x, const float* y, float* z, index n) {
  return bound([=] {
    return [x = seen(x, n), y = seen(y, n), z = seen(z, n), u = at::empty(n, floats())]() mutable {
      at::sigmoid_out(z, x);
      at::tanh_out(u, y);
      z.mul_(u);
    };
  });
}

call turned(const float* x, const float* y, float* z, index n) {
  return bound([=] {
    return [x = seen(x, {n, n}).t(), y = seen(y, {n, n}), z = seen(z, {n, n})]() mutable {
      at::add_out(z, x, y);
    };
  });
}

call grid(const float* x, const float* row, const float* column, float* y, index m, index n) {
  return bound([=] {
    return [x = seen(x, {m, n}), row = seen(row, {1, n}), column = seen(column, {m, 1}),
            y = seen(y, {m, n})]() mutable { at::addcmul_out(y, column, x, row); };
  });
}

call every_other(const float* x, const float* scale, float* y, index m, index n) {
  return bound([=] {
    return [x = seen(x, {m, n, 2}).select(2, 0), scale = seen(scale, n),
            y = seen(y, {m, n})]() mutable { at::mul_out(y, x, scale); };
  });
}

call softmax(const float* x, float* y, index rows, index columns) {
  return bound([=] {
    return [x = seen(x, {rows, columns}), y = seen(y, {rows, columns})]() mutable {
      at::_softmax_out(y, x, -1, false);
    };
  });
}

call layer_norm(const float* x, const float* scale, const float* shift, float* y, index rows,
                index columns) {
  return bound([=] {
    return [columns, x = seen(x, {rows, columns}), scale = seen(scale, columns),
            shift = seen(shift, columns), y = seen(y, {rows, columns}),
            mean = at::empty({rows, 1}, floats()),
            deviation = at::empty({rows, 1}, floats())]() mutable {
      at::native_layer_norm_out(y, mean, deviation, x, columns, scale, shift, 1e-5);
    };
  });
}

call sum(const float* x, float* y, index n) {
  return bound([=] {
    return [x = seen(x, n), y = seen(y, at::IntArrayRef{})]() mutable {
      at::sum_out(y, x, at::IntArrayRef{0});
    };
  });
}

call running_sum(const float* x, float* y, index rows, index columns, int axis) {
  return bound([=] {
    return [axis, x = seen(x, {rows, columns}), y = seen(y, {rows, columns})]() mutable {
      at::cumsum_out(y, x, axis);
    };
  });
}

call column_mean(const float* x, float* y, index rows, index columns) {
  return bound([=] {
    return [x = seen(x, {rows, columns}), y = seen(y, columns)]() mutable {
      at::mean_out(y, x, at::IntArrayRef{0});
    };
  });
}

call cross_entropy(const float* x, const std::int32_t* labels, float* loss, float* slope,
                   index rows, index columns) {
  return bound([=] {
    Tensor logs = slope ? seen(slope, {rows, columns}) : at::empty({rows, columns}, floats());
    return [x = seen(x, {rows, columns}), loss = seen(loss, {rows, 1}), logs,
            label = wide_labels(labels, rows).unsqueeze(1), less = at::full({rows, 1}, -1.f),
            with_slope = slope != nullptr]() mutable {
      at::_log_softmax_out(logs, x, -1, false);
      at::gather_out(loss, logs, 1, label);
      loss.neg_();
      if (with_slope) logs.exp_().scatter_add_(1, label, less);
    };
  });
}

call dense(const void* x, const void* w, const void* b, void* y, index m, index k, index n,
           bool halves) {
  return bound([=] {
    const at::ScalarType type = halves ? at::kBFloat16 : at::kFloat;
    return [x = seen(x, {m, k}, type), w = seen(w, {k, n}, type), b = seen(b, n, type),
            y = seen(y, {m, n}, type)]() mutable { at::addmm_out(y, b, x, w).relu_(); };
  });
}

call gated(const float* x, const float* w, const float* v, float* y, index m, index k, index n) {
  return bound([=] {
    return [x = seen(x, {m, k}), w = seen(w, {k, n}), v = seen(v, {k, n}), y = seen(y, {m, n}),
            u = at::empty({m, n}, floats())]() mutable {
      at::mm_out(u, x, w);
      at::silu_(u);
      at::mm_out(y, x, v);
      y.mul_(u);
    };
  });
}

call attention(const float* q, const float* k, const float* v, float* y, index heads, index length,
               index width) {
  return bound([=] {
    const auto part = [=](const float* data) { return seen(data, {heads, length, width}); };
    return [q = part(q), k = part(k).transpose(1, 2), v = part(v), y = part(y),
            scores = at::empty({heads, length, length}, floats()),
            scale = 1 / std::sqrt(static_cast<double>(width))]() mutable {
      at::baddbmm_out(scores, scores, q, k, 0, scale);
      at::_softmax_out(scores, scores, -1, false);
      at::bmm_out(y, scores, v);
    };
  });
}

call convolution(const float* x, const float* w, float* y, index images, index side, index from,
                 index to) {
  return bound([=] {
    const Tensor weight = seen(w, {3, 3, from, to}).permute({3, 2, 0, 1})
                              .contiguous(at::MemoryFormat::ChannelsLast);
    return [weight, y = seen(y, {images, side, side, to}),
            x = seen(x, {images, side + 2, side + 2, from}).permute({0, 3, 1, 2})]() mutable {
      y.copy_(at::conv2d(x, weight).permute({0, 2, 3, 1}));  // it has no form with a result given
    };
  });
}

namespace {

/// A network's layers, what they compute on the way, and the slopes.
struct layers {
  std::vector<Tensor> w, b, y, dw, db, dy;

  explicit layers(const network& net) {
    for (index i = 0; i < net.layers; ++i) {
      const index in = net.widths[i], out = net.widths[i + 1];
      w.push_back(seen(net.weights[i], {in, out}));
      b.push_back(seen(net.biases[i], out));
      y.push_back(at::empty({net.batch, out}, floats()));
      dw.push_back(at::empty({in, out}, floats()));
      db.push_back(at::empty(out, floats()));
      dy.push_back(at::empty({net.batch, out}, floats()));
    }
  }
  void forward(const Tensor& x) {
    for (std::size_t i = 0; i < w.size(); ++i) {
      at::addmm_out(y[i], b[i], i == 0 ? x : y[i - 1], w[i]);
      if (i + 1 < w.size()) y[i].relu_();
    }
  }
  /// From dy of the last layer.
  void backward(const Tensor& x) {
    for (std::size_t i = w.size(); i-- > 0;) {
      at::mm_out(dw[i], (i == 0 ? x : y[i - 1]).t(), dy[i]);
      at::sum_out(db[i], dy[i], at::IntArrayRef{0});
      if (i == 0) break;
      at::mm_out(dy[i - 1], dy[i], w[i].t());
      at::threshold_backward_out(dy[i - 1], dy[i - 1], y[i - 1], 0);
    }
  }
};

}  // namespace

call forward(const network& net, const float* x, float* y) {
  return bound([=] {
    const auto own = std::make_shared<layers>(net);
    own->y.back() = seen(y, {net.batch, net.widths[net.layers]});
    return [own, x = seen(x, {net.batch, net.widths[0]})] { own->forward(x); };
  });
}

call training_step(const network& net, float* const* weight_velocities,
                   float* const* bias_velocities, const float* x, const std::int32_t* labels,
                   float rate, float momentum) {
  return bound([=] {
    const auto own = std::make_shared<layers>(net);
    std::vector<Tensor> vw, vb;
    for (index i = 0; i < net.layers; ++i) {
      vw.push_back(seen(weight_velocities[i], {net.widths[i], net.widths[i + 1]}));
      vb.push_back(seen(bias_velocities[i], net.widths[i + 1]));
    }
    return [own, vw, vb, rate, momentum, x = seen(x, {net.batch, net.widths[0]}),
            label = wide_labels(labels, net.batch).unsqueeze(1),
            less = at::full({net.batch, 1}, -1.f), share = 1.f / static_cast<float>(net.batch)] {
      own->forward(x);
      Tensor& slope = own->dy.back();
      at::_softmax_out(slope, own->y.back(), -1, false);
      slope.scatter_add_(1, label, less).mul_(share);
      own->backward(x);
      const auto update = [&](const Tensor& w, const Tensor& v, const Tensor& g) {
        v.mul_(momentum).add_(g);
        w.sub_(v, rate);
      };
      for (std::size_t i = 0; i < vw.size(); ++i) {
        update(own->w[i], vw[i], own->dw[i]);
        update(own->b[i], vb[i], own->db[i]);
      }
    };
  });
}

call through_time(const recurrent& cell, const float* x, float* y) {
  return bound([&] {
    const auto gates = [&](const float* const* parts, index rows) {
      std::vector<Tensor> all;
      for (index i = 0; i < cell.gates; ++i)
        all.push_back(rows > 0 ? seen(parts[i], {rows, cell.hidden}).t()
                               : seen(parts[i], cell.hidden));
      return at::cat(all).contiguous();
    };
    const std::vector<Tensor> weights{
        gates(cell.input_weights, cell.in), gates(cell.state_weights, cell.hidden),
        gates(cell.input_biases, 0), gates(cell.state_biases, 0)};
    return [weights, lstm = cell.gates == 4, x = seen(x, {cell.time, cell.batch, cell.in}),
            y = seen(y, {cell.time, cell.batch, cell.hidden}),
            zero = at::zeros({1, cell.batch, cell.hidden}, floats())]() mutable {
      // Neither has a form with a result given.
      if (lstm)
        y.copy_(std::get<0>(at::lstm(x, {zero, zero}, weights, true, 1, 0, false, false, false)));
      else y.copy_(std::get<0>(at::gru(x, zero, weights, true, 1, 0, false, false, false)));
    };
  });
}

call sgd(float* w, float* v, const float* g, index n, float rate, float momentum) {
  return bound([=] {
    return [=, w = seen(w, n), v = seen(v, n), g = seen(g, n)] {
      v.mul_(momentum).add_(g);
      w.sub_(v, rate);
    };
  });
}

call adamw(float* w, float* mean, float* square, const float* g, index n, float rate, float beta1,
           float beta2, float epsilon, float decay, index steps) {
  return bound([=] {
    return [=, w = seen(w, n), mean = seen(mean, n), square = seen(square, n), g = seen(g, n),
            root = at::empty(n, floats()), step = steps]() mutable {
      ++step;
      const double first = 1 - std::pow(beta1, step), second = 1 - std::pow(beta2, step);
      w.mul_(1 - rate * decay);
      mean.lerp_(g, 1 - beta1);
      square.mul_(beta2).addcmul_(g, g, 1 - beta2);
      at::sqrt_out(root, square).div_(std::sqrt(second)).add_(epsilon);
      w.addcdiv_(mean, root, -rate / first);
    };
  });
}

}  // namespace bench::torch
