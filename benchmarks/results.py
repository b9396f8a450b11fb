#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the JSON lines of a run of benchmarks together: for each workload the library's time beside
the best peer's.

usage: results.py LINES [--write FOLDER [--about KEY=VALUE ...]] [--plot FOLDER]
       results.py --page [--check]

LINES is what `./run bench --json` wrote, or a file of benchmarks/results; its table is printed.
--write leaves FOLDER/<device>.json: the lines, and what they were measured on. --plot leaves a
roofline, the ratios, and the times of each workload as SVG. --page makes docs/performance.md and
its pictures from all files of benchmarks/results; with --check nothing is written, and the exit
status says whether they are already as they would be made.
"""

import argparse
import datetime
import json
import math
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import pictures  # noqa: E402  (the folder of this file is where Python looks first)

ROOT = pathlib.Path(__file__).resolve().parent.parent
OWN = ("sinter", "unfused", "one by one")
KEY = ("benchmark", "workload", "shape", "dtype", "target", "threads")
LEVEL = 0.05  # a ratio so close to 1 is neither's lead: such a part of it does not repeat


def checked(line, where):
    """The line, if it has what every line has."""
    if not isinstance(line, dict) or not isinstance(line.get("workload"), str) or \
            not isinstance(line.get("who"), str):
        sys.exit(f"results: {where}: want an object with \"workload\" and \"who\"")
    key = "rate" if line["workload"] == "ceiling" else "median_ms"
    value = line.get(key)
    if not isinstance(value, (int, float)) or not 0 <= value < math.inf or \
            (value == 0 and key == "median_ms"):
        sys.exit(f"results: {where}: want a number as \"{key}\"")
    return line


def read(path):
    """What the lines were measured on, and the lines."""
    if not path.is_file():
        sys.exit(f"results: there is no file {path}")
    text = path.read_text()
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        whole = None
    if isinstance(whole, dict) and isinstance(whole.get("lines"), list):
        about = {key: value for key, value in whole.items() if key != "lines"}
        lines = [checked(line, f"{path}: line {i}") for i, line in enumerate(whole["lines"], 1)]
    else:
        about, lines = {}, []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                lines.append(checked(json.loads(line), f"{path}:{number}"))
            except json.JSONDecodeError as mistake:
                sys.exit(f"results: {path}:{number}: {mistake}")
    if not any(line["workload"] != "ceiling" for line in lines):
        sys.exit(f"results: {path} holds no results")
    return about, lines


def grouped(lines):
    """The lines of each workload, who -> line; of what was measured twice, the last. A line that
    lacks a part of the key, such as one of a peer in Python, joins the first workload that has the
    others."""
    workloads = {}
    results = [line for line in lines if line["workload"] != "ceiling"]
    for line in sorted(results, key=lambda one: sum(k not in one for k in KEY)):  # stable
        key = tuple(line.get(k) for k in KEY)
        same = next((other for other in workloads
                     if all(a == b or a is None or b is None for a, b in zip(key, other))), key)
        workloads.setdefault(same, {})[line["who"]] = line
    return workloads


def ceilings(lines):
    """Of what was measured more than once, the highest: a ceiling is what was reached."""
    best = {}
    for line in lines:
        if line["workload"] == "ceiling":
            key = tuple(line.get(k, "") for k in ("target", "threads", "who", "shape", "dtype"))
            if key not in best or best[key]["rate"] < line["rate"]:
                best[key] = line
    return list(best.values())


def best_peer(contestants):
    peers = [(line["median_ms"], who) for who, line in contestants.items() if who not in OWN]
    return min(peers, default=None)


def add_ratios(workloads):
    for contestants in workloads.values():
        best = best_peer(contestants)
        for who, line in contestants.items():
            line.pop("ratio", None)
            if who in OWN and best and line["median_ms"] > 0:
                line["ratio"] = round(best[0] / line["median_ms"], 4)


def ratios(workloads):
    """(key, ratio, peer) of each workload that has a peer."""
    return [(key, own["sinter"]["ratio"], best_peer(own)[1]) for key, own in workloads.items()
            if "ratio" in own.get("sinter", {})]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def spelled_accuracy(line):
    """An error against double; "~" before it where it is the difference between two results."""
    if "accuracy" not in line or (line["accuracy"] == 0 and "against" not in line):
        return ""
    return ("" if line.get("against") == "double" else "~") + f"{line['accuracy']:.1e}"


def aligned(rows):
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    text = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in rows]
    text.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(text) + "\n"


def table(workloads):
    rows = [("workload", "shape", "dtype", "threads", "sinter", "of limit", "error", "unfused",
             "best peer", "", "its error", "ratio")]
    for (_, name, shape, dtype, _, threads), own in workloads.items():
        ours = own.get("sinter")
        best = best_peer(own)
        unfused = next((own[w] for w in OWN[1:] if w in own), None)
        share = ours.get("fraction_of_limit") if ours else None
        rows.append((
            name, shape or "", dtype or "", str(threads or ""),
            pictures.spelled_time(ours["median_ms"]) if ours else "",
            f"{share * 100:.0f} %" if share is not None else "",
            spelled_accuracy(ours) if ours else "",
            pictures.spelled_time(unfused["median_ms"]) if unfused else "",
            pictures.spelled_time(best[0]) if best else "", best[1] if best else "",
            spelled_accuracy(own[best[1]]) if best else "",
            f"{ours['ratio']:.2f}" if ours and "ratio" in ours else ""))
    return aligned(rows)


def summary(found):
    """One sentence about ratios."""
    values = [ratio for _, ratio, _ in found]
    lead = sum(v >= 1 + LEVEL for v in values)
    behind = sum(v <= 1 - LEVEL for v in values)
    level = len(values) - lead - behind
    return (f"geometric mean of the ratios {geometric_mean(values):.2f}; of {len(values)} "
            f"workloads sinter leads in {lead}, a peer in {behind}, and {level} are within "
            f"{LEVEL * 100:.0f} %")


def slug(text):
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def spelled_key(key):
    return " ".join(part for part in (key[1], key[2], key[3]) if part)


def spelled_threads(threads):
    return f"{threads} thread" + ("s" if threads != 1 else "") if threads else "any threads"


def by_threads(workloads):
    """(target, threads) -> its workloads, so that what is compared ran alike."""
    parts = {}
    for key, contestants in workloads.items():
        parts.setdefault((key[4], key[5]), {})[key] = contestants
    return parts


def overviews(device, workloads, limits):
    """File name -> picture: ratios and roofline for each number of threads."""
    made = {}
    for (target, threads), part in by_threads(workloads).items():
        words = spelled_threads(threads) if target == "cpu" else target
        found = ratios(part)
        if found:
            made[f"{slug(device)}_ratios_{slug(words)}.svg"] = pictures.ratios(
                f"{device}, {words}", [(spelled_key(k), ratio, peer) for k, ratio, peer in found])
        roofs = [line for line in limits
                 if line.get("target") == target and line.get("threads") == threads]
        picture = pictures.roofline(f"Roofline of {device}, {words}",
                                    {spelled_key(k): own for k, own in part.items()}, roofs, OWN)
        if roofs and picture:
            made[f"{slug(device)}_roofline_{slug(words)}.svg"] = picture
    return made


def plot(folder, device, workloads, limits):
    made = overviews(device, workloads, limits)
    for key, contestants in workloads.items():
        words = spelled_threads(key[5]) if key[4] == "cpu" else key[4] or ""
        name = slug(" ".join((key[0] or "", spelled_key(key), words)))
        made[f"{name}.svg"] = pictures.bars(f"{spelled_key(key)}, {words}", contestants, OWN,
                                            {who: spelled_accuracy(line)
                                             for who, line in contestants.items()})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in made.items():
            (folder / name).write_text(picture)
    except OSError as mistake:
        sys.exit(f"results: cannot write to {folder}: {mistake.strerror}")
    print(f"results: {len(made)} pictures in {folder}")


def device_of(about, lines):
    return about.get("device") or next((w["device"] for w in lines if w.get("device")), "device")


def write(folder, about, lines):
    """The results as they are committed."""
    def git(*words):
        done = subprocess.run(("git", "-C", ROOT, *words), capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else "unknown"
    device = device_of(about, lines)
    head = {"device": device, "cores": os.cpu_count(),
            "compiler": next((w["compiler"] for w in lines if "compiler" in w), "unknown"),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
            "commit": git("rev-parse", "--short", "HEAD"), **about}
    target = folder / f"{slug(device)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps({**head, "lines": lines}, indent=1) + "\n")
    except OSError as mistake:
        sys.exit(f"results: cannot write {target}: {mistake.strerror}")
    print(f"results: written to {target}; docs/performance.md follows by --page")


HEAD = """# Performance

