#!/usr/bin/env python3
"""Training speed against PyTorch: the same model, batch and threads, one after the other.

    tools/bench training [--json FILE] [--threads 1,2] [--rounds 2] [--quick] [model options]

Each row is the best of --rounds runs of a process of its own, and the engines take turns, so that
what else the machine does meets all of them. A row that reaches less than a third of the best one
is measured in the first round alone, and a run begins no step after --seconds (some CPUs take
minutes for one of PyTorch's in bfloat16). Ctrl-C ends it with a table of what is there. Rows:
engine, precision (of Trilith the numbers of the gradients' products, of PyTorch float32, float32
compiled, or bfloat16 autocast), threads, tokens_per_s, gflops (the operations of the mathematics, see training_torch.py), peak_mib. The last
lines give the ratio to the best row of PyTorch with as many threads.
"""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TORCH_PYTHON = ROOT / "build" / "torch" / "bin" / "python"
OURS = ROOT / "build" / "bench" / "bench" / "bench_training_steps"
SIZES = {"dim": 320, "ffn": 864, "layers": 8, "heads": 5, "kv-heads": 5, "vocab": 4096, "batch": 16,
         "length": 256}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the rows to this file")
    parser.add_argument("--threads", default="1,2", help="thread counts, with commas")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=60,
                        help="of a run, after which no step begins, once one was measured")
    parser.add_argument("--quick", action="store_true", help="one round of few steps")
    parser.add_argument("--weights", choices=("ternary", "float"), default="ternary")
    for name, value in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.steps = 1, 3
    return args


def engines(args, threads):
    """(name, command) of each row."""
    sizes = [x for name in SIZES for x in (f"--{name}", str(getattr(args, name.replace("-", "_"))))]
    shared = sizes + ["--threads", str(threads), "--steps", str(args.steps), "--seconds", str(args.seconds),
                      "--weights", args.weights]
    floats = ("f32", "bf16", "bf16_tiles")
    for precision in floats if args.weights == "float" else ("automatic", "int8x2", *floats):
        yield f"trilith {precision}", [str(OURS), *shared, "--precision", precision]
    if not TORCH_PYTHON.exists():
        return
    torch = [str(TORCH_PYTHON), str(ROOT / "bench" / "training_torch.py"), *shared]
    yield "torch f32", [*torch, "--precision", "f32"]
    yield "torch f32 compiled", [*torch, "--precision", "f32", "--compile"]
    yield "torch bf16", [*torch, "--precision", "bf16"]
    yield "torch bf16 compiled", [*torch, "--precision", "bf16", "--compile"]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"\n{command[0]} failed:\n{done.stderr}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def is_far_behind(best, name, threads):
    """Whether one more turn of this row could not change what the table says."""
    speeds = {row["name"]: row["tokens_per_s"] for row in best.values() if row["threads"] == threads}
    return name in speeds and speeds[name] < max(speeds.values()) / 3


def turns(args, best):
    """The rows in their order: (name, threads, command)"""
    for turn in range(args.rounds):
        for threads in map(int, args.threads.split(",")):
            for name, command in engines(args, threads):
                if not is_far_behind(best, name, threads):
                    print(f"round {turn + 1}/{args.rounds}, {threads} threads: {name}", end="",
                          file=sys.stderr, flush=True)
                    yield name, threads, command


def measure(args):
    best = {}
    try:
        for name, threads, command in turns(args, best):
            row = run(command)
            print(f", {row['tokens_per_s']:,.0f} tokens/s" if row else "", file=sys.stderr)
            known = best.get((name, threads))
            if row and (known is None or row["tokens_per_s"] > known["tokens_per_s"]):
                best[name, threads] = row | {"name": name, "threads": threads}
    except KeyboardInterrupt:
        print(", stopped", file=sys.stderr)
    return list(best.values())


def show(rows):
    print("| engine | threads | tokens/s | GFLOP/s | peak MiB |\n|---|---|---|---|---|")
    for row in sorted(rows, key=lambda r: (r["threads"], -r["tokens_per_s"])):
        print(f"| {row['name']} | {row['threads']} | {row['tokens_per_s']:,.0f} | "
              f"{row['gflops']:.0f} | {row['peak_mib']:.0f} |")
    for threads in sorted({row["threads"] for row in rows}):
        best = {engine: max((r["tokens_per_s"] for r in rows
                             if r["threads"] == threads and r["engine"] == engine), default=None)
                for engine in ("trilith", "torch")}
        if None not in best.values():
            print(f"{threads} threads: {best['trilith'] / best['torch']:.2f} times the best of PyTorch")


def main():
    args = arguments()
    if not TORCH_PYTHON.exists():
        print("PyTorch is not to be had (tools/setup torch): its rows are left out.", file=sys.stderr)
    rows = measure(args)
    show(rows)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
