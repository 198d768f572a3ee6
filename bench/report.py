#!/usr/bin/env python3
"""Writes the figures of a run into docs/performance.md, and draws docs/figures/roofline.svg.

    bench/report.py DIRECTORY            kernels.json, model.json, operations.json, growth.json there;
                                         a file that is absent leaves its tables as they are
    bench/report.py DIRECTORY --print    prints the tables, changes nothing

`tools/bench report` measures all and ends with this. A table stands between the lines
<!-- figures: NAME --> and <!-- end -->.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"

# What others reach on another machine of the same kind, with one thread (two).
PEERS_DECODE = [("bitnet.cpp I2_S", "2 bits", "260 (137)", "727 (380)", "1567 (1078)"),
                ("bitnet.cpp TL2", "1.67 bits", "178 (108)", "500 (262)", "1269 (716)"),
                ("llama.cpp TQ2_0", "2.06 bits", "273 (151)", "771 (413)", "1906 (1002)"),
                ("ik_llama.cpp IQ2_BN, huge pages", "2 bits", "127 (78)", "416 (187)", "")]
PEERS_PREFILL = [("bitnet.cpp I2_S", "2 bits", "229 (442)", "229 (450)"),
                 ("ik_llama.cpp IQ2_BN_R4", "2 bits", "357 (709)", "381 (741)"),
                 ("oneDNN, AMX", "8 bits", "2472 (5006)", "2524 (4922)")]
PEERS_MODEL = [("bitnet.cpp I2_S, f16 head", "26.5 (51)", "6.6 (11.9)", "1237"),
               ("bitnet.cpp I2_S, Q6_K head", "", "9.1 (14.9)", "791"),
               ("ik_llama.cpp IQ2_BN", "55 (99)", "10.3 (17.5)", "911"),
               ("ik_llama.cpp IQ2_BN_R4", "72 (131)", "9.7 (15.5)", "911")]
SHAPES = {"2b": "2B4T", "700m": "700M"}


def table(header, rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [header, *rows]]
    lines.insert(1, "|" + "---|" * len(header))
    return "\n".join(lines)


def figure(value):
    """Three significant digits."""
    if not value:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def share(value):
    return f"{100 * value:.0f}%" if value else "-"


def unique(values):
    return list(dict.fromkeys(values))


class Rows:
    """Rows of a JSON file, found by the values of some of their members."""

    def __init__(self, rows):
        self.rows = rows
        self.threads = sorted({r["threads"] for r in rows if "threads" in r})

    def all(self, **wanted):
        return [r for r in self.rows if all(r.get(k) == v for k, v in wanted.items())]

    def value(self, member, **wanted):
        return next((r[member] for r in self.all(**wanted)), 0)

    def pair(self, member, write=figure, **wanted):
        """With one thread, and in brackets with all."""
        one, *more = [write(self.value(member, threads=n, **wanted)) for n in self.threads]
        return f"{one} ({more[-1]})" if more else one


def limits_table(k):
    rows = [(r["target"], k.pair("gbps", bench="limit", target=r["target"]) if r["gbps"] else "",
             k.pair("gops", bench="limit", target=r["target"]) if r["gops"] else "")
            for r in k.all(bench="limit", threads=k.threads[0])]
    return table(["limit", "GB/s", "GOPS"], rows)


def integer_targets(k):
    return unique(r["target"] for r in k.all(bench="gemm"))


SHAPES_OF_512 = [(2560, 2560), (6912, 2560)]


def kernels_shown(k):
    """Ternary packings of the best target and of those with goals; binary weights with the best."""
    targets = [t for i, t in enumerate(integer_targets(k)) if i == 0 or t in ("AVX3_VNNI", "AVX2")]
    return [(t, p) for t in targets for p in ("bits2", "base3", "bits1") if p != "bits1" or t == targets[0]]


def decode_table(k):
    shapes = [(2560, 2560), (6912, 2560), (11008, 4096)]
    rows = []
    for target, packing in kernels_shown(k):
        same = {"bench": "gemv_cold", "target": target, "packing": packing}
        rows.append((target, packing, *[
            k.pair("us", rows=r, cols=c, **same) + ", " + k.pair("share", share, rows=r, cols=c, **same)
            for r, c in shapes]))
    rows += PEERS_DECODE
    return table(["us, share of the read bandwidth", "", *[f"{r}x{c}" for r, c in shapes]], rows)


def prefill_table(k):
    rows = []
    for target, packing in kernels_shown(k):
        same = {"bench": "gemm", "batch": 512, "target": target, "packing": packing}
        rows.append((target, packing, *[
            k.pair("gops", rows=r, cols=c, **same) + ", " + k.pair("share", share, rows=r, cols=c, **same)
            for r, c in SHAPES_OF_512]))
    rows += PEERS_PREFILL
    return table(["GOPS, share of the peak", "", *[f"{r}x{c}" for r, c in SHAPES_OF_512]], rows)


def batch_table(k):
    best = integer_targets(k)[0]
    rows = []
    for batch in sorted({r["batch"] for r in k.rows if r["bench"] in ("gemv_cold", "gemm")}):
        bench = "gemv_cold" if batch == 1 else "gemm"
        cells = []
        for packing in ("bits2", "base3"):
            for member in ("us", "gops"):
                cells.append(k.pair(member, bench=bench, batch=batch, target=best, packing=packing, rows=6912, cols=2560))
        rows.append((batch, *cells))
    return table([f"tokens ({best})", "bits2, us", "bits2, GOPS", "base3, us", "base3, GOPS"], rows)


def peak(m, **wanted):
    """The most memory of one thread's run: of the prompt or of generation, whichever takes more."""
    generation = [r["peak_mib"] for r in m.all(phase="generation", threads=m.threads[0], **wanted)]
    alone = {key: value for key, value in wanted.items() if key != "batch"}  # prompts are of one sequence
    prompt = [r["peak_mib"] for r in m.all(phase="prompt", threads=m.threads[0], **alone)]
    return max(generation + prompt, default=0)


