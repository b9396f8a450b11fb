# SPDX-License-Identifier: Apache-2.0
"""The workloads of the C++ programs, as peers in Python run them: the same names, shapes and
counting, so that their lines join."""

import dataclasses
import math


@dataclasses.dataclass
class Workload:
    benchmark: str   # the C++ program
    name: str
    shape: str       # as that program spells it
    operands: tuple  # the shape of each; labels are (rows, "of", classes)
    elements: int    # that are read or written, each once
    function: str    # in frameworks.py
    dtype: str = "f32"
    updated: int = 0      # so many operands, the first, are given new values
    scales: tuple = ()    # of the operands' normal numbers; 1 where nothing is said

    @property
    def bytes(self):
        return self.elements * (2 if self.dtype == "bf16" else 4)


def spelled(*extents):
    return "x".join(map(str, extents))


def size(*shapes):
    return sum(math.prod(shape) for shape in shapes)


def dense(m, k, n, dtype, shape):
    operands = (m, k), (k, n), (n,)
    return Workload("products", "dense", shape, operands, size(*operands, (m, n)), "dense", dtype)


def gated(m, k, n, dtype, shape):
    operands = (m, k), (k, n), (k, n)
    return Workload("products", "gated", shape, operands, size(*operands, (m, n)), "gated", dtype)


def on_cpu():
    for n in (10, 10_000, 1_000_000, 30_000_000):
        yield Workload("maps", "chain", f"{n}", ((n,),) * 5, 6 * n, "chain")
    for n in (10_000, 10_000_000):
        yield Workload("maps", "gelu", f"{n}", ((n,),), 2 * n, "gelu")
        yield Workload("maps", "gelu tanh", f"{n}", ((n,),), 2 * n, "gelu_tanh")
        yield Workload("maps", "sigmoid tanh", f"{n}", ((n,),) * 2, 3 * n, "gate")
    for rows, columns in ((32768, 32), (4096, 1024), (64, 32000), (16, 1000)):
        whole, line = (rows, columns), (columns,)
        yield Workload("rows", "softmax", spelled(rows, columns), (whole,), 2 * size(whole),
                       "softmax")
        yield Workload("rows", "layer_norm", spelled(rows, columns), (whole, line, line),
                       2 * size(whole), "layer_norm")
    for rows, columns in ((32768, 10), (4096, 1000), (64, 32000)):
        whole, labels = (rows, columns), (rows, "of", columns)
        yield Workload("rows", "cross entropy", spelled(rows, columns), (whole, labels),
                       size(whole) + 2 * rows, "cross_entropy")
        yield Workload("rows", "cross entropy'", spelled(rows, columns), (whole, labels),
                       2 * size(whole) + 2 * rows, "loss_and_slope")
    for n in (10_000, 1_000_000, 30_000_000):
        yield Workload("rows", "sum", f"1x{n}", ((1, n),), n, "sum")
    for rows, columns in ((300, 100), (30000, 1000)):
        yield Workload("rows", "column mean", spelled(rows, columns), ((rows, columns),),
                       rows * columns, "column_mean")
    for m, k, n in ((1, 784, 256), (64, 784, 256), (512, 1024, 1024), (4096, 1024, 1024)):
        yield dense(m, k, n, "f32", spelled(m, k, n))
    for m, k, n in ((64, 784, 256), (1024, 1024, 1024), (4096, 1024, 1024)):
        yield dense(m, k, n, "bf16", spelled(m, k, n))
    for m, k, n in ((64, 256, 256), (512, 512, 512), (4096, 1024, 1024)):
        yield gated(m, k, n, "f32", spelled(m, k, n))
    for shape in ((8, 128, 64), (8, 512, 64), (4, 2048, 64), (64, 64, 32)):
        yield Workload("attention", "attention", spelled(*shape), (shape,) * 3, 4 * size(shape),
                       "attention")
    network = (784, 256), (256,), (256, 128), (128,), (128, 10), (10,)
    weights = size(*network[::2])
    for batch in (1, 64, 4096):
        yield Workload("training", "network", f"{batch}x784-256-128-10", ((batch, 784), *network),
                       weights + 794 * batch, "network")
    narrow = ((64, 64), (64,)) * 3
    for batch in (1, 64, 512, 16384):
        yield Workload("training", "mlp", f"{batch}x64-64-64-64", ((batch, 64), *narrow),
                       3 * 4096 + 128 * batch, "network")
    for batch in (64, 512):
        yield Workload("training", "training", f"{batch}x784-256-128-10",
                       (*network, *network, (batch, 784), (batch, "of", 10)),
                       4 * weights + 785 * batch, "training_step", updated=12,
                       scales=tuple(math.sqrt(2 / s[0]) if len(s) == 2 else 0 for s in network) +
                       (0,) * 6)
    for n in (10_000, 1_000_000):
        yield Workload("training", "sgd", f"{n}", ((n,),) * 3, 5 * n, "sgd", updated=2,
                       scales=(1, 0))
        yield Workload("training", "adamw", f"{n}", ((n,),) * 4, 7 * n, "adamw", updated=3,
                       scales=(1, 0, 0))
    for m, n in ((100, 100), (1000, 1000), (8192, 4096)):
        yield Workload("views", "x row + column", spelled(m, n), ((m, n), (n,), (m, 1)),
                       2 * m * n + m + n, "grid")
        yield Workload("views", "x[:, ::2] row", spelled(m, 2 * n), ((m, 2 * n), (n,)),
                       3 * m * n + n, "every_other")
    for n in (100, 1000, 2000):
        yield Workload("views", "x^T + y", spelled(n, n), ((n, n),) * 2, 3 * n * n, "turned")
    for images, side, width in ((1, 28, 32), (8, 56, 64)):
        operands = (images, side + 2, side + 2, width), (3, 3, width, width)
        yield Workload("views", "convolution",
                       f"{images}x{width}x{side}x{side} to {width}", operands,
                       size(*operands, (images, side, side, width)), "convolution")


