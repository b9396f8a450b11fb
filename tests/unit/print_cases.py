# SPDX-License-Identifier: Apache-2.0
"""Writes print_cases.inc: arrays and what NumPy prints for them.

    pip install 'numpy==2.4.*' ml_dtypes
    python print_cases.py > print_cases.inc

Each line is a call `check<type>(extents, values, expected, offset, strides, options)`; the values
repeat until the storage is full. 16-bit floats are given by their bits. NumPy has no bf16: its own
formatter runs with the two functions that make digits replaced.
"""
import textwrap

import ml_dtypes
import numpy as np
from numpy._core import arrayprint

rng = np.random.default_rng(20250101)
names = {
    np.float32: "float", np.float64: "double", np.float16: "sinter::f16",
    ml_dtypes.bfloat16: "sinter::bf16", np.bool_: "bool",
    np.int8: "std::int8_t", np.int16: "std::int16_t", np.int32: "std::int32_t",
    np.int64: "std::int64_t", np.uint8: "std::uint8_t", np.uint16: "std::uint16_t",
    np.uint32: "std::uint32_t", np.uint64: "std::uint64_t",
}


def literal(value):
    if isinstance(value, (np.float16, ml_dtypes.bfloat16)):
        return hex(int(value.view(np.uint16)))
    if isinstance(value, np.bool_):
        return "true" if value else "false"
    if isinstance(value, np.floating):
        if np.isnan(value):
            return "NAN"
        if np.isinf(value):
            return "-INFINITY" if value < 0 else "INFINITY"
        return repr(float(value)) + ("f" if isinstance(value, np.float32) else "")
    if int(value) == -(2**63):
        return "INT64_MIN"
    return str(int(value)) + ("u" if isinstance(value, np.unsignedinteger) else "")


def shortest_bf16(x):
    for digits in range(9):
        text = "%.*e" % (digits, x)
        if ml_dtypes.bfloat16(float(text)) == x:
            return np.float64(text)
    raise AssertionError(x)


class bf16_printing:
    """Within it, NumPy prints float32 arrays as it would print bf16."""

    def __enter__(self):
        self.saved = (arrayprint.dragon4_positional, arrayprint.dragon4_scientific, np.finfo)
        positional, scientific, _ = self.saved

        def bf16_scientific(x, **rest):
            # The second pass asks for a fixed number of digits, and they are the exact ones.
            return scientific(np.float64(x) if "min_digits" in rest else shortest_bf16(x), **rest)

        arrayprint.dragon4_positional = lambda x, **rest: positional(shortest_bf16(x), **rest)
        arrayprint.dragon4_scientific = bf16_scientific
        np.finfo = lambda dtype: type("", (), {"precision": 3})

    def __exit__(self, *_):
        arrayprint.dragon4_positional, arrayprint.dragon4_scientific, np.finfo = self.saved


def text_of(array, options):
    if array.dtype == ml_dtypes.bfloat16:
        if array.shape == ():
            x = np.float32(array[()])
            if not np.isfinite(x):
                return str(x)
            if x == 0 or 1e-4 <= abs(x) < 1e3:
                return np.format_float_positional(shortest_bf16(x), trim="0")
            return np.format_float_scientific(shortest_bf16(x), trim="-")
        with bf16_printing():
            return np.array2string(array.astype(np.float32), **options)
    return np.array2string(array, **options) if options else str(array)


def emit(values, extents, dtype, offset=None, strides=None, cast=True, **options):
    with np.errstate(all="ignore"):
        values = np.asarray(values).astype(dtype) if cast else values
    if strides is None:
        array = np.resize(values, extents)
    else:
        storage = np.resize(values, 4096)
        array = np.lib.stride_tricks.as_strided(
            storage[offset:], extents, [s * storage.itemsize for s in strides])
    text = text_of(array, options)
    def braced(items):
        return "{" + ", ".join(map(str, items)) + "}"

    first = "check<%s>(%s, %s, " % (names[dtype], braced(extents), braced(map(literal, values)))
    lines = ['"%s"' % line for line in text.replace("\n", "\\n\n").split("\n")]
    last = ""
    if strides is not None or options:
        last += ", %d, %s" % (offset or 0, braced(strides or []))
    if options:
        last += ", " + braced({"precision": 8, "threshold": 1000, "edgeitems": 3,
                               "max_line_width": 75, **options}.values())
    last += ");"
    if len(lines) == 1 and len(first + lines[0] + last) <= 100:
        print(first + lines[0] + last)
    else:
        print("\n  ".join(textwrap.wrap(first, 98) + lines) + last)


floats = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16]
integers = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
special = [np.nan, np.inf, -np.inf, -0.0]