def model_table(m):
    rows = []
    for shape in unique(r["shape"] for r in m.rows):
        for context in unique(r["context"] for r in m.all(shape=shape)):
            same = {"shape": shape, "context": context}
            batches = [m.pair("tokens_per_s", phase="generation", batch=b, **same) for b in (1, 2, 4, 8)]
            peaks = [peak(m, batch=b, **same) for b in (1, 8)]
            rows.append((SHAPES[shape], context, m.pair("tokens_per_s", phase="prompt", **same), *batches,
                         " / ".join(map(figure, peaks))))
    return table(["model", "context", "prompt", "1 sequence", "2", "4", "8", "peak MiB, 1 / 8"], rows)


def ends_table(m):
    same = {"shape": "2b", "context": 0, "batch": 1}
    ours = ("Trilith, base3, int8 head", m.pair("tokens_per_s", phase="prompt", **same),
            m.pair("tokens_per_s", phase="generation", **same),
            figure(peak(m, **same)))
    return table(["2B4T", "prompt of 512, tokens/s", "generation, tokens/s", "peak MiB"], [ours, *PEERS_MODEL])


def operations_table(o):
    parts = ["products", "head", "attention", "ffn", "rest"]
    rows = []
    for r in o.all(part="products"):
        if (r["batch"], r["context"]) in ((1, 0), (8, 0)) or (r["batch"], r["context"], r["phase"]) == (1, 4096, "generation"):
            same = {key: r[key] for key in ("shape", "phase", "batch", "context")}
            rows.append((SHAPES[r["shape"]], r["phase"], r["batch"], r["context"],
                         *[share(o.value("share", part=p, **same)) for p in parts]))
    return table(["model", "phase", "batch", "context", *parts], rows)


def growth_table(g):
    rows = [(r["table"], r["value"], figure(r["us_per_token"]), figure(r["prompt_tokens_per_s"]), figure(r["peak_mib"]))
            for r in g.rows if r["table"] != "projection"]
    return table(["", "value", "us a token", "prompt, tokens/s", "peak MiB"], rows)