Made by `python3 benchmarks/results.py --page` from `benchmarks/results`, which `./run bench --json`
and `results.py --write` fill; not to be edited.

Each contestant computes the same on the same memory, in turn; a time is the median of rounds.
*Ratio*: the best peer's time over sinter's, so more than 1 is a lead of sinter's. *Of limit*: the
time that the machine's ceilings, measured in the same run, would allow, over sinter's; in cache,
the ceiling is what memory of that size does. *Error*: relative to the largest element, against the
same in double, or after a `~` between two results. *Unfused*: sinter's own operations one by one.
"""


def section(about, lines):
    """The part of one machine, and its pictures by file name."""
    device = device_of(about, lines)
    workloads, limits = grouped(lines), ceilings(lines)
    add_ratios(workloads)
    words = [f"{key} {value}" for key, value in about.items() if key != "device"]
    text = [f"## {device}\n", ", ".join(words) + ".\n"]
    if not limits:
        text.append("These were held against a copy between large arrays alone, which workloads in "
                    "cache pass.\n")
    made = overviews(device, workloads, limits)
    for (target, threads), part in by_threads(workloads).items():
        shown = spelled_threads(threads) if target == "cpu" else target
        text.append(f"### {shown[0].upper()}{shown[1:]}\n")
        found = ratios(part)
        if found:
            text.append(f"{summary(found)[0].upper()}{summary(found)[1:]}.\n")
        programs = list(dict.fromkeys(key[0] for key, _, _ in found if key[0]))
        if len(programs) > 1:  # a plain loop is an easier peer than a library for products
            text.append("\n".join(f"- `{name}`: " + summary([f for f in found if f[0][0] == name])
                                  for name in programs) + "\n")
        for name in made:
            if name.endswith(f"_{slug(shown)}.svg"):
                kind = "Roofline" if "_roofline_" in name else "The best peer's time over sinter's"
                text.append(f"![{kind}](pictures/performance/{name})\n")
        roofs = [line for line in limits
                 if line.get("target") == target and line.get("threads") == threads]
        if roofs:
            text.append("Ceilings: " + "; ".join(
                " ".join(filter(None, (line["who"], line["dtype"], line["shape"]))) + " " +
                pictures.spelled_rate(line["rate"], line["unit"]) for line in roofs) + ".\n")
        behind = sorted((ratio, key, peer) for key, ratio, peer in found if ratio <= 1 - LEVEL)
        if behind:
            text.append("Where a peer leads, by how much it is faster:\n")
            text.append("\n".join(f"- {spelled_key(key)}: {peer}, {1 / ratio:.2f} times"
                                  for ratio, key, peer in behind) + "\n")
        text.append(table(part))
        rows = [("workload", "all contestants, fastest first, with errors")]
        for key, own in part.items():
            fastest = sorted(own.items(), key=lambda item: item[1]["median_ms"])
            rows.append((spelled_key(key), ", ".join(
                f"{who} {pictures.spelled_time(line['median_ms'])} "
                f"± {100 * line.get('spread', 0):.0f} % {spelled_accuracy(line)}".rstrip()
                for who, line in fastest)))
        text.append(f"<details><summary>All times</summary>\n\n{aligned(rows)}\n</details>\n")
    return "\n".join(text), made


def page(results):
    """Path below docs -> content, of the page and its pictures."""
    files, text = {}, [HEAD]
    for path in sorted(results.glob("*.json")):
        words, made = section(*read(path))
        text.append(words)
        files.update({f"pictures/performance/{name}": picture for name, picture in made.items()})
    return {"performance.md": "\n".join(text), **files}


def make_page(results, docs, check):
    """Writes the page, or says whether it is up to date: 0 or 1."""
    files = page(results)
    folder = docs / "pictures" / "performance"
    old = {f"pictures/performance/{p.name}" for p in folder.glob("*.svg")} - set(files)
    stale = [name for name, content in files.items()
             if not (docs / name).is_file() or (docs / name).read_text() != content] + sorted(old)
    if check:
        for name in stale:
            print(f"results: docs/{name} is not what benchmarks/results gives")
        if stale:
            print("results: `python3 benchmarks/results.py --page` makes it so")
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in old:
        (docs / name).unlink()
    for name, content in files.items():
        (docs / name).write_text(content)
    print(f"results: docs/performance.md and {len(files) - 1} pictures; {len(stale)} changed")
    return 0


def main():
    parser = argparse.ArgumentParser(
        usage="results.py LINES [--write FOLDER [--about KEY=VALUE ...]] [--plot FOLDER], or "
              "results.py --page [--check]")
    parser.add_argument("lines", type=pathlib.Path, nargs="?")
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--about", action="append", default=[])
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.page:
        return make_page(ROOT / "benchmarks" / "results", ROOT / "docs", options.check)
    if not options.lines or options.check:
        parser.error("want LINES, or --page")
    if any("=" not in item for item in options.about):
        parser.error("--about wants KEY=VALUE")
    about, lines = read(options.lines)
    workloads, limits = grouped(lines), ceilings(lines)
    add_ratios(workloads)
    print(table(workloads), end="")
    for (target, threads), part in by_threads(workloads).items():
        if ratios(part):
            words = f", {spelled_threads(threads)}" if target == "cpu" else ""
            print(f"{target}{words}: {summary(ratios(part))}")
    if options.write:
        about = {**about, **dict(item.split("=", 1) for item in options.about)}
        kept = [line for own in workloads.values() for line in own.values()]
        write(options.write, about, limits + kept)
    if options.plot:
        plot(options.plot, device_of(about, lines), workloads, limits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
