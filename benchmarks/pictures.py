# SPDX-License-Identifier: Apache-2.0
"""Pictures of benchmark results as SVG, by the standard library alone. The colours are those of
include/sinter/report/axis.hpp. Each function takes workloads as results.py groups them and returns
the text of a picture; equal results give equal text."""

import html
import math

OURS, INK, SOFT, GRID, AXIS = "#0072b2", "#1f2933", "#5f6b7a", "#e6e9ee", "#9aa5b1"
PEERS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333", "#7b4fb3", "#8c6d31",
         "#a3b93c", "#c2185b", "#00838f")


def number(x):
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def spelled_time(milliseconds):
    if milliseconds < 1e-3:
        return f"{milliseconds * 1e6:.0f} ns"
    return f"{milliseconds * 1e3:.1f} us" if milliseconds < 1 else f"{milliseconds:.3f} ms"


def spelled_rate(rate, unit):
    """49.0 GB/s, 1.2 Tflop/s"""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if rate >= factor:
            return f"{rate / factor:.3g} {prefix}{unit}"
    return f"{rate:.3g} {unit}"


class Canvas:
    """Shapes in the order they are drawn, on white."""

    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(width)}" '
            f'height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}" '
            "font-family=\"Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', "
            "'DejaVu Sans', sans-serif\" role=\"img\">",
            f"<title>{html.escape(title)}</title>"]
        self.rect(0, 0, width, height, "#ffffff")
        self.text(16, 26, title, size=15, bold=True)

    def add(self, tag, about="", **attributes):
        shown = " ".join(f'{key.replace("_", "-")}="{v if isinstance(v, str) else number(v)}"'
                         for key, v in attributes.items())
        inside = f"<title>{html.escape(about)}</title>" if about else ""
        self.parts.append(f"<{tag} {shown}>{inside}</{tag}>" if inside else f"<{tag} {shown}/>")

    def rect(self, x, y, width, height, fill, about=""):
        self.add("rect", about, x=x, y=y, width=max(width, 0), height=height, fill=fill)

    def line(self, x1, y1, x2, y2, stroke, width=1, dash=""):
        dashed = {"stroke_dasharray": dash} if dash else {}
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, **dashed)

    def dot(self, x, y, radius, fill, stroke="#ffffff", about=""):
        self.add("circle", about, cx=x, cy=y, r=radius, fill=fill, stroke=stroke)

    def text(self, x, y, words, size=11.5, color=INK, at="start", bold=False, turn=0):
        more = f' text-anchor="{at}"' if at != "start" else ""
        more += ' font-weight="600"' if bold else ""
        more += f' transform="rotate({turn} {number(x)} {number(y)})"' if turn else ""
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" '
                          f'fill="{color}"{more}>{html.escape(words)}</text>')

    def done(self):
        return "\n".join(self.parts) + "\n</svg>\n"


def colours(contestants, own):
    """A colour for each: the library blue, its parts one by one a paler blue, peers in turn."""
    chosen, peers = {}, iter(PEERS * 3)
    for who in contestants:
        chosen[who] = OURS if who == "sinter" else "#8fb8d8" if who in own else next(peers, AXIS)
    return chosen


def powers(low, high):
    return [10.0 ** p for p in range(math.ceil(math.log10(low) - 1e-9),
                                     math.floor(math.log10(high) + 1e-9) + 1)]


def bars(title, contestants, own, errors):
    """The time of each contestant of one workload, with its spread, and the least that the machine
    allows. `contestants`: who -> line; `errors`: who -> text."""
    lines = list(contestants.items())
    left, right, top, step, width = 130, 290, 52, 30, 800
    height = top + step * len(lines) + 34
    picture = Canvas(width, height, title)
    room = width - left - right
    longest = max(line["median_ms"] * (1 + line.get("spread", 0)) for _, line in lines)
    ours = contestants.get("sinter")
    for row, (who, line) in enumerate(lines):
        y = top + row * step
        time, spread = line["median_ms"], line.get("spread", 0)
        end = left + room * time / longest
        fill = OURS if who == "sinter" else "#8fb8d8" if who in own else "#b9c2cd"
        picture.text(left - 10, y + 15, who, size=12.5, at="end", bold=who == "sinter")
        picture.rect(left, y + 2, end - left, step - 11, fill)
        reach = room * time * spread / longest
        picture.line(end - reach, y + 11, end + reach, y + 11, INK, 1.5)
        label = spelled_time(time)
        if ours and who != "sinter":
            label += f", {time / ours['median_ms']:.2f} times ours"
        if errors.get(who):
            label += f", error {errors[who]}"
        picture.text(max(end + reach, left) + 8, y + 15, label, size=12)
    shares = [line["fraction_of_limit"] * line["median_ms"] for _, line in lines
              if "fraction_of_limit" in line]
    foot = top + step * len(lines)
    if shares and 0 < shares[0] <= longest:
        at = left + room * shares[0] / longest
        picture.line(at, top - 6, at, foot, PEERS[0], 1.5, "4 3")
        picture.text(at, foot + 16, f"limit of the machine: {spelled_time(shares[0])}",
                     color=PEERS[0], at="middle" if at > 170 else "start")
    return picture.done()