def projection_table(g):
    rows = [(r["shape"], r["threads"], figure(r["gib"]), figure(r["tokens_per_s"]), figure(r["gbps"]),
             *[f'{r[f"cores_for_{rate}"]} cores, {figure(r[f"gbps_for_{rate}"])} GB/s' for rate in (5, 7)])
            for r in g.all(table="projection")]
    return table(["shape", "threads", "GiB", "tokens/s here", "GB/s here", "for 5 tokens/s", "for 7 tokens/s"], rows)


def kernel_goals(k):
    top = integer_targets(k)[0]
    shapes = [{"rows": r, "cols": 2560, "threads": n} for r in (2560, 6912) for n in k.threads]
    cold = [{p: k.value("us", bench="gemv_cold", target=top, packing=p, **s) for p in ("bits2", "base3")} for s in shapes]
    reached = min(k.value("share", bench="gemv_cold", target=top, packing="bits2", **s) for s in shapes)
    faster = min((c["bits2"] / c["base3"] for c in cold if c["base3"]), default=0)
    rows = [("bits2, cold, share of the read bandwidth, worst of four cases", "90%", share(reached)),
            ("base3 against bits2 there, worst of four cases", "1.15x", f"{faster:.2f}x")]
    for target, goal in (("AMX", "3,000"), ("AVX3_VNNI", "700"), ("AVX2", "300")):
        most = max(k.value("gops", bench="gemm", target=target, packing=p, rows=r, cols=c, batch=512, threads=1)
                   for p in ("bits2", "base3") for r, c in SHAPES_OF_512)
        rows.append((f"512 tokens, {target}, bits2 or base3, the better shape below, GOPS a core", goal, figure(most)))
    return rows


def model_goals(m):
    same = {"shape": "2b", "context": 0}
    eight, one = [m.value("tokens_per_s", phase="generation", batch=b, threads=m.threads[0], **same) for b in (8, 1)]
    return [("2B4T, prompt of 512, tokens/s, 1 (2) threads", "500 (900)", m.pair("tokens_per_s", phase="prompt", **same)),
            ("2B4T, generation, tokens/s, 1 (2) threads", "20 (38)", m.pair("tokens_per_s", phase="generation", batch=1, **same)),
            ("2B4T, peak memory of prompt and generation, MiB", "780", figure(peak(m, batch=1, **same))),
            ("8 sequences against one, tokens/s", "6x", f"{eight / one:.1f}x" if one else "-")]


def goals_table(k, m):
    return table(["goal", "wanted", "reached"], kernel_goals(k) + model_goals(m))


def tables(directory):
    """name -> table, for the files that are there."""
    def load(name):
        file = directory / f"{name}.json"
        return Rows(json.loads(file.read_text())) if file.exists() else None
    k, m, o, g = map(load, ("kernels", "model", "operations", "growth"))
    makers = {"limits": (limits_table, k), "decode": (decode_table, k), "prefill": (prefill_table, k),
              "batches": (batch_table, k), "ends": (ends_table, m), "model": (model_table, m),
              "operations": (operations_table, o), "growth": (growth_table, g), "projection": (projection_table, g)}
    out = {name: make(rows) for name, (make, rows) in makers.items() if rows and rows.rows}
    if k and m:
        out["goals"] = goals_table(k, m)
    return out


def put(page, name, words):
    pattern = re.compile(rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)", re.S)
    if not pattern.search(page):
        sys.exit(f"bench/report.py: docs/performance.md has no line <!-- figures: {name} -->.")
    return pattern.sub(lambda found: found[1] + words + "\n" + found[2], page)


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("directory", type=pathlib.Path)
    words.add_argument("--print", action="store_true", dest="only_print")
    given = words.parse_args()
    made = tables(given.directory)
    if not made:
        sys.exit(f"bench/report.py: no results in {given.directory}.")
    if given.only_print:
        print("\n\n".join(f"{name}\n\n{words}" for name, words in made.items()))
        return
    page = PAGE.read_text()
    for name, lines in made.items():
        page = put(page, name, lines)
    PAGE.write_text(page)
    kernels = given.directory / "kernels.json"
    if kernels.exists():
        subprocess.run([sys.executable, ROOT / "bench/roofline.py", kernels], check=True)


if __name__ == "__main__":
    main()
