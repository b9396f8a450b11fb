#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes npy_cases.inc: files as NumPy makes them, as text of C++. With --check FOLDER it reads
what the tests of npy.cpp have left there, and compares.

usage: npy_cases.py > npy_cases.inc; npy_cases.py --check FOLDER
"""

import io
import pathlib
import sys

import numpy as np

NAMES = {"b1": "bool", "i1": "i8", "i2": "i16", "i4": "i32", "i8": "i64", "u1": "u8", "u2": "u16",
         "u4": "u32", "u8": "u64", "f2": "f16", "f4": "f32", "f8": "f64"}


def numbers(dtype):
    """What both sides know the cases to hold: (i mod 7) - 2, or i mod 3 == 0."""
    i = np.arange(2 * 3 * 5)
    values = i % 3 == 0 if dtype == "b1" else i % 7 - 2 if dtype[0] != "u" else i % 7
    return values.astype(dtype).reshape(2, 3, 5)


def file_of(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version)
    return out.getvalue()


def cases():
    for dtype, name in NAMES.items():
        yield name, file_of(numbers(dtype))
        if dtype[1] != "1":
            yield name + "_big_endian", file_of(numbers(dtype).astype(">" + dtype))
    yield "f32_columns_first", file_of(np.asfortranarray(numbers("f4")))
    yield "f32_version_2", file_of(numbers("f4"), (2, 0))
    yield "f32_version_3", file_of(numbers("f4"), (3, 0))
    yield "f32_scalar", file_of(np.float32(2.5))
    yield "f32_line", file_of(np.arange(4, dtype="f4"))
    yield "f32_empty", file_of(np.zeros((0, 3, 5), "f4"))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        folder = pathlib.Path(sys.argv[2])
        for dtype, name in NAMES.items():
            got = np.load(folder / f"{name}.npy")
            assert got.dtype == dtype and (got == numbers(dtype)).all(), name
        print(f"{len(NAMES)} files are what NumPy reads")
        return
    print("// Written by npy_cases.py with NumPy " + np.__version__ + "; do not edit.\n// clang-format off")
    for name, data in cases():
        print(f'{{"{name}",')
        text = "".join(f"\\x{byte:02x}" for byte in data)
        for at in range(0, len(text), 92):
            print(f' "{text[at:at + 92]}"')
        print(f" , {len(data)}}},")


if __name__ == "__main__":
    main()
