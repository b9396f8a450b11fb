#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes archive_cases.inc: files as NumPy and safetensors make them, as text of C++. With --check
FOLDER it reads what the tests of npz.cpp and safetensors.cpp have left there, and compares.

usage: archive_cases.py > archive_cases.inc; archive_cases.py --check FOLDER
"""

import io
import pathlib
import sys

import numpy as np
import safetensors
import safetensors.numpy

TENSORS = {
    "weight": (np.arange(6) - 2.5).astype("f4").reshape(2, 3),
    "bias": np.array([0.5, -1, 3], "f8"),
    "steps": np.array(7, "i8"),
    "mask": np.array([True, False, True]),
    "bytes": np.arange(5, dtype="u1"),
    "half": np.array([1, -2], "f2"),
    "nothing": np.zeros((0, 3), "i4"),
}


def archive_of(write, tensors):
    out = io.BytesIO()
    write(out, **tensors)
    return out.getvalue()


def cases():
    yield "npz_stored", archive_of(np.savez, TENSORS)
    yield "npz_deflated", archive_of(np.savez_compressed, TENSORS)
    yield "npz_large", archive_of(np.savez_compressed, {"x": np.zeros((3000, 5), "f4")})
    yield "npz_empty", archive_of(np.savez, {})
    yield "safetensors", safetensors.numpy.save(TENSORS)
    named = {"x": np.arange(3, dtype="u2"), 'q"\\\u00e9\n': np.arange(2, dtype="i1")}
    yield "safetensors_metadata", safetensors.numpy.save(named, {"a": "\u20ac\t"})
    yield "safetensors_empty", safetensors.numpy.save({})


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        folder = pathlib.Path(sys.argv[2])
        files = [np.load(folder / "tensors.npz"), np.load(folder / "tensors64.npz"),
                 safetensors.numpy.load_file(folder / "tensors.safetensors")]
        for got in files:
            assert sorted(got) == sorted(TENSORS)
            for name, want in TENSORS.items():
                assert got[name].dtype == want.dtype and got[name].shape == want.shape, name
                assert (got[name] == want).all(), name
        print(f"{len(files)} files are what NumPy and safetensors read")
        return
    print(f"// Written by archive_cases.py with NumPy {np.__version__} and safetensors "
          f"{safetensors.__version__}; do not edit.\n// clang-format off")
    for name, data in cases():
        print(f'{{"{name}",')
        text = "".join(f"\\x{byte:02x}" for byte in data)
        for at in range(0, len(text), 92):
            print(f' "{text[at:at + 92]}"')
        print(f" , {len(data)}}},")


if __name__ == "__main__":
    main()
