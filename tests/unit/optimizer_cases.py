#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes optimizer_cases.inc: nine parameters after six steps of PyTorch's optimisers, in double,
and after clipping, for optimizers.cpp.

usage: optimizer_cases.py > optimizer_cases.inc
"""

import torch

START = [1, -2, 3, -4, 5, -6, 0.5, 0, -0.5]


def slope(step):
    i = torch.arange(6, dtype=torch.float64)
    j = torch.arange(3, dtype=torch.float64)
    return torch.cat([torch.sin(step * 7 + i), torch.cos(step * 5 + j)])


def after(make, clip=None):
    w = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = make([w])
    for step in range(6):
        w.grad = slope(step)
        if clip:
            clip([w])
        optimizer.step()
    return w.tolist()


def cases():
    o, u = torch.optim, torch.nn.utils
    yield "sgd", after(lambda p: o.SGD(p, lr=0.1, momentum=0.9))
    yield "nesterov", after(lambda p: o.SGD(p, lr=0.1, momentum=0.9, nesterov=True))
    yield "rmsprop", after(lambda p: o.RMSprop(p, lr=0.05, alpha=0.9))
    yield "adam", after(lambda p: o.Adam(p, lr=0.05))
    yield "adamw", after(lambda p: o.AdamW(p, lr=0.05, weight_decay=0.1))
    plain = lambda p: o.SGD(p, lr=0.1)
    yield "clip_value", after(plain, lambda p: u.clip_grad_value_(p, 0.5))
    yield "clip_norm", after(plain, lambda p: u.clip_grad_norm_(p, 1.0))
    yield "clip_norm_wide", after(plain, lambda p: u.clip_grad_norm_(p, 100.0))
    w = torch.tensor(START, dtype=torch.float64)
    average = w.clone()
    for step in range(6):
        w = w - 0.1 * slope(step)
        average.lerp_(w, 1 - 0.9)
    yield "average", average.tolist()
    # The schedules, as factors at steps 0 to 8.
    p = [torch.nn.Parameter(torch.zeros(1))]
    for name, make in {
        "step_decay": lambda s: o.lr_scheduler.StepLR(s, 3, 0.5),
        "cosine_decay": lambda s: o.lr_scheduler.CosineAnnealingLR(s, 8, 0.1),
        "one_cycle": lambda s: o.lr_scheduler.OneCycleLR(s, 1.0, total_steps=9, pct_start=0.375,
                                                         cycle_momentum=False),
    }.items():
        optimizer = o.SGD(p, lr=1.0)
        schedule, factors = make(optimizer), []
        for _ in range(9):
            factors.append(schedule.get_last_lr()[0])
            optimizer.step()
            if len(factors) < 9:
                schedule.step()
        yield name, factors


print("// Written by optimizer_cases.py with PyTorch " + torch.__version__ + "; do not edit.\n"
      "// clang-format off")
for name, values in cases():
    print(f'{{"{name}",')
    for at in range(0, 9, 3):
        print("  " + "{"[at:] + ", ".join(repr(v) for v in values[at:at + 3]) + (",", ",", "}},")[at // 3])
