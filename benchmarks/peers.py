#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The workloads of the C++ programs in PyTorch, eager and compiled, in JAX, and on the CPU in ONNX
Runtime: a JSON line each, which results.py puts beside those of the programs. What is not installed
is left out, and said.

usage: peers.py [--target cpu|cuda] [--benchmark NAME] [--filter PATTERN] [--only PEER]
                [--json FILE] [--threads N] [--rounds N] [--ms N]
"""

import argparse
import ctypes
import json
import os
import statistics
import sys

sys.dont_write_bytecode = True
import workloads  # noqa: E402  (the folder of this file is where Python looks first)


def limit_threads(target, wanted):
    """How many there are, before anything is imported that starts some. Not all of the peers can be
    told, but all look at the processors that they may use."""
    if target == "cuda":
        return None
    processors = sorted(os.sched_getaffinity(0))
    wanted = min(wanted or int(os.environ.get("OMP_NUM_THREADS", 0)) or len(processors),
                 len(processors))
    os.sched_setaffinity(0, processors[:wanted])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(wanted)
    return wanted


def keep_memory():
    """Results are new memory each time: it stays with the process, as the C++ programs' does, and
    is not asked for page by page from the system."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-4, 0)  # M_MMAP_MAX
        libc.mallopt(-1, 2 ** 31 - 1)  # M_TRIM_THRESHOLD
        libc.mallopt(-8, 1)  # M_ARENA_MAX: other arenas are of mapped pieces


def peers(target, threads):
    """Who, and what makes it."""
    import frameworks
    yield "torch", lambda: frameworks.Torch(target, threads, False)
    yield "torch.compile", lambda: frameworks.Torch(target, threads, True)
    yield "jax", lambda: frameworks.Jax(target, threads)
    if target == "cpu":
        yield "onnxruntime", lambda: frameworks.OnnxRuntime(threads)


def measure(peer, run, options):
    peer.seconds(run, 1)
    once = max(min(peer.seconds(run, 1), peer.seconds(run, 1)), 1e-8)
    calls = max(1, int(options.ms * 1e-3 / once))
    times = sorted(peer.seconds(run, calls) for _ in range(options.rounds))
    median = statistics.median(times)
    spread = (times[3 * len(times) // 4] - times[len(times) // 4]) / (2 * median)
    return median, spread


def line(peer, w, options, threads):
    """What a peer needs for a workload; None where it has no way to do it."""
    try:
        run = peer.prepare(w)
        error = peer.error(run) if options.target == "cpu" else None
        median, spread = measure(peer, run, options)
    except NotImplementedError:
        return None
    except Exception as reason:  # whatever a framework throws: the others go on
        first = (str(reason).splitlines() or [""])[0]
        print(f"peers: {peer.who} could not run {w.name} {w.shape} {w.dtype}: "
              f"{type(reason).__name__}: {first}")
        return None
    shown = "" if error is None else f"{error:9.1e}"
    print(f"{w.name:14} {w.shape:20} {w.dtype:5} {peer.who:13} {median * 1e6:11.1f} "
          f"{100 * spread:6.1f}% {w.bytes / median * 1e-9:9.2f} {shown}", flush=True)
    result = {"workload": w.name, "shape": w.shape, "dtype": w.dtype, "target": options.target,
              "who": peer.who, "median_ms": median * 1e3, "spread": round(spread, 4),
              "bytes": w.bytes, "benchmark": w.benchmark}
    if peer.device:
        result["device"] = peer.device
    if threads:
        result["threads"] = threads
    if error is not None and error == error:
        result.update(accuracy=float(f"{error:.3g}"), against="double")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--target", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--benchmark", default="")
    parser.add_argument("--filter", default="")
    parser.add_argument("--only", default="", help="torch, torch.compile, jax or onnxruntime")
    parser.add_argument("--json")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--ms", type=float, default=20)
    options = parser.parse_args()
    threads = limit_threads(options.target, options.threads)
    if options.target == "cpu":
        keep_memory()
    every = workloads.on_cuda() if options.target == "cuda" else workloads.on_cpu()
    chosen = [w for w in every if options.filter in f"{w.name} {w.shape}" and
              options.benchmark in ("", w.benchmark)]
    out = open(options.json, "a") if options.json else None
    for who, make in peers(options.target, threads):
        if options.only not in ("", who):
            continue
        try:
            peer = make()
        except (ImportError, OSError, RuntimeError) as reason:
            print(f"peers: {who} was left out: {reason}")
            continue
        for w in chosen:
            result = line(peer, w, options, threads)
            if result and out:
                out.write(json.dumps(result) + "\n")
                out.flush()


if __name__ == "__main__":
    sys.exit(main())
