#!/usr/bin/env python3
"""What it costs to compile against the library, next to its budgets. tools/bench compile_time runs it.

    run.py [--json FILE]      seconds (median of 5), peak memory, object code, lines, instantiations
    run.py --equal-layers     only checks that 2 and 60 layers instantiate equally much
    run.py --gate             only checks that no count has grown by more than 3 % over counts.json
    run.py --record           writes counts.json: for a growth that is intended

Files of corpus/ that are absent are left out. Seconds depend on the machine and are reported; the
counts do not, for one version of clang and of the headers below.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
INCLUDE = PROJECT / "include"
CORPUS = HERE / "corpus"
RECORD = HERE / "counts.json"
FLAGS = ["-std=c++20", "-O2", f"-I{INCLUDE}"]
RUNS = 5

sys.path.insert(0, str(PROJECT / "tools"))
import count_instantiations  # noqa: E402

# Per case: the file, its options, and budgets. "over" counts from the row of that name.
CASES = [
    ("umbrella", CORPUS / "include_only.cpp", [], {"seconds": 0.30, "lines": 30000}),
    ("bit_linear", CORPUS / "bit_linear.cpp", [],
     {"over": "umbrella", "seconds": 0.10, "classes": 600, "functions": 60}),
    ("decoder", CORPUS / "decoder.cpp", [], {"over": "umbrella", "seconds": 1.0, "classes": 3000}),
    ("decoder, 2 layers", CORPUS / "decoder.cpp", ["-DLAYERS=2"], {}),
    ("decoder, 60 layers", CORPUS / "decoder.cpp", ["-DLAYERS=60"], {}),
    ("kernels, every target", PROJECT / "cmake/kernels.cpp", [], {"seconds": 6.0, "megabytes": 700}),
    ("row kernels, every target", PROJECT / "cmake/row_kernels.cpp", [], {"seconds": 6.0, "megabytes": 700}),
    ("gradient kernels, every target", PROJECT / "cmake/gradient_kernels.cpp", [], {"seconds": 6.0, "megabytes": 700}),
    ("runtime", PROJECT / "cmake/runtime.cpp", ["-DTRILITH_HAS_JSON=1"], {}),
    ("sweep of 48 schemes", PROJECT / "examples/20_precision_sweep.cpp", [],
     {"runs": 1, "seconds": 60, "kilobytes": 8000}),
]
LEAF_BUDGET = {"seconds": 0.20}


def compilers():
    return [c for c in ("g++", "clang++") if shutil.which(c)]


def compile_once(compiler, source, options):
    """(seconds, megabytes of memory, kilobytes of object code) of one compilation."""
    with tempfile.NamedTemporaryFile(suffix=".o") as out:
        begin = time.perf_counter()
        pid = os.spawnlp(os.P_NOWAIT, compiler, compiler, *FLAGS, *options, "-c", str(source), "-o", out.name)
        _, code, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - begin
        if code != 0:
            sys.exit(f"{compiler} does not compile {source}.")
        return seconds, usage.ru_maxrss / 1024, os.stat(out.name).st_size / 1000


def lines(source, options):
    done = subprocess.run(["g++", *FLAGS, *options, "-E", "-P", str(source)], check=True, capture_output=True)
    return done.stdout.count(b"\n")


def measure(source, options, runs=RUNS):
    row = {"seconds": {}, "megabytes": {}, "kilobytes": {}, "lines": lines(source, options)}
    for compiler in compilers():
        taken = [compile_once(compiler, source, options) for _ in range(runs)]
        row["seconds"][compiler] = round(statistics.median(t[0] for t in taken), 3)
        row["megabytes"][compiler] = round(max(t[1] for t in taken))
        row["kilobytes"][compiler] = round(taken[0][2])
    if "clang++" in compilers():
        row.update(count_instantiations.count(source, options))
    return row


def slowest_leaf():
    """The header that takes longest alone, of those a program may include by itself."""
    leaves = [f for f in sorted((INCLUDE / "trilith").rglob("*.hpp"))
              if len(f.relative_to(INCLUDE).parts) > 2 and not f.name.endswith(("_impl.hpp", "-inl.hpp"))
              and f.name not in ("foreach.hpp", "eigen.hpp") and "interop" not in f.parts]
    once = {leaf: compile_once("g++", leaf, ["-x", "c++"])[0] for leaf in leaves}
    return max(once, key=once.get)


def value(row, key):
    """One number for a row: the slower compiler's."""
    held = row.get(key)
    return max(held.values()) if isinstance(held, dict) and held else held


