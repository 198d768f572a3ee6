#!/usr/bin/env python3
"""Draws the roofline of one run: GOPS over operations per byte of weights, one thread.

    bench/roofline.py KERNELS.json [docs/figures/roofline.svg] [--shape 6912x2560] [--threads 1]

KERNELS.json is what `tools/bench kernels --json` wrote. The slopes are the read bandwidths and the
levels the compute peaks of that run; a point is one (target, packing, batch), weights cold.
"""
import argparse
import json
import math
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 46, 56
X_RANGE = (4, 16384)
Y_RANGE = (20, 16384)
COLOURS = ["#d1495b", "#2e86ab", "#3c9d6b", "#b07d2b", "#8661c1", "#5f7480"]
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a; }
  .title { font-size: 15px; font-weight: 600; }
  .small { font-size: 10.5px; }
  .grid { stroke: #8b949e; stroke-opacity: .22; }
  .roof { stroke: #6e7781; stroke-width: 1.5; fill: none; }
  .slope { stroke: #6e7781; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; }
  .path { fill: none; stroke-width: 1; stroke-opacity: .45; }
  @media (prefers-color-scheme: dark) {
    text { fill: #a8b1bb; }
    .roof, .slope { stroke: #9aa4af; }
  }
"""


def at_x(value):
    low, high = map(math.log2, X_RANGE)
    return LEFT + (math.log2(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def at_y(value):
    low, high = map(math.log2, Y_RANGE)
    value = min(max(value, Y_RANGE[0]), Y_RANGE[1])
    return HEIGHT - BOTTOM - (math.log2(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{words}</text>'


def powers(bounds, step):
    value = bounds[0]
    while value <= bounds[1]:
        yield value
        value *= step


def axes():
    out = []
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for x in powers(X_RANGE, 4):
        out.append(f'<path class="grid" d="M{at_x(x):.1f} {TOP}V{bottom}"/>')
        out.append(text(at_x(x), bottom + 17, x, "small", "middle"))
    for y in (32, 128, 512, 2048, 8192):
        out.append(f'<path class="grid" d="M{LEFT} {at_y(y):.1f}H{right}"/>')
        out.append(text(LEFT - 8, at_y(y) + 4, y, "small", "end"))
    out.append(text((LEFT + right) / 2, HEIGHT - 16, "operations per byte of weights", "", "middle"))
    out.append(f'<g transform="rotate(-90 18 {(TOP + bottom) / 2})">'
               + text(18, (TOP + bottom) / 2, "GOPS", "", "middle") + "</g>")
    return out


def roofs(rows, threads):
    limits = {r["target"]: r for r in rows if r["bench"] == "limit" and r["threads"] == threads}
    top = max((r["gops"] for r in limits.values()), default=Y_RANGE[1])
    dram = limits["DRAM"]["gbps"]
    out = []
    for name in ("DRAM", "L2"):
        rate = limits[name]["gbps"]
        first, last = max(X_RANGE[0], Y_RANGE[0] / rate), min(X_RANGE[1], top / rate)
        out.append(f'<path class="slope" d="M{at_x(first):.1f} {at_y(first * rate):.1f}'
                   f'L{at_x(last):.1f} {at_y(last * rate):.1f}"/>')
        middle = first * (last / first) ** 0.8
        angle = -math.degrees(math.atan2(at_y(middle) - at_y(middle * 2), at_x(middle * 2) - at_x(middle)))
        x, y = at_x(middle), at_y(middle * rate) - 6
        out.append(f'<g transform="rotate({angle:.1f} {x:.1f} {y:.1f})">'
                   + text(x, y, f"{name}: {rate:.0f} GB/s", "small", "middle") + "</g>")
    for name in ("maddubs 256", "VNNI 512", "AMX"):
        peak = limits.get(name, {"gops": 0})["gops"]
        if peak:
            out.append(f'<path class="roof" d="M{at_x(max(peak / dram, X_RANGE[0])):.1f} {at_y(peak):.1f}H{WIDTH - RIGHT}"/>')
            out.append(text(WIDTH - RIGHT + 6, at_y(peak) + 4, f"{name}: {peak:,.0f}", "small"))
    return out


def mark(packing, x, y, colour, title):
    shapes = {"bits2": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.2"',
              "base3": f'<rect x="{x - 3.9:.1f}" y="{y - 3.9:.1f}" width="7.8" height="7.8"',
              "bits1": f'<path d="M{x:.1f} {y - 5:.1f}l4.8 8.6h-9.6z"'}
    return f'{shapes[packing]} fill="{colour}" fill-opacity=".85"><title>{title}</title></{shapes[packing][1:].split()[0]}>'


def points(rows, shape, threads):
    wanted = [r for r in rows if r["bench"] in ("gemv_cold", "gemm") and r["threads"] == threads
              and f'{r["rows"]}x{r["cols"]}' == shape and r["packing"] in ("bits1", "bits2", "base3")]
    targets = list(dict.fromkeys(r["target"] for r in wanted))
    colours = dict(zip(targets, COLOURS * 3))
    out, best = [], {}
    for target in targets:
        for packing in ("bits2", "base3", "bits1"):
            series = []
            for r in sorted(wanted, key=lambda r: r["batch"]):
                if (r["target"], r["packing"]) != (target, packing):
                    continue
                x = 2 * r["batch"] * {"bits2": 4, "base3": 5, "bits1": 8}[packing]
                series.append((at_x(x), at_y(r["gops"])))
                out.append(mark(packing, *series[-1], colours[target],
                                f'{target}, {packing}, {r["batch"]} tokens: {r["gops"]:g} GOPS'))
                best[packing, r["batch"]] = min(best.get((packing, r["batch"]), (0, 1e9)), series[-1],
                                                key=lambda p: p[1])
            if series:
                line = "L".join(f"{x:.1f} {y:.1f}" for x, y in series)
                out.insert(0, f'<path class="path" stroke="{colours[target]}" d="M{line}"/>')
    for (packing, batch), (x, y) in best.items():
        if packing == "base3":
            out.append(text(x, y - 9, batch, "small", "middle"))
    return out, colours


def legend(colours):
    x, y, out = WIDTH - RIGHT + 12, HEIGHT - BOTTOM - 18 * (len(colours) + 4), []
    for target, colour in colours.items():
        out.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        out.append(text(x + 17, y, target))
        y += 18
    for packing, words in (("bits2", "bits2"), ("base3", "base3"), ("bits1", "bits1")):
        y += 18
        out.append(mark(packing, x + 5, y - 4, "#8b949e", packing))
        out.append(text(x + 17, y, words))
    return out


def draw(rows, shape, threads):
    marks, colours = points(rows, shape, threads)
    many = "one thread" if threads == 1 else f"{threads} threads"
    title = f"{shape.replace('x', ' x ')} weights, cold, {many}; the numbers are tokens at once"
    body = [text(LEFT, 24, title, "title"), *axes(), *roofs(rows, threads), *marks, *legend(colours)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{title}">\n<style>{STYLE}</style>\n' + "\n".join(body) + "\n</svg>\n")


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("kernels")
    words.add_argument("svg", nargs="?", default=ROOT / "docs/figures/roofline.svg")
    words.add_argument("--shape", default="6912x2560")
    words.add_argument("--threads", type=int, default=1)
    given = words.parse_args()
    rows = json.loads(pathlib.Path(given.kernels).read_text())
    svg = pathlib.Path(given.svg)
    svg.parent.mkdir(parents=True, exist_ok=True)
    svg.write_text(draw(rows, given.shape, given.threads))


if __name__ == "__main__":
    main()
