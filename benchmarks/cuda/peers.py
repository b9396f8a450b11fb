#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls ../peers.py for this target."""

import pathlib
import runpy
import sys

script = pathlib.Path(__file__).resolve().parent.parent / "peers.py"
sys.path.insert(0, str(script.parent))
sys.argv[1:1] = ["--target", "cuda"]
runpy.run_path(str(script), run_name="__main__")
