#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes cumulative_cases.inc: what NumPy and PyTorch give for the calls in cumulative.cpp.

usage: cumulative_cases.py > cumulative_cases.inc
"""

import math

import numpy as np
import torch

torch.set_default_dtype(torch.float64)

SPECIAL = [1.0, -2.5, 0.0, 3.0, math.inf, 2.0, math.nan, 1.0, -math.inf, -4.0]
ZEROS = [[2.0, -1.5, 0.5, 3.0], [2.0, 0.0, 0.5, 3.0], [0.0, -1.5, 0.0, 3.0], [0.0, 0.0, 0.0, 1.0]]
TIES = [[1.0, 3.0, 3.0, 2.0, 3.0, 4.0], [2.0, 1.0, 1.0, 1.0, 0.0, 0.0]]


def drawn(*shape):
    """What the C++ side knows the operands to hold."""
    i = np.arange(int(np.prod(shape)))
    return ((i * 37 % 101) - 50.0).reshape(shape) / 16


def gradient(function, x):
    """Of the results, of which element i counts i + 1 times."""
    x = torch.tensor(x).requires_grad_()
    y = function(x)
    y.backward(torch.arange(1, y.numel() + 1).double().reshape(y.shape))
    return x.grad.numpy()


def cases():
    x = drawn(3, 5, 4)
    for axis in range(3):
        yield f"cumsum_{axis}", np.cumsum(x, axis)
        yield f"cumprod_{axis}", np.cumprod(x, axis)
        yield f"cummax_{axis}", np.maximum.accumulate(x, axis)
        yield f"cummin_{axis}", np.minimum.accumulate(x, axis)
        yield f"logcumsumexp_{axis}", torch.logcumsumexp(torch.tensor(x), axis).numpy()
        yield f"reverse_{axis}", np.flip(np.cumsum(np.flip(x, axis), axis), axis)

    special = np.array(SPECIAL)
    with np.errstate(all="ignore"):
        yield "special_sum", np.cumsum(special)
        yield "special_product", np.cumprod(special)
    yield "special_max", torch.cummax(torch.tensor(special), 0).values.numpy()
    yield "special_min", torch.cummin(torch.tensor(special), 0).values.numpy()
    yield "special_exponentials", torch.logcumsumexp(torch.tensor(special), 0).numpy()
    far = np.array([-math.inf, -1000.0, -1000.5, 900.0, 900.0, -math.inf, 1e300])
    yield "far_exponentials", torch.logcumsumexp(torch.tensor(far), 0).numpy()

    small = np.array([200, 100, 255, 7], dtype=np.uint8)
    signed = np.array([100, 100, -128, 50], dtype=np.int8)
    flags = np.array([True, False, True, True])
    yield "unsigned_sum", np.cumsum(small)
    yield "signed_sum", np.cumsum(signed)
    yield "signed_product", np.cumprod(signed)
    yield "bool_sum", np.cumsum(flags)

    yield "slope_sum", gradient(lambda a: torch.cumsum(a, 1), drawn(3, 4))
    yield "slope_product", gradient(lambda a: torch.cumprod(a, 1), ZEROS)
    yield "slope_max", gradient(lambda a: torch.cummax(a, 1).values, TIES)
    yield "slope_min", gradient(lambda a: torch.cummin(a, 1).values, TIES)
    yield "slope_exponentials", gradient(lambda a: torch.logcumsumexp(a, 1), drawn(3, 4))


def text(value):
    value = float(value)
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(value)


print(f"// Written by cumulative_cases.py with NumPy {np.__version__} and PyTorch "
      f"{torch.__version__.split('+')[0]}; do not edit.\n// clang-format off")
for name, values in cases():
    words = ["{" + ", ".join(str(n) for n in values.shape) + "}, {" + text(values.ravel()[0])]
    words += [text(value) for value in values.ravel()[1:]]
    line, lines = f'{{"{name}",', []
    for word in words:
        if len(line) + len(word) > 96:
            lines.append(line)
            line = ""
        line += " " + word + ","
    print("\n".join(lines + [line.rstrip(",") + "}},"]))
