#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes recurrent_cases.inc: states of PyTorch's recurrent cells after three time steps, in
double, for recurrent.cpp, which fills weights and inputs by the same rule.

usage: recurrent_cases.py > recurrent_cases.inc
"""

import torch

IN, HIDDEN, BATCH, STEPS = 3, 4, 2, 3
torch.set_default_dtype(torch.float64)


def rule(count, begin):
    """Element i of a tensor: sin of three times its number, in all."""
    return torch.sin(3.0 * torch.arange(begin, begin + count))


def filled(cell, gates):
    """Weights and biases, gate by gate: input weight, input bias, and those of the state."""
    number = 0
    with torch.no_grad():
        for weight, bias, rows in [(cell.weight_ih, cell.bias_ih, IN),
                                   (cell.weight_hh, cell.bias_hh, HIDDEN)]:
            for g in range(gates):
                part = slice(g * HIDDEN, (g + 1) * HIDDEN)
                weight[part] = rule(rows * HIDDEN, number).reshape(rows, HIDDEN).T
                number += rows * HIDDEN
                bias[part] = rule(HIDDEN, number)
                number += HIDDEN
    return cell


def cases():
    x = rule(STEPS * BATCH * IN, 1000).reshape(STEPS, BATCH, IN)
    for name, make, gates in [("rnn", torch.nn.RNNCell, 1), ("gru", torch.nn.GRUCell, 3),
                              ("lstm", torch.nn.LSTMCell, 4)]:
        cell = filled(make(IN, HIDDEN), gates)
        zero = torch.zeros(BATCH, HIDDEN)
        state = (zero, zero) if name == "lstm" else zero
        for t in range(STEPS):
            state = cell(x[t], state)
        yield name, (state[0] if name == "lstm" else state).flatten().tolist()
        if name == "lstm":
            yield "lstm_cell", state[1].flatten().tolist()


print("// Written by recurrent_cases.py with PyTorch " + torch.__version__ + "; do not edit.\n"
      "// clang-format off")
for name, values in cases():
    print(f'{{"{name}",\n  {{' + ",\n   ".join(", ".join(map(repr, values[at:at + 4]))
                                             for at in (0, 4)) + "}},")
