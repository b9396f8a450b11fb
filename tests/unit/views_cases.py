#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes views_cases.inc: what NumPy makes of the operations in views.cpp, and what PyTorch's
autograd gives back through them.

usage: views_cases.py > views_cases.inc
"""

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

x = np.arange(24, dtype=np.float64).reshape(4, 6) * 0.5 - 3
y = np.arange(12, dtype=np.float64).reshape(4, 3) * -1.0
table = np.arange(15, dtype=np.float64).reshape(5, 3) * 0.25
which = np.array([[4, 0, 2], [2, 2, 1]])
along = np.array([[5, 0], [1, 1], [2, 4], [3, 3]])

CASES = {
    "flip<1>": np.flip(x, 1),
    "flip": np.flip(x),
    "slice 1:6:2": x[:, 1:6:2],
    "slice -1:0:-2": x[:, -1:0:-2],
    "slice ::-1": x[::-1],
    "slice ::-3": x[:, ::-3],
    "slice 2:2:-1": x[2:2:-1],
    "slice 3:4:100": x[3:4:100],
    "windows<1, 3>": sliding_window_view(x, 3, 1),
    "windows<0, 2, 2>": sliding_window_view(x, 2, 0)[::2],
    "windows<1, 6>": sliding_window_view(x, 6, 1),
    "diagonal": np.diagonal(x),
    "diagonal<2>": np.diagonal(x, 2),
    "diagonal<-1>": np.diagonal(x, -1),
    "diagonal<6>": np.diagonal(x, 6),
    "diagonal<0, 2, 0>": np.diagonal(x.reshape(2, 2, 6), 0, 2, 0),
    "squeeze": np.squeeze(x.reshape(1, 4, 1, 6)),
    "squeeze<2>": np.squeeze(x.reshape(1, 4, 1, 6), 2),
    "flatten": x.reshape(24),
    "flatten<1, 2>": x.reshape(2, 2, 6).reshape(2, 12),
    "movedim<0, 2>": np.moveaxis(x.reshape(2, 2, 6), 0, 2),
    "movedim<2, 0>": np.moveaxis(x.reshape(2, 2, 6), 2, 0),
    "movedim<-1, 1>": np.moveaxis(x.reshape(2, 2, 6), -1, 1),
    "swapaxes<0, 2>": np.swapaxes(x.reshape(2, 2, 6), 0, 2),
    "concatenate<1>": np.concatenate([x, y, x], 1),
    "concatenate<0>": np.concatenate([x[:, :3], y], 0),
    "stack<0>": np.stack([x, x * 2]),
    "stack<1>": np.stack([x, x * 2, x * 3], 1),
    "stack<-1>": np.stack([x, x * 2], -1),
    "split": np.split(x, 3, 1)[1],
    "pad": np.pad(x, ((0, 0), (2, 1))),
    "pad -7": np.pad(x, ((1, 0), (0, 0)), constant_values=-7),
    "roll<1, 2>": np.roll(x, 2, 1),
    "roll<0, -1>": np.roll(x, -1, 0),
    "roll<1, 13>": np.roll(x, 13, 1),
    "tile<1, 2>": np.tile(x, (1, 2)),
    "tile<0, 3>": np.tile(x, (3, 1)),
    "repeat<1, 2>": np.repeat(x, 2, 1),
    "repeat<0, 3>": np.repeat(x, 3, 0),
    "tril": np.tril(x),
    "tril<-2>": np.tril(x, -2),
    "triu<1>": np.triu(x, 1),
    "eye": np.eye(3, 4),
    "linspace": np.linspace(-1, 1, 9),
    "arange": 0.5 + 0.25 * np.arange(7),
    "one_hot": np.eye(5)[which],
    "lookup<0>": np.take(table, which, 0),
    "lookup<1>": np.take(x, which, 1),
    "lookup_along<1>": np.take_along_axis(x, along, 1),
}


def gradient(f, value):
    """Of sum(square(f)) / 2."""
    leaf = torch.tensor(value, requires_grad=True)
    (f(leaf) ** 2).sum().mul(0.5).backward()
    return leaf.grad.numpy()


w, a = torch.tensor(which), torch.tensor(along)
CASES |= {
    "d flip": gradient(lambda t: t.flip(1) + t, x),
    "d slice 1:6:2": gradient(lambda t: t[:, 1:6:2], x),
    "d slice ::-3": gradient(lambda t: t.flip(1)[:, ::3], x),
    "d windows<1, 3>": gradient(lambda t: t.unfold(1, 3, 1), x),
    "d windows<0, 2, 2>": gradient(lambda t: t.unfold(0, 2, 2), x),
    "d diagonal<-1>": gradient(lambda t: t.diagonal(-1), x),
    "d concatenate": gradient(lambda t: torch.cat([t, torch.tensor(y), t * 2], 1), x),
    "d stack": gradient(lambda t: torch.stack([t, t * 3]), x),
    "d pad": gradient(lambda t: torch.nn.functional.pad(t, (2, 1), value=-7), x),
    "d roll": gradient(lambda t: t.roll(2, 1) + t, x),
    "d repeat": gradient(lambda t: t.repeat_interleave(2, 0), x),
    "d tril": gradient(lambda t: t.tril(), x),
    "d embedding": gradient(lambda t: torch.nn.functional.embedding(w, t), table),
    "d lookup<1>": gradient(lambda t: t[:, w], x),
    "d lookup_along<1>": gradient(lambda t: t.gather(1, a), x),
}


def main():
    lines = [
        f"// Written by views_cases.py with NumPy {np.__version__} and PyTorch {torch.__version__};"
        " do not edit.",
        "// clang-format off",
    ]
    for name, value in CASES.items():
        shape = ", ".join(map(str, value.shape))
        lines.append(f'{{"{name}", {{{shape}}}, {{')
        row = " "
        for number in np.asarray(value, dtype=np.float64).ravel():
            text = f"{float(number):.17g},"
            if len(row) + len(text) > 98:
                lines.append(row)
                row = " "
            row += " " + text
        if row.strip():
            lines.append(row)
        lines.append("}},")
    print("\n".join(lines))


main()
