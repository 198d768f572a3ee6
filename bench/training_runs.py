#!/usr/bin/env python3
"""The runs behind the tables of docs/training.md.

    bench/training_runs.py widths|products|schedules|stages|optimisers [--steps N] [--jobs N] [--threads N]
                           [--float-products bf16|bf16_tiles|f32] [--known-rates] [--out DIR]

Each run is one of examples/10_train_ste.cpp on the children's classics and fairy tales of
TRILITH_DATA; runs with vocabularies of one size share vocabulary and tokens. Runs that are there already are not
repeated, and one that was interrupted goes on where it was, so that hours can be spread over days.
Prints a table of the last validation, for `widths` how far ternary weights are behind, and for
`optimisers` the steps until the training loss, averaged over 50 steps, came below each of some
losses.
"""
import argparse
import concurrent.futures
import csv
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "examples" / "train_ste"
WIDTHS = {320: 864, 192: 512, 128: 352, 64: 176}  # width: that of the feed-forward network
HEAD_DIMS = {64: 32, 128: 32, 192: 32, 320: 64}
# Peaks to try with float32 weights. Their products are made in bfloat16 (--float-products);
# `products` holds that against products in float32.
FLOAT_RATES = {128: ("2.5e-3",), 192: ("4e-3", "2.5e-3", "1.5e-3"), 320: ("3e-3", "1.5e-3")}
KNOWN_RATES = {128: ("2.5e-3",), 192: ("2.5e-3",), 320: ("1.5e-3",)}  # the best of them
BASE = {"layers": 8, "vocabulary": 4096, "batch": 16, "micro-batch": 4, "length": 256, "warmup": 150,
        "seed": 1, "validate-every": 100, "validation-batches": 60, "checkpoint-every": 100}
# `schedules` compares them at several peaks and decays on a tiny model, `stages` two of them at width 128.
TINY = {"layers": 4, "vocabulary": 1024, "micro-batch": 16, "length": 128, "warmup": 100, "validation-batches": 30}
TINY_DECAYS = {"0.016": (0.1, 0.3, 1), "0.008": (0.1, 1)}  # by peak
TINY_SCHEDULES = (("single_stage", {}), ("two_stage", {}), ("two_stage", {"second-rate": 1}))
SHARED = ("vocabulary.model", "train.tokens", "validation.tokens")


def one(dim, weights, rate, schedule, optimiser="adamw", **others):
    """(name, options) of a run"""
    options = {"dim": dim, "ffn": WIDTHS[dim], "head-dim": HEAD_DIMS[dim], "weights": weights,
               "rate": rate, "schedule": schedule, "optimiser": optimiser, **others}
    parts = [str(dim), weights, optimiser, schedule, rate] + [f"{k}_{v}" for k, v in others.items() if k not in TINY]
    return "_".join(parts), options


def experiments(name, products, float_rates=FLOAT_RATES):
    """{run: options}"""
    if name == "widths":
        return dict(run for dim, rates in float_rates.items() for run in
                    (one(dim, "ternary", "4e-3", "two_stage"),
                     *(one(dim, "f32", rate, "cosine", gradients=products) for rate in rates)))
    if name == "products":
        return dict(one(128, "f32", FLOAT_RATES[128][0], "cosine", gradients=numbers)
                    for numbers in ("f32", products))
    if name == "schedules":
        return dict(one(64, "ternary", rate, schedule, decay=decay, **second, **TINY)
                    for rate, decays in TINY_DECAYS.items() for decay in decays for schedule, second in TINY_SCHEDULES)
    if name == "stages":
        return dict(one(128, "ternary", "4e-3", schedule) for schedule in ("two_stage", "single_stage"))
    return dict(one(128, "ternary", rate, "two_stage", optimiser, **others)
                for optimiser, rate, others in (("adamw", "4e-3", {}), ("muon", "0.02", {"others": 0.2}),
                                                ("muon_grokfast", "0.02", {"others": 0.2})))


def prepare(folder, shared):
    """The vocabulary and tokens that all runs share."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in SHARED:
        if (shared / file).exists() and not (folder / file).exists():
            shutil.copy(shared / file, folder / file)


def run(name, options, args):
    folder = args.out / name
    if (folder / "model.safetensors").exists():
        return
    options = {**BASE, "steps": args.steps, "threads": args.threads, **options}
    shared = args.out.parent / f"shared_{options['vocabulary']}"
    prepare(folder, shared)
    numbers = [x for key, value in options.items() for x in (f"--{key}", str(value))]
    print(f"== {name}", file=sys.stderr)
    with open(folder / "output.txt", "a") as output:
        subprocess.run([args.program, *args.corpus, "--validation", args.validation, "--run", folder,
                        "--resume", *numbers], check=True, stdout=output,
                       stderr=subprocess.STDOUT)
    prepare(shared, folder)
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


def show_gaps(names, args):
    """How many more bits a byte ternary weights need than the best float32 run of their width."""
    bits = {name: last_validation(log_of(args.out / name)) for name in names}
    for width in dict.fromkeys(name.split("_")[0] for name in names):
        ternary, floats = (min(b for name, b in bits.items() if name.startswith(f"{width}_{weights}_"))
                           for weights in ("ternary", "f32"))
        print(f"width {width}: ternary has {100 * (ternary / floats - 1):.1f} % more than float32 "
              f"({ternary:.4f}, {floats:.4f})")


def main():
    data = pathlib.Path(os.environ.get("TRILITH_DATA", ROOT / ".." / "shared" / "data")) / "corpora"
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("widths", "products", "schedules", "stages", "optimisers"))
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--jobs", type=int, default=1, help="runs at once")
    parser.add_argument("--threads", type=int, default=2, help="of each run")
    parser.add_argument("--float-products", choices=("bf16", "bf16_tiles", "f32"), default="bf16",
                        help="bf16_tiles is the fast one on CPUs with AMX")
    parser.add_argument("--known-rates", action="store_true",
                        help="of `widths`: only the peak that was the best for each float32 model")
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "training_runs")
    parser.add_argument("--corpus", nargs="+", default=[data / "childrens_classics_train.txt",
                                                        data / "fairytaleqa_train.txt"])
    parser.add_argument("--validation", default=data / "childrens_classics_val.txt")
    args = parser.parse_args()
    args.out = args.out / f"{args.steps}_steps"
    wanted = experiments(args.name, args.float_products, KNOWN_RATES if args.known_rates else FLOAT_RATES)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done in [pool.submit(run, name, options, args) for name, options in wanted.items()]:
            done.result()
    show(wanted, args)
    if args.name == "widths":
        show_gaps(wanted, args)


if __name__ == "__main__":
    main()