def verdicts(rows, name, budgets):
    """(text, kept) per budget."""
    base = rows.get(budgets.get("over"), {})
    for key, most in budgets.items():
        if key in ("over", "runs") or value(rows[name], key) is None:
            continue
        got = value(rows[name], key) - (value(base, key) or 0)
        sign = "+" if base else ""
        yield f"{key} {sign}{got:.6g} of {sign}{most:g}: {'pass' if got <= most else 'MISS'}", got <= most


def describe(name, row):
    seconds = ", ".join(f"{c} {s:.2f} s" for c, s in row["seconds"].items())
    memory = max(row["megabytes"].values())
    counts = f", {row['classes']} classes, {row['functions']} functions" if "classes" in row else ""
    code = max(row["kilobytes"].values())
    return f"{name:26} {seconds}, {memory} MB, {row['lines']} lines, {code} kB of code{counts}"


def equal_layers():
    """The type of a decoder does not depend on how many layers it has."""
    source = CORPUS / "decoder.cpp"
    if not source.exists() or "clang++" not in compilers():
        print("skipped: needs clang++ and corpus/decoder.cpp.")
        return 77
    few, many = (count_instantiations.count(source, [f"-DLAYERS={n}"]) for n in (2, 60))
    print(f"2 layers: {few}\n60 layers: {many}")
    return 0 if few == many else 1


def counts():
    """Instantiations of the umbrella, one layer and a decoder, and the clang that counted them."""
    version = subprocess.run(["clang++", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    gated = {name: count_instantiations.count(source, flags) for name, source, flags, budgets in CASES[:3]}
    return {"compiler": version, "counts": gated}


def gate():
    """Fails where a count has grown by more than 3 %."""
    if "clang++" not in compilers():
        print("skipped: needs clang++.")
        return 77
    now, before = counts(), json.loads(RECORD.read_text())
    if now["compiler"] != before["compiler"]:
        print(f"skipped: counts.json is of {before['compiler']}, this is {now['compiler']}.")
        return 77
    grown = [f"{case}: {kind} grew from {before['counts'][case][kind]} to {count}"
             for case, kinds in now["counts"].items() for kind, count in kinds.items()
             if count > 1.03 * before["counts"][case][kind]]
    print("\n".join(grown) or f"no count has grown: {now['counts']}")
    return 1 if grown else 0


def record():
    RECORD.write_text(json.dumps(counts(), indent=2) + "\n")
    return 0


def report(options):
    rows, kept = {}, []
    budgets_of = {name: budgets for name, _, _, budgets in CASES}
    leaf = slowest_leaf()
    cases = CASES + [(f"leaf {leaf.relative_to(INCLUDE / 'trilith')}", leaf, ["-x", "c++"], LEAF_BUDGET)]
    for name, source, flags, budgets in cases:
        if not source.exists():
            print(f"{name:26} skipped: {source.relative_to(PROJECT)} is absent")
            continue
        rows[name] = measure(source, flags, budgets.get("runs", RUNS))
        budgets_of[name] = budgets
        print(describe(name, rows[name]), flush=True)
    print()
    for name in rows:
        for text, good in verdicts(rows, name, budgets_of[name]):
            kept.append(good)
            print(f"{name:26} {text}")
    print(f"\n{sum(kept)} of {len(kept)} budgets kept.")
    if options.json:
        options.json.write_text(json.dumps({"cases": rows, "kept": sum(kept), "budgets": len(kept)}, indent=2) + "\n")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Compile-time cost and its budgets.")
    parser.add_argument("--json", type=pathlib.Path, help="also write the numbers there")
    parser.add_argument("--equal-layers", action="store_true", help="only compare 2 and 60 layers")
    parser.add_argument("--gate", action="store_true", help="only compare the counts with counts.json")
    parser.add_argument("--record", action="store_true", help="write counts.json")
    options = parser.parse_args()
    if options.equal_layers:
        return equal_layers()
    if options.gate:
        return gate()
    return record() if options.record else report(options)


if __name__ == "__main__":
    sys.exit(main())
