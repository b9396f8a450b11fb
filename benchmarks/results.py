#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the JSON lines of a run of benchmarks together: for each workload the library's time beside
the best peer's. Prints a table; with --write it also leaves FOLDER/<device>.json, which holds the
lines and what they were measured on, and the table as FOLDER/<device>.md.

usage: results.py LINES [--write FOLDER] [--about KEY=VALUE ...]
"""

import argparse
import json
import pathlib
import re
import sys

OWN = ("sinter", "unfused", "one by one")


def read(path):
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if not text.strip():
            continue
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError as mistake:
            sys.exit(f"results: {path}:{number}: {mistake}")
    return lines


def grouped(lines):
    """The lines of each workload; of what was measured twice, the last."""
    workloads = {}
    for line in lines:
        key = tuple(line.get(k, "") for k in ("workload", "shape", "dtype", "target"))
        workloads.setdefault(key, {})[line["who"]] = line
    return workloads


def add_ratios(workloads):
    for own in workloads.values():
        peers = [line["median_ms"] for who, line in own.items() if who not in OWN]
        for who, line in own.items():
            line.pop("ratio", None)
            if who in OWN and peers:
                line["ratio"] = round(min(peers) / line["median_ms"], 4)


def spelled(milliseconds):
    return f"{milliseconds * 1e3:.1f} us" if milliseconds < 1 else f"{milliseconds:.3f} ms"


def table(workloads):
    rows = [("workload", "shape", "dtype", "sinter", "of limit", "unfused", "best peer", "", "ratio")]
    for (name, shape, dtype, _), own in workloads.items():
        ours = own.get("sinter")
        peers = sorted((line["median_ms"], who) for who, line in own.items() if who not in OWN)
        unfused = next((own[w] for w in OWN[1:] if w in own), None)
        rows.append((
            name, shape, dtype,
            spelled(ours["median_ms"]) if ours else "",
            f"{ours['fraction_of_limit'] * 100:.0f} %" if ours else "",
            spelled(unfused["median_ms"]) if unfused else "",
            spelled(peers[0][0]) if peers else "", peers[0][1] if peers else "",
            f"{ours['ratio']:.2f}" if ours and "ratio" in ours else ""))
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    text = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in rows]
    text.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lines", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--about", action="append", default=[])
    options = parser.parse_args()
    if not options.lines.is_file():
        sys.exit(f"results: there is no file {options.lines}")
    workloads = grouped(read(options.lines))
    if not workloads:
        sys.exit(f"results: {options.lines} holds no lines")
    add_ratios(workloads)
    text = table(workloads)
    print(text, end="")
    if not options.write:
        return
    about = dict(item.split("=", 1) for item in options.about)
    lines = [line for own in workloads.values() for line in own.values()]
    device = about.get("device") or next((w["device"] for w in lines if w.get("device")), "device")
    name = re.sub(r"[^a-z0-9]+", "_", device.lower()).strip("_")
    options.write.mkdir(parents=True, exist_ok=True)
    head = {"device": device, **about}
    (options.write / f"{name}.json").write_text(json.dumps({**head, "lines": lines}, indent=1) + "\n")
    words = ", ".join(f"{key} {value}" for key, value in head.items())
    (options.write / f"{name}.md").write_text(f"# {device}\n\n{words}. Ratio: the best peer's time "
                                              f"over sinter's.\n\n{text}")
    print(f"results: written to {options.write}/{name}.json and .md")


if __name__ == "__main__":
    main()
