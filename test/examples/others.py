#!/usr/bin/env python3
"""train_ste's --others, the rate of what Muon leaves to AdamW, reaches each optimiser that has one.

    test/examples/others.py PROGRAM
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

DEFAULTS = {"muon": "0.2", "muon_grokfast": "1"}  # as --help has them
CORPUS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "decisions.md"
SIZES = ["--vocabulary", "400", "--dim", "32", "--ffn", "48", "--head-dim", "16", "--layers", "1", "--length", "16",
         "--batch", "4", "--steps", "4", "--warmup", "1", "--threads", "1"]


def losses(program, optimiser, others):
    with tempfile.TemporaryDirectory() as run:
        options = ["--run", run, "--optimiser", optimiser, *([] if others is None else ["--others", others])]
        done = subprocess.run([program, str(CORPUS), *SIZES, *options], capture_output=True, text=True)
        if "TRILITH_HAS_SENTENCEPIECE" in done.stderr:
            print("skipped: built without SentencePiece.")
            sys.exit(77)
        if done.returncode != 0:
            sys.exit(f"expected a run of {optimiser}, found: {done.stderr}")
        with open(pathlib.Path(run) / "log.csv", newline="") as log:
            return [row["loss"] for row in csv.DictReader(log)]


def main():
    wrong = []
    for optimiser, default in DEFAULTS.items():
        usual, same, other = (losses(sys.argv[1], optimiser, others) for others in (None, default, "0.5"))
        if usual != same:
            wrong.append(f"{optimiser}: expected {default} of the rate by default, found {usual} beside {same}.")
        if usual[0] != other[0] or usual[-1] == other[-1]:
            wrong.append(f"{optimiser}: expected one first loss and two last ones, found {usual} and {other}.")
    print("\n".join(wrong) or "--others changes what is trained.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
