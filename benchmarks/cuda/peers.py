#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The workloads of this folder in PyTorch, eager and compiled, and in JAX: one JSON line each, with
the names, shapes and counting of the C++ programs. What is not installed is left out, and said.

usage: peers.py [--filter PATTERN] [--json FILE] [--rounds N] [--ms N]
"""

import argparse
import json
import statistics
import sys


def size(shape):
    product = 1
    for extent in shape:
        product *= extent
    return product


# name, shape as the C++ programs spell it, dtype, shapes of the operands, bytes, flops. Flops are
# left to the C++ programs' lines; bytes are those of each operand and result once.
def workloads():
    width = {"f32": 4, "bf16": 2}
    for rows, columns, dtype in ((128, 1024, "f32"), (4096, 1024, "f32"), (32768, 1024, "f32"),
                                 (32768, 1024, "bf16")):
        whole, line = (rows, columns), (columns,)
        yield "chain", f"{rows}x{columns}", dtype, (whole, line, line, whole), \
            width[dtype] * (3 * size(whole) + 2 * columns)
    for n in (1 << 16, 1 << 26):
        yield "gelu", f"{n}", "f32", ((n,),), 8 * n
    for rows, columns, dtype in ((65536, 64, "f32"), (4096, 1024, "f32"), (32768, 1024, "bf16"),
                                 (64, 262144, "f32")):
        yield "softmax", f"{rows}x{columns}", dtype, ((rows, columns),), \
            2 * width[dtype] * rows * columns
    for rows, columns, dtype in ((4096, 1024, "f32"), (32768, 4096, "bf16")):
        yield "layer_norm", f"{rows}x{columns}", dtype, \
            ((rows, columns), (columns,), (columns,)), width[dtype] * 2 * (rows + 1) * columns
    for n in (1 << 16, 1 << 28):
        yield "sum", f"{n}", "f32", ((n,),), 4 * n + 4
    yield "distance", f"{1 << 26}", "f32", ((1 << 26,), (1 << 26,)), 8 * (1 << 26) + 4
    for rows, columns in ((4096, 1024), (65536, 1024)):
        yield "column_mean", f"{rows}x{columns}", "f32", ((rows, columns),), \
            4 * (rows + 1) * columns
    for m, n, k, dtype in ((8192, 8192, 8192, "bf16"), (4096, 4096, 4096, "bf16"),
                           (512, 1024, 1024, "bf16"), (64, 256, 8192, "bf16"),
                           (2048, 2048, 2048, "f32")):
        yield "dense", f"{m}x{n}x{k}", dtype, ((m, k), (k, n), (n,)), \
            width[dtype] * (m * k + k * n + n + m * n)
    yield "gated", "4096x1024x1024", "bf16", ((4096, 1024), (1024, 1024), (1024, 1024)), \
        2 * (2 * 4096 * 1024 + 2 * 1024 * 1024)
    for m, n, k, dtype in ((65536, 256, 256, "bf16"), (4096, 256, 256, "f32")):
        yield "softmax_layer", f"{m}x{n}x{k}", dtype, ((m, k), (k, n), (n,)), \
            width[dtype] * (m * k + k * n + n + m * n)


def torch_functions(torch):
    f = torch.nn.functional
    return {
        "chain": lambda x, a, b, r: torch.relu(x * a + b) * 0.5 + r,
        "gelu": lambda x: f.gelu(x),
        "softmax": lambda x: torch.softmax(x, -1),
        "layer_norm": lambda x, a, b: f.layer_norm(x, x.shape[-1:], a, b),
        "sum": lambda x: x.sum(),
        "distance": lambda x, y: (x - y).square().sum(),
        "column_mean": lambda x: x.mean(0),
        "dense": lambda x, w, b: torch.relu(x @ w + b),
        "gated": lambda x, w, v: f.silu(x @ w) * (x @ v),
        "softmax_layer": lambda x, w, b: torch.softmax(x @ w + b, -1),
    }


class Torch:
    """PyTorch, as it is or compiled in its most tuned mode."""

    def __init__(self, compiled):
        import torch
        if not torch.cuda.is_available():
            raise RuntimeError("it finds no CUDA device")
        self.torch, self.compiled = torch, compiled
        self.who = "torch.compile" if compiled else "torch"
        self.device = torch.cuda.get_device_name()
        self.functions = torch_functions(torch)

    def prepare(self, name, dtype, shapes):
        torch = self.torch
        kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
        operands = [torch.randn(s, device="cuda").to(kind) for s in shapes]
        function = self.functions[name]
        if self.compiled:
            torch._dynamo.reset()
            function = torch.compile(function, mode="max-autotune-no-cudagraphs")
        with torch.no_grad():
            for _ in range(3):
                function(*operands)

        def run():
            with torch.no_grad():
                function(*operands)
        return run

    def seconds(self, run, calls):
        torch = self.torch
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e-3 / calls


class Jax:
    def __init__(self):
        import jax
        self.jax, self.who = jax, "jax"
        gpus = [d for d in jax.devices() if d.platform == "gpu"]
        if not gpus:
            raise RuntimeError("it finds no CUDA device")
        self.device = gpus[0].device_kind
        np = jax.numpy

        def layer_norm(x, a, b):
            mean = x.mean(-1, keepdims=True)
            return (x - mean) * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * a + b
        self.functions = {
            "chain": lambda x, a, b, r: jax.nn.relu(x * a + b) * 0.5 + r,
            "gelu": lambda x: jax.nn.gelu(x, approximate=False),
            "softmax": lambda x: jax.nn.softmax(x, -1),
            "layer_norm": layer_norm,
            "sum": lambda x: x.sum(),
            "distance": lambda x, y: np.square(x - y).sum(),
            "column_mean": lambda x: x.mean(0),
            "dense": lambda x, w, b: jax.nn.relu(x @ w + b),
            "gated": lambda x, w, v: jax.nn.silu(x @ w) * (x @ v),
            "softmax_layer": lambda x, w, b: jax.nn.softmax(x @ w + b, -1),
        }

    def prepare(self, name, dtype, shapes):
        jax = self.jax
        kind = {"f32": "float32", "bf16": "bfloat16"}[dtype]
        keys = jax.random.split(jax.random.PRNGKey(1), len(shapes))
        operands = [jax.random.normal(k, s).astype(kind) for k, s in zip(keys, shapes)]
        function = jax.jit(self.functions[name])
        function(*operands).block_until_ready()
        return lambda: function(*operands)

    def seconds(self, run, calls):
        import time
        begin = time.perf_counter()
        for _ in range(calls):
            last = run()
        last.block_until_ready()
        return (time.perf_counter() - begin) / calls


def measure(peer, run, options):
    peer.seconds(run, 1)
    once = max(min(peer.seconds(run, 1), peer.seconds(run, 1)), 1e-8)
    calls = max(1, int(options.ms * 1e-3 / once))
    times = sorted(peer.seconds(run, calls) for _ in range(options.rounds))
    median = statistics.median(times)
    spread = (times[3 * len(times) // 4] - times[len(times) // 4]) / (2 * median)
    return median, spread


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--filter", default="")
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--ms", type=float, default=20)
    options = parser.parse_args()
    out = open(options.json, "a") if options.json else None
    for make, name in ((lambda: Torch(False), "PyTorch"), (lambda: Torch(True), "torch.compile"),
                       (Jax, "JAX")):
        try:
            peer = make()
        except (ImportError, RuntimeError) as reason:
            print(f"peers: {name} was left out: {reason}")
            continue
        for workload, shape, dtype, shapes, count in workloads():
            if options.filter not in f"{workload} {shape}":
                continue
            try:
                run = peer.prepare(workload, dtype, shapes)
                median, spread = measure(peer, run, options)
            except RuntimeError as reason:
                print(f"peers: {peer.who} could not run {workload} {shape}: {reason}")
                continue
            print(f"{workload:14} {shape:20} {dtype:5} {peer.who:13} {median * 1e6:11.1f} "
                  f"{100 * spread:6.1f}% {count / median * 1e-9:9.2f}", flush=True)
            if out:
                out.write(json.dumps({
                    "workload": workload, "shape": shape, "dtype": dtype, "target": "cuda",
                    "device": peer.device, "who": peer.who, "median_ms": median * 1e3,
                    "spread": round(spread, 4), "bytes": count}) + "\n")
                out.flush()


if __name__ == "__main__":
    sys.exit(main())