print("// Written by print_cases.py with NumPy %s; do not edit.\n// clang-format off" %
      np.__version__)
for t in floats:
    for x in [0.0, -0.0, 1, -2.5, 1 / 3, 1e-4, 1e-5, 999, 1000, 65504, 999999, 1e6, 1e16, *special]:
        emit([x], (), t)
    emit([1, 2, 3], (3,), t)
    emit([0.1, -0.25, 1 / 3], (2, 3), t)
    emit([-0.0, 0.0], (2,), t)
    emit([0.0], (1, 1, 1), t)
    emit(special, (4,), t)
    emit([np.nan, 1.5], (2, 2), t)
    emit([np.inf, 100.25], (3,), t)
    emit([-np.inf, 1e-6], (2,), t)
    emit([np.nan], (2,), t)
    emit([-np.inf, np.inf, 1], (3,), t)
    emit([1e-4, 0.1], (2,), t)
    emit([9e-5, 0.01], (2,), t)
    emit([1, 1000], (2,), t)
    emit([1, 1002], (2,), t)
    if t is not ml_dtypes.bfloat16:  # a ratio of 1000 only after rounding to bf16
        emit([0.001, 1], (2,), t)
    emit([0.5, 600], (2,), t)
    emit([123456, 999990], (2,), t)
    emit([1234567, 2345678], (2,), t)
    emit([12345678.5, 99999999], (2,), t)
    emit([1e8, 2.5e8], (2,), t)
    emit([1e-5, 1.2345678e-5], (2,), t)
    emit([1e-7, -3e4, 0], (3,), t)
    emit(rng.normal(size=12), (3, 4), t)
    emit(rng.normal(size=7), (30,), t)
    emit(rng.normal(size=11) * 1e-6, (2, 9), t)
    emit(rng.uniform(size=8), (2, 2, 2), t)
    emit([3.140625, -1], (2, 1, 2, 2), t)
    emit(np.arange(37) / 4, (1001,), t)
    emit(np.arange(31) - 15, (40, 40), t)
    emit([], (0,), t)
emit([1.0], (2, 0, 3), np.float32)
emit([1.0], (0, 3), np.float64)
emit(np.float64([1e-300, 1e5]), (2,), np.float64)
emit(np.float64([5e-324, 1.7976931348623157e308]), (2,), np.float64)
emit(np.float32([1e-45, 3.4028235e38]), (2,), np.float32)
emit([0.123456785, 0.99999999999], (2,), np.float64)
emit([np.pi * 1e7, 1], (1,), np.float64)
emit([2**-6, 2**-10], (2,), np.float16)
emit(np.arange(1000), (1000,), np.int32)  # the most that is shown in full
for t in integers:
    lowest, highest = np.iinfo(t).min, np.iinfo(t).max
    emit(np.array([lowest, 0, highest], t), (), t)
    emit(np.array([lowest, 0, highest], t), (3,), t)
    emit([1, 2, 3, 100], (2, 4), t)
    emit(np.arange(120), (60,), t)
    emit(np.arange(100), (1001,), t)
for t in (np.int32, np.int64):
    emit([-1, 10, -100], (3, 3), t)
    emit(np.arange(97), (6, 7, 60), t)
    emit(np.arange(13), (7, 7, 7, 7), t)
    emit([7], (1, 1000), t)
    emit([7, -8], (2, 501), t)
    emit([7, -8], (501, 2), t)
    emit([4], (1, 1, 1, 1, 1), t)
for extents in [(), (1,), (5,), (2, 3), (30,), (1001,), (6, 200), (0,)]:
    emit([True, False, False], extents, np.bool_)
for t in (np.float32, np.int32):
    emit(np.arange(24), (4, 3), t, 0, (1, 4))  # transposed
    emit(np.arange(24), (4,), t, 3, (-1,))  # reversed
    emit(np.arange(24), (3, 4), t, 0, (0, 1))  # broadcast
    emit(np.arange(24), (3, 2), t, 1, (8, 3))  # sliced
    emit(np.arange(24), (50, 50), t, 5, (7, 20))  # sliced and summarised
    emit(np.arange(24), (2, 1000000000000), t, 0, (1, 0))  # larger than memory
for t in (np.float32, np.float64, ml_dtypes.bfloat16):
    emit(np.arange(9) / 7, (3, 3), t, precision=3)
    emit(np.arange(9) / 7, (30,), t, precision=4, max_line_width=40)
    emit(np.arange(9) / 7, (5, 6), t, threshold=5, edgeitems=1)
    emit(np.arange(9) * 1e-5, (5, 3), t, precision=2)
emit(np.arange(9), (20,), np.int32, max_line_width=1)
emit(np.arange(9), (3, 20), np.int32, threshold=3, edgeitems=2, max_line_width=9)
