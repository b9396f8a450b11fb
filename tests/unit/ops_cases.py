#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ops_cases.inc: what NumPy and PyTorch give in f64 for the calls in ops_cases.cpp.

usage: ops_cases.py > ops_cases.inc
"""

import math

import numpy as np
import torch
import torch.nn.functional as f

torch.set_default_dtype(torch.float64)


def drawn(*shape, step=37, modulus=101, scale=16.0):
    """What the C++ side knows the operands to hold."""
    i = np.arange(int(np.prod(shape)))
    return torch.tensor(((i * step % modulus) - modulus // 2) / scale).reshape(shape)


def grid(values):
    """All pairs of a list, as two lists."""
    a, b = np.meshgrid(np.array(values, dtype=np.float64), np.array(values), indexing="ij")
    return a.ravel(), b.ravel()


POINTS = [-100.0, -6.5, -3.0, -1.0, -0.25, -0.0, 0.0, 0.5, 1.0, 3.0, 5.75, 6.0, 100.0]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 3.0, 7.75, -7.75, math.inf, -math.inf, math.nan]

ACTIVATIONS = {
    "sigmoid": torch.sigmoid, "silu": f.silu, "gelu": f.gelu,
    "gelu_tanh": lambda x: f.gelu(x, approximate="tanh"), "softplus": f.softplus,
    "log_sigmoid": f.logsigmoid, "mish": f.mish, "relu6": f.relu6, "hard_tanh": f.hardtanh,
    "hard_sigmoid": f.hardsigmoid, "hard_swish": f.hardswish, "softsign": f.softsign,
    "selu": f.selu, "elu": f.elu, "celu": lambda x: f.celu(x, 0.5), "leaky_relu": f.leaky_relu,
    "relu": f.relu, "abs": torch.abs, "sign": torch.sign,
    "clamp": lambda x: torch.clamp(x, torch.tensor(-1.0), torch.tensor(3.0))}


def gradient(function, *operands):
    """The result, and the gradient of its sum with respect to the first operand."""
    x = operands[0].clone().requires_grad_()
    y = function(x, *operands[1:])
    y.sum().backward()
    return y.detach(), x.grad


def cases():
    for name, function in ACTIVATIONS.items():
        y, slope = gradient(function, torch.tensor(POINTS))
        yield name, y
        yield name + "_gradient", slope

    a, b = grid(SPECIAL)
    with np.errstate(all="ignore"):
        for name in ("remainder", "fmod", "floor_divide", "copysign", "hypot", "power", "arctan2",
                     "maximum", "minimum"):
            yield name, getattr(np, name)(a, b)
        for name in ("rint", "floor", "ceil", "trunc", "cbrt", "exp2"):
            yield name, getattr(np, name)(np.array(SPECIAL + [0.5, 1.5, 2.5, -0.5, -1.5]))

    x = drawn(3, 5, 7)
    yield "variance_1", x.var(1)
    yield "variance_biased_02", x.var((0, 2), correction=0)
    yield "standard_deviation", x.std()
    yield "norm_02", x.norm(dim=(0, 2))
    yield "l1_norm_1", x.abs().sum(1)
    yield "max_norm_2", x.abs().amax(2)
    yield "argmin_1", x.argmin(1)
    yield "argmax_0", x.argmax(0)
    yield "prod_2", x.prod(2)
    yield "logsumexp_02", x.logsumexp((0, 2))
    yield "one_variance", torch.ones(3, 1).var(1)
    yield "norm_gradient_at_0", gradient(lambda v: v.norm(dim=1), torch.zeros(2, 3))[1]
    yield "standard_deviation_gradient", gradient(lambda v: v.std(1), drawn(2, 5))[1]

    zeros = torch.tensor([[2.0, 3, 4, 5], [2, 0, 4, 5], [0, 3, 0, 5], [0, 0, 0, 0]])
    yield "prod_gradient", gradient(lambda v: v.prod(1), zeros)[1]
    rows = torch.tensor([[math.nan, 0, 0], [0, 0, 0], [-0.0, 0, 0], [1, 2, 3], [0, math.inf, 1]])
    yield "any", rows.bool().any(1)
    yield "all", rows.bool().all(1)
    yield "count_nonzero", rows.count_nonzero(1)
    inf = math.inf
    extreme = torch.tensor([[-inf, -inf, -inf], [-inf, 0, 1], [inf, 0, 1], [1e300, 1e300, 0],
                            [-inf, inf, 0], [math.nan, 0, 0]])
    yield "logsumexp_extreme", extreme.logsumexp(1)
    yield "argmin_nan", np.argmin(extreme.numpy(), 1)

    scores, label = drawn(6, 5, step=29), torch.tensor([0, 4, 2, -100, 1, -100])
    weights = torch.tensor([0.5, 1, 2, 0.25, 3])
    soft = torch.softmax(drawn(6, 5, step=17), 1)
    losses = {
        "cross_entropy": lambda s: f.cross_entropy(s, label, reduction="none"),
        "smoothed": lambda s: f.cross_entropy(s, label, reduction="none", label_smoothing=0.125),
        "weighted": lambda s: f.cross_entropy(s, label, weights, reduction="none"),
        "weighted_smoothed": lambda s: f.cross_entropy(s, label, weights, reduction="none",
                                                       label_smoothing=0.125),
        "soft": lambda s: f.cross_entropy(s, soft, reduction="none"),
        "binary": lambda s: f.binary_cross_entropy_with_logits(30 * s, soft, reduction="none"),
        "mse": lambda s: f.mse_loss(s, soft), "mae": lambda s: f.l1_loss(s, soft),
        "huber": lambda s: f.huber_loss(s, soft, reduction="none"),
        "huber_2": lambda s: f.huber_loss(s, soft, reduction="none", delta=2.0),
        "kl": lambda s: f.kl_div(s, soft, reduction="none").sum(1),
        "cosine": lambda s: f.cosine_similarity(s, soft, 1),
        "triplet": lambda s: f.triplet_margin_loss(s, soft, drawn(6, 5, step=11),
                                                   reduction="none")}
    for name, loss in losses.items():
        y, slope = gradient(loss, scores)
        yield name, y
        yield name + "_gradient", slope
    yield "cosine_of_zeros", f.cosine_similarity(torch.zeros(2, 3), torch.ones(2, 3), 1)
    yield "glu", f.glu(drawn(3, 8))
    a, b = drawn(3, 8).chunk(2, -1)
    yield "swiglu", f.silu(a) * b


def text(x):
    if math.isnan(x):
        return "NAN"
    return ("-" if x < 0 else "") + "HUGE_VAL" if math.isinf(x) else repr(float(x))


def main():
    print(f"// Written by ops_cases.py with NumPy {np.__version__} and PyTorch "
          f"{torch.__version__.split('+')[0]}; do not edit.")
    print("// clang-format off")
    for name, values in cases():
        values = [text(v) for v in np.asarray(values, dtype=np.float64).ravel()]
        line = f'{{"{name}", {{'
        for v in values:
            if len(line) + len(v) > 96:
                print(line.rstrip())
                line = " "
            line += v + ", "
        print(line.rstrip(", ") + "}},")


main()
