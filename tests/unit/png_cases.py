#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes png_cases.inc: pictures as Pillow makes them, as text of C++. With --check FOLDER it reads
what the tests of png.cpp have left there, and compares.

usage: png_cases.py > png_cases.inc; png_cases.py --check FOLDER
"""

import io
import pathlib
import sys

import numpy as np
import PIL
from PIL import Image


def pixels(channels):
    """What both sides know: 37 times the pixel's number in the picture, modulo 256."""
    values = (np.arange(2 * 3 * channels) * 37 % 256).astype("u1")
    return values.reshape((2, 3, channels) if channels > 1 else (2, 3))


def file_of(image, **options):
    out = io.BytesIO()
    image.save(out, "png", **options)
    return out.getvalue()


def cases():
    for name, channels in {"grey": 1, "grey_alpha": 2, "rgb": 3, "rgba": 4}.items():
        yield name, file_of(Image.fromarray(pixels(channels)))
    wide = (np.arange(6) * 9001 % 65536).astype("u2").reshape(2, 3)
    yield "grey16", file_of(Image.fromarray(wide))
    yield "bits", file_of(Image.fromarray(np.array([[0, 255, 0], [255, 255, 0]], "u1")).convert("1"))
    palette = Image.new("P", (2, 1))
    palette.putpalette([1, 2, 3, 250, 251, 252])
    palette.putdata([1, 0])
    yield "palette", file_of(palette)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        folder = pathlib.Path(sys.argv[2])
        for channels in range(1, 5):
            got = np.array(Image.open(folder / f"channels{channels}.png"))
            assert (got == pixels(channels)).all(), channels
        got = np.array(Image.open(folder / "wide.png"))
        assert (got.ravel() == np.arange(6) * 9001 % 65536).all()
        print("5 files are what Pillow reads")
        return
    print(f"// Written by png_cases.py with Pillow {PIL.__version__}; do not edit.\n"
          "// clang-format off")
    for name, data in cases():
        print(f'{{"{name}",')
        text = "".join(f"\\x{byte:02x}" for byte in data)
        for at in range(0, len(text), 92):
            print(f' "{text[at:at + 92]}"')
        print(f" , {len(data)}}},")


if __name__ == "__main__":
    main()