def ratios(title, rows):
    """The best peer's time over ours on a logarithmic scale. `rows`: (name, ratio, peer)."""
    left, right, top, step, width = 290, 130, 66, 19, 860
    height = top + step * len(rows) + 40
    picture = Canvas(width, height, title)
    picture.text(16, 44, "time of the best peer over sinter's: to the right, sinter is faster",
                 color=SOFT)
    low = min([0.5] + [ratio for _, ratio, _ in rows]) / 1.1
    high = max([2.0] + [ratio for _, ratio, _ in rows]) * 1.1

    def across(ratio):
        return left + (width - left - right) * math.log(ratio / low) / math.log(high / low)
    foot = top + step * len(rows)
    ticks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low <= t <= high]
    for tick in ticks:
        picture.line(across(tick), top - 6, across(tick), foot, AXIS if tick == 1 else GRID)
        picture.text(across(tick), foot + 18, f"{tick:g}", color=SOFT, at="middle")
    for row, (name, ratio, peer) in enumerate(rows):
        y = top + row * step
        start, end = sorted((across(1), across(ratio)))
        picture.text(left - 10, y + 13, name, size=11, at="end")
        picture.rect(start, y + 3, end - start, step - 6, OURS if ratio >= 1 else PEERS[0])
        picture.text(max(end, across(1)) + 6, y + 13, f"{ratio:.2f}  {peer}", size=11, color=SOFT)
    return picture.done()


def roofline(title, workloads, ceilings, own):
    """Flops for each byte against flops in a second, below what the machine was measured to do.
    `workloads`: name -> (who -> line); `ceilings`: lines. None where no workload counts both."""
    dots = []
    for name, contestants in workloads.items():
        for who, line in contestants.items():
            if line.get("flops", 0) > 0 and line.get("bytes", 0) > 0:
                dots.append((name, who, line["flops"] / line["bytes"],
                             line["flops"] / line["median_ms"] * 1e3))
    if not dots:
        return None
    memory, peaks = {}, []
    for line in ceilings:
        if line["unit"] == "B/s":
            memory[line["shape"]] = max(memory.get(line["shape"], 0), line["rate"])
        elif line["unit"] == "flop/s" and line["rate"] > 0:
            peaks.append((line["rate"], f"{line['who']} {line['dtype']}"))
    left, right, top, width, height, bottom = 84, 190, 48, 900, 560, 56
    low_x, high_x = (f(d[2] for d in dots) for f in (min, max))
    low_y, high_y = (f(d[3] for d in dots) for f in (min, max))
    low_x, high_x, low_y = low_x / 2, high_x * 2, low_y / 2
    high_y = max([high_y] + [rate for rate, _ in peaks]) * 1.6
    picture = Canvas(width, height, title)

    def across(x):
        return left + (width - left - right) * math.log(x / low_x) / math.log(high_x / low_x)

    def up(y):
        part = math.log(y / low_y) / math.log(high_y / low_y)
        return height - bottom - (height - bottom - top) * part
    for tick in powers(low_x, high_x):
        picture.line(across(tick), top, across(tick), height - bottom, GRID)
        picture.text(across(tick), height - bottom + 18, f"{tick:g}", color=SOFT, at="middle")
    for tick in powers(low_y, high_y):
        picture.line(left, up(tick), width - right, up(tick), GRID)
        picture.text(left - 8, up(tick) + 4, spelled_rate(tick, "flop/s"), color=SOFT, at="end")
    picture.text((left + width - right) / 2, height - 16, "flops for each byte", color=SOFT,
                 at="middle")
    roof = max((rate for rate, _ in peaks), default=high_y)
    for index, (shape, rate) in enumerate(memory.items()):
        begin, end = max(low_x, low_y / rate), min(high_x, roof / rate)
        if begin >= end:
            continue
        edge = index in (0, len(memory) - 1)
        picture.line(across(begin), up(begin * rate), across(end), up(end * rate),
                     INK if edge else AXIS, 1.5 if edge else 0.75, "" if edge else "3 3")
        if edge:  # along the line
            slope = -math.degrees(math.atan2(up(begin * rate) - up(end * rate),
                                             across(end) - across(begin)))
            at = begin * (end / begin) ** 0.08
            picture.text(across(at), up(at * rate) - 6, f"{shape} at {spelled_rate(rate, 'B/s')}",
                         color=INK, turn=round(slope, 1))
    fastest = max(memory.values(), default=0)
    for rate, name in peaks:
        begin = max(low_x, rate / fastest) if fastest else low_x
        picture.line(across(min(begin, high_x)), up(rate), width - right, up(rate), INK, 1.5)
        picture.text(width - right + 6, up(rate) - 1, name, size=10.5)
        picture.text(width - right + 6, up(rate) + 11, spelled_rate(rate, "flop/s"), size=10.5)
    seen = list(dict.fromkeys(who for _, who, _, _ in dots))
    colour = colours(sorted(seen, key=lambda who: (who != "sinter", who not in own, who)), own)
    for name in workloads:
        same = [(x, y) for n, _, x, y in dots if n == name]
        if len(same) > 1:
            picture.line(across(same[0][0]), up(min(y for _, y in same)), across(same[0][0]),
                         up(max(y for _, y in same)), GRID, 2)
    for name, who, x, y in sorted(dots, key=lambda d: d[1] == "sinter"):  # ours on top
        picture.dot(across(x), up(y), 5.5 if who == "sinter" else 3.5, colour[who],
                    about=f"{name}: {who}, {spelled_rate(y, 'flop/s')}")
    for row, (who, fill) in enumerate(colour.items()):
        y = height - bottom - 20 * (len(colour) - row) + 16
        picture.dot(width - right + 24, y - 4, 5.5 if who == "sinter" else 3.5, fill)
        picture.text(width - right + 36, y, who, size=12, bold=who == "sinter")
    return picture.done()