def on_cuda():
    for rows, columns, dtype in ((128, 1024, "f32"), (4096, 1024, "f32"), (32768, 1024, "f32"),
                                 (32768, 1024, "bf16")):
        whole, line = (rows, columns), (columns,)
        yield Workload("maps", "chain", spelled(rows, columns), (whole, line, line, whole),
                       3 * size(whole) + 2 * columns, "scaled_chain", dtype)
    for n in (1 << 16, 1 << 26):
        yield Workload("maps", "gelu", f"{n}", ((n,),), 2 * n, "gelu")
    for rows, columns, dtype in ((65536, 64, "f32"), (4096, 1024, "f32"), (32768, 1024, "bf16"),
                                 (64, 262144, "f32")):
        yield Workload("rows", "softmax", spelled(rows, columns), ((rows, columns),),
                       2 * rows * columns, "softmax", dtype)
    for rows, columns, dtype in ((4096, 1024, "f32"), (32768, 4096, "bf16")):
        yield Workload("rows", "layer_norm", spelled(rows, columns),
                       ((rows, columns), (columns,), (columns,)), 2 * (rows + 1) * columns,
                       "layer_norm", dtype)
    for n in (1 << 16, 1 << 28):
        yield Workload("folds", "sum", f"{n}", ((n,),), n + 1, "sum")
    yield Workload("folds", "distance", f"{1 << 26}", ((1 << 26,),) * 2, 2 * (1 << 26) + 1,
                   "distance")
    for rows, columns in ((4096, 1024), (65536, 1024)):
        yield Workload("folds", "column_mean", spelled(rows, columns), ((rows, columns),),
                       (rows + 1) * columns, "column_mean")
    for m, n, k, dtype in ((8192, 8192, 8192, "bf16"), (4096, 4096, 4096, "bf16"),
                           (512, 1024, 1024, "bf16"), (64, 256, 8192, "bf16"),
                           (2048, 2048, 2048, "f32")):
        yield dense(m, k, n, dtype, spelled(m, n, k))
    yield gated(4096, 1024, 1024, "bf16", "4096x1024x1024")
    for m, n, k, dtype in ((65536, 256, 256, "bf16"), (4096, 256, 256, "f32")):
        operands = (m, k), (k, n), (n,)
        yield Workload("products", "softmax_layer", spelled(m, n, k), operands,
                       size(*operands, (m, n)), "softmax_layer", dtype)
