// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Training in few bits: networks that compute in f16 or bf16 while their parameters stay in f32,
/// and losses that are scaled so that gradients in f16 do not become 0.

#include <cstdint>

#include "sinter/ops/compare.hpp"
#include "sinter/ops/reduction.hpp"
#include "sinter/ops/structure.hpp"
#include "sinter/tensor/fused.hpp"

namespace sinter {

/// A structure whose floating tensors are computed with in another type; the rest stays. The
/// parameters of `net` themselves keep their type: they are the master weights, which gradients
/// have the type of and optimisers update. Inside traced functions only.
///
///     constexpr auto step = st::fused([](auto& net, auto& optimizer, auto image, auto label) {
///       const auto half = st::cast<st::bf16>(net);
///       auto scores = st::cast<float>(half(st::cast<st::bf16>(image)));
///       optimizer.update(net, gradient(mean(cross_entropy(scores, label)), net));
///     });
///
/// A kernel computes with f16 and bf16 in f32, so values are rounded where they are stored between
/// kernels, and where products take them as f16 or bf16.
/// @cost   no memory and no kernel of its own where products read the parameters
/// @source Micikevicius et al. 2018, arXiv:1710.03740
template <element_type T, class Structure>
  requires(!operand<Structure> && holds_tensors<Structure>())
constexpr Structure cast(Structure x) {
  for_each_tensor(
      [](auto& t) {
        if (const symbol own = t.traced(); is_floating(own.type())) t.trace(cast<T>(own));
      },
      x);
  return x;
}

/// A factor on the loss, large enough that gradients in f16 do not become 0 and small enough that
/// they do not become infinite. A step whose gradients are not all finite changes neither network
/// nor optimiser, and the factor is multiplied by `backoff`; after `interval` good steps in a row
/// it is multiplied by `growth`. Where both are 1 it stays as it is. PyTorch's GradScaler, inside
/// the plan of the step:
///
///     auto loss = mean(cross_entropy(st::cast<float>(half(st::cast<st::f16>(image))), label));
///     scaler.update(optimizer, net, scaler.gradient(loss, net));
///
/// @source Micikevicius et al. 2018, arXiv:1710.03740, section 3.2
struct loss_scaler {
  static constexpr const char* member_names[] = {"scale", "growth", "backoff", "interval",
                                                 "good_steps"};  // in files
  tensor<float> scale = 65536.f;
  tensor<float> growth = 2.f;
  tensor<float> backoff = 0.5f;
  tensor<std::int32_t> interval = 2000;
  tensor<std::int32_t> good_steps = 0;

  /// The gradient of the loss, computed from the scaled one and then divided by the scale, in f32
  /// or more. What is not finite becomes NaN, which clipping by value does not hide.
  template <class Loss, class Network>
  constexpr Network gradient(const Loss& loss, const Network& net) const {
    Network result = sinter::gradient(lift(loss) * scale, net);
    const symbol factor = 1 / lift(scale);
    for_each_symbol([&](symbol& g) { g = g * factor + (g - g); }, result);
    return result;
  }

  /// The optimiser's update, unless an element of the gradient, which may have been clipped or
  /// summed before, is NaN or infinite; then the scale for the next step. Returns whether there was
  /// an update, as a boolean scalar.
  /// @cost  gradients are stored and read once more, which an update alone does not need
  template <class Optimizer, class Network>
  constexpr symbol update(Optimizer& optimizer, Network& net, const Network& gradient) {
    symbol wrong = literal(lift(scale).graph, 0.f);
    for_each_symbol([&](symbol g) { wrong = wrong + sum(cast<float>(!isfinite(g))); }, gradient);
    const symbol good = wrong == 0;
    const Optimizer old_optimizer = optimizer;
    const Network old_net = net;
    optimizer.update(net, gradient);
    keep_unless(good, optimizer, old_optimizer);
    keep_unless(good, net, old_net);

    const symbol steps = lift(good_steps) + 1, wider = lift(scale) * growth;
    const symbol full = good && steps >= interval;
    // One over the least scale is finite.
    const symbol narrower = maximum(lift(scale) * backoff, 0x1p-126f);
    scale = where(good, where(full && isfinite(wider), wider, scale), narrower);
    good_steps = where(good && !full, steps, 0);
    return good;
  }

 private:
  template <class Structure>
  static constexpr void keep_unless(symbol good, Structure& x, const Structure& old) {
    for_each_tensor(
        [&](auto& t, const auto& before) {
          const symbol now = t.traced(), then = before.traced();
          if (now.index != then.index) t.trace(where(good, now, then));
        },
        x, old);
  }
};

}  // namespace sinter
