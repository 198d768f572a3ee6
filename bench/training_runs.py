#!/usr/bin/env python3
"""The runs behind the tables of docs/training.md, one after the other.

    bench/training_runs.py widths|schedules|optimisers [--steps N] [--threads N] [--out DIR]

Each run is one of examples/10_train_ste.cpp on the children's classics of TRILITH_DATA, with the
vocabulary and tokens of the first one. Runs that are there already are not repeated, and one that
was interrupted goes on where it was, so that hours can be spread over days. Prints a table of the
last validation, and for `optimisers` of the steps until the training loss, averaged over 50 steps,
came below each of some losses.
"""
import argparse
import csv
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "examples" / "train_ste"
WIDTHS = {128: 352, 192: 512, 320: 864}  # width: that of the feed-forward network
HEAD_DIMS = {128: 32, 192: 32, 320: 64}
TERNARY = ["--weights", "ternary", "--rate", "4e-3"]
BASE = {"layers": 8, "vocabulary": 4096, "batch": 16, "micro-batch": 4, "length": 256, "warmup": 150,
        "validate-every": 100, "validation-batches": 60, "checkpoint-every": 100}


def of_width(dim):
    return ["--dim", str(dim), "--ffn", str(WIDTHS[dim]), "--head-dim", str(HEAD_DIMS[dim])]


def floats(rate):
    return ["--weights", "f32", "--schedule", "cosine", "--rate", rate]


def experiments(name):
    """{run: options}"""
    if name == "widths":
        return {f"{dim}_{kind}": of_width(dim) + options for dim in WIDTHS for kind, options in
                (("ternary", TERNARY), ("f32_1e-3", floats("1e-3")), ("f32_2e-3", floats("2e-3")))}
    if name == "schedules":
        return {f"{schedule}_{rate}": of_width(192) + ["--schedule", schedule, "--rate", rate]
                for rate in ("1.5e-3", "4e-3", "8e-3") for schedule in ("two_stage", "single_stage")}
    return {f"{weights}_{optimiser}_{rate}":
            of_width(192) + ["--weights", weights, "--optimiser", optimiser, "--rate", rate]
            for weights in ("ternary", "f32")
            for optimiser, rate in (("adamw", "4e-3"), ("muon", "0.02"), ("muon_grokfast", "4e-3"))}


def prepare(folder, shared):
    """The vocabulary and tokens that all runs share."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("vocabulary.model", "train.tokens", "validation.tokens"):
        if (shared / file).exists() and not (folder / file).exists():
            shutil.copy(shared / file, folder / file)


def run(name, options, args):
    folder = args.out / name
    if (folder / "model.safetensors").exists():
        return
    prepare(folder, args.out)
    base = {**BASE, "steps": args.steps, "threads": args.threads}
    numbers = [x for key, value in base.items() for x in (f"--{key}", str(value))]
    print(f"== {name}", file=sys.stderr)
    subprocess.run([PROGRAM, args.corpus, "--validation", args.validation, "--run", folder, "--resume",
                    *numbers, *options], check=True, stdout=subprocess.DEVNULL)
    for file in ("vocabulary.model", "train.tokens", "validation.tokens"):
        if not (args.out / file).exists():
            shutil.copy(folder / file, args.out / file)
    shutil.rmtree(folder / "checkpoints")


def log_of(folder):
    with open(folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


def last_validation(rows):
    return next(float(r["validation_bits_per_byte"]) for r in reversed(rows)
                if r["validation_bits_per_byte"])


def steps_until(rows, loss, window=50):
    losses = [float(r["loss"]) for r in rows]
    for step in range(window, len(losses) + 1):
        if sum(losses[step - window:step]) / window <= loss:
            return str(step)
    return "-"


def show(names, args):
    targets = (5.5, 5.0, 4.75, 4.5) if args.name == "optimisers" else ()
    print("| run | bits a byte |" + "".join(f" steps to {t} |" for t in targets))
    print("|---|---|" + "---|" * len(targets))
    for name in names:
        rows = log_of(args.out / name)
        print(f"| {name.replace('_', ' ')} | {last_validation(rows):.4f} |" +
              "".join(f" {steps_until(rows, t)} |" for t in targets))


def main():
    data = pathlib.Path(os.environ.get("TRILITH_DATA", ROOT / ".." / "shared" / "data")) / "corpora"
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("widths", "schedules", "optimisers"))
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "training_runs")
    parser.add_argument("--corpus", default=data / "childrens_classics_train.txt")
    parser.add_argument("--validation", default=data / "childrens_classics_val.txt")
    args = parser.parse_args()
    args.out = args.out / f"{args.steps}_steps"
    wanted = experiments(args.name)
    for name, options in wanted.items():
        run(name, options, args)
    show(wanted, args)


if __name__ == "__main__":
    main()
