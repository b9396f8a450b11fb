# SPDX-License-Identifier: Apache-2.0
"""arrays.py LIBRARY: arrays of NumPy and tensors share memory by DLPack, in capsules as Python
exchanges them. Exits with 77, which CTest calls skipped, where there is no NumPy that knows DLPack.
"""

import ctypes
import gc
import sys

try:
    import numpy
    if not hasattr(numpy, "from_dlpack"):
        raise ImportError("too old")
except ImportError as reason:
    print("skipped: NumPy 1.23 or newer is needed:", reason)
    sys.exit(77)

library = ctypes.CDLL(sys.argv[1])
library.lend.restype = library.lend_constant.restype = ctypes.c_void_p
library.sum_of.restype = ctypes.c_double
library.sum_of.argtypes = library.raise_all.argtypes = [ctypes.c_void_p, ctypes.c_int]

python = ctypes.pythonapi
python.PyCapsule_New.restype = ctypes.py_object
python.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
python.PyCapsule_GetPointer.restype = ctypes.c_void_p
python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
python.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]

names = [b"dltensor", b"dltensor_versioned"]
used = [b"used_dltensor", b"used_dltensor_versioned"]
versions = [0, 1] if int(numpy.__version__.split(".")[0]) >= 2 else [0]


class Lent:
    """What numpy.from_dlpack takes."""

    def __init__(self, managed, version):
        self.managed, self.version = managed, version

    def __dlpack__(self, **_):
        return python.PyCapsule_New(self.managed, names[self.version], None)

    def __dlpack_device__(self):
        return (1, 0)


def managed(array, version):
    """The array's capsule, and the pointer in it."""
    capsule = array.__dlpack__(max_version=(1, 0)) if version else array.__dlpack__()
    return capsule, python.PyCapsule_GetPointer(capsule, names[version])


for version in versions:
    freed = library.freed_tensors()
    array = numpy.from_dlpack(Lent(library.lend(version), version))
    assert array.dtype == numpy.float32 and array.shape == (2, 3), array
    assert (array == numpy.arange(6).reshape(2, 3)).all(), array
    row = array[1]
    del array
    gc.collect()
    assert library.freed_tensors() == freed and row[2] == 5
    del row
    gc.collect()
    assert library.freed_tensors() == freed + 1

    square = numpy.arange(12.0).reshape(3, 4)
    for seen in (square, square.T, square[::-1, ::2], square[:, :0],
                 numpy.broadcast_to(square[1], (5, 4)) if version else square):
        capsule, pointer = managed(seen, version)
        assert library.sum_of(pointer, version) == seen.sum(), seen
    capsule, pointer = managed(square.astype(numpy.float32), version)
    assert library.sum_of(pointer, version) == -1

    vector = numpy.arange(4.0)
    holders = sys.getrefcount(vector)
    capsule, pointer = managed(vector, version)
    assert library.raise_all(pointer, version) == 1
    python.PyCapsule_SetName(capsule, used[version])  # the tensor deleted it
    del capsule
    assert (vector == [1, 2, 3, 4]).all(), vector
    assert sys.getrefcount(vector) == holders

    capsule, pointer = managed(square[:, 0], version)  # refused: not contiguous, so still ours
    assert library.raise_all(pointer, version) == 0
    del capsule

if 1 in versions:
    constant = numpy.from_dlpack(Lent(library.lend_constant(), 1))
    assert constant.dtype == numpy.int16 and not constant.flags.writeable, constant.flags
    capsule, pointer = managed(numpy.broadcast_to(1.0, (3,)), 1)
    assert library.raise_all(pointer, 1) == 0
    frozen = numpy.zeros(2)
    frozen.flags.writeable = False
    capsule, pointer = managed(frozen, 1)
    assert library.raise_all(pointer, 1) == 0 and (frozen == 0).all()

print("NumPy", numpy.__version__, "and DLPack", "0.x and 1.x" if 1 in versions else "0.x")
