#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes einsum_cases.inc: what NumPy's einsum makes of the operands of einsum.cpp.

usage: einsum_cases.py > einsum_cases.inc
"""

import numpy as np


def filled(*shape):
    """Small whole numbers, so that sums are exact: the same in einsum.cpp."""
    count = int(np.prod(shape))
    return (np.arange(count) * 7 % 11 - 5).astype(np.float64).reshape(shape)


CASES = {
    "i->": (filled(4),),
    "ij->ji": (filled(3, 4),),
    "ij->i": (filled(3, 4),),
    "ii->i": (filled(3, 3),),
    "ii": (filled(3, 3),),
    "iij->j": (filled(3, 3, 2),),
    "ijij->ij": (filled(2, 3, 2, 3),),
    "ba": (filled(2, 3),),
    "i,i->": (filled(5), filled(5)),
    "i,i->i": (filled(5), filled(5)),
    "i,j->ij": (filled(3), filled(4)),
    "i,j->ji": (filled(3), filled(4)),
    "ij,jk->ik": (filled(3, 4), filled(4, 5)),
    "ij,jk": (filled(3, 4), filled(4, 5)),
    "ij,kj->ki": (filled(3, 4), filled(5, 4)),
    "ij,j->i": (filled(3, 4), filled(4)),
    "j,ij->i": (filled(4), filled(3, 4)),
    "ij,ij->": (filled(3, 4), filled(3, 4)),
    "ij,ij->j": (filled(3, 4), filled(3, 4)),
    "ij,kl->ik": (filled(3, 4), filled(2, 5)),
    "ii,ij->j": (filled(3, 3), filled(3, 2)),
    "bij,bjk->bik": (filled(2, 3, 4), filled(2, 4, 5)),
    "bqhd,bkhd->bhqk": (filled(2, 3, 2, 4), filled(2, 5, 2, 4)),
    "abij,kji->bka": (filled(2, 3, 2, 4), filled(5, 4, 2)),
    "bij,bjk->bk": (filled(2, 3, 4), filled(2, 4, 5)),
    "bij,bjk->bik one": (filled(1, 3, 4), filled(2, 4, 5)),
    "ij,jk one": (filled(3, 1), filled(4, 5)),
    "abcdx,abcdx->abcd": (filled(2, 1, 2, 2, 3), filled(2, 1, 2, 2, 3)),
    "abcdex,abcdxf->abcdef": (filled(1, 2, 1, 2, 3, 2), filled(1, 2, 1, 2, 2, 4)),
    "ij,jk,kl->il": (filled(2, 3), filled(3, 4), filled(4, 2)),
    "i,j,k->kij": (filled(2), filled(3), filled(2)),
    "bi,ij,bj->b": (filled(2, 3), filled(3, 4), filled(2, 4)),
    "ij,kl,mn->": (filled(2, 2), filled(2, 2), filled(2, 2)),
}


def main():
    print(f"// Written by einsum_cases.py with NumPy {np.__version__}; do not edit.")
    print("// clang-format off")
    for name, operands in CASES.items():
        value = np.asarray(np.einsum(name.split(" one")[0], *operands))
        shape = ", ".join(map(str, value.shape))
        print(f'{{"{name}", {{{shape}}}, {{')
        row = " "
        for number in value.ravel():
            text = f"{float(number):.17g},"
            if len(row) + len(text) > 98:
                print(row)
                row = " "
            row += " " + text
        print(row)
        print("}},")


main()
