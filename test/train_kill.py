#!/usr/bin/env python3
"""Kills a training program again and again, and compares what it ends with.

    test/train_kill.py [--kills N] [--seed S] [--signal KILL|INT] [--work DIR] PROGRAM [ARGUMENT ...]

"{directory}" in an argument becomes a directory, which is there and empty at first; without any, it
is the last argument. The program trains in it, goes on from its last checkpoint by itself, and
leaves checkpoints step_*.safetensors and a log *.csv somewhere below. It is run once to its end.
Then it is killed with SIGKILL, at times drawn at random and, every other time, while it writes a
checkpoint, and started again, until it ends; then from the beginning, until N kills have hit it.
Each time the last checkpoint (weights, optimiser, counters) must be the same bytes, and the log the
same but for its last two columns, which are times. Ends with 77 where the program does.

With --signal INT it is interrupted instead, as by Ctrl-C, and must end by itself, with 130 and a
checkpoint of the last step in its log.
"""
import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HALF_WRITTEN = "step_*.safetensors.??????"


def fail(sentence):
    sys.exit(f"train_kill: {sentence}")


def command_for(program, directory):
    if any("{directory}" in part for part in program):
        return [part.replace("{directory}", str(directory)) for part in program]
    return [*program, str(directory)]


def end_of(directory):
    """The last checkpoint's name and bytes, and the log without times."""
    checkpoints = sorted(directory.rglob("step_*.safetensors"))
    logs = sorted(directory.rglob("*.csv"))
    if not checkpoints or len(logs) != 1:
        fail(f"expected checkpoints and one log in {directory}, found {len(checkpoints)} and {len(logs)}.")
    rows = [line.rsplit(",", 2)[0] for line in logs[0].read_text().splitlines()]
    return checkpoints[-1].name, checkpoints[-1].read_bytes(), rows


def check_end(status):
    if status == 77:
        print("skipped: the program says that it cannot run here.")
        sys.exit(77)
    if status != 0:
        fail(f"expected the program to end with 0, it ended with {status}.")


def wait_for_checkpoint(child, directory, which):
    """Returns while the program writes its checkpoint number `which`, or when it has ended."""
    seen = set()
    while child.poll() is None:
        seen.update(file.name for file in directory.rglob(HALF_WRITTEN))
        if len(seen) > which:
            return


def check_interrupted(directory):
    """Nothing was lost: the last row of the log is the newest checkpoint's."""
    checkpoints = sorted(directory.rglob("step_*.safetensors"))
    rows = [row for log in directory.rglob("*.csv") for row in log.read_text().splitlines()[1:]]
    step = rows[-1].split(",")[0] if rows else "none"
    if not checkpoints or int(checkpoints[-1].name[5:17]) != int(step):
        fail(f"expected a checkpoint of step {step} after an interrupt, found {checkpoints[-1:]}.")


def hit(command, directory, draw, is_at_checkpoint, longest, how):
    """Whether the program was killed or interrupted; else it had ended by itself."""
    before = set(directory.rglob(HALF_WRITTEN))
    for file in before:
        file.unlink()  # so that those that come are new; the program removes them, too
    child = subprocess.Popen(command)
    if is_at_checkpoint:
        wait_for_checkpoint(child, directory, draw.randrange(4))
        time.sleep(draw.random() ** 4 * 0.004)  # mostly at once
    else:
        try:
            child.wait(draw.random() * longest)
        except subprocess.TimeoutExpired:
            pass
    if child.poll() is None:
        child.send_signal(how)
    status = child.wait()
    if status == 130 and how == signal.SIGINT:
        check_interrupted(directory)
        return True
    if status == -how:
        return True
    check_end(status)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--signal", choices=["KILL", "INT"], default="KILL")
    parser.add_argument("--work", default=None)
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        whole = pathlib.Path(work) / "whole"
        whole.mkdir()
        begin = time.monotonic()
        check_end(subprocess.run(command_for(options.program, whole)).returncode)
        took = time.monotonic() - begin
        expected = end_of(whole)
        killed = pathlib.Path(work) / "killed"
        kills = tries = ends = halves = 0
        is_over = True
        how = signal.SIGKILL if options.signal == "KILL" else signal.SIGINT
        while kills < options.kills or not is_over:
            if is_over:
                shutil.rmtree(killed, ignore_errors=True)
                killed.mkdir()
            longest = took / 3 if kills < options.kills else 1e6
            tries += 1
            is_over = not hit(command_for(options.program, killed), killed, draw,
                              tries % 2 == 0 and kills < options.kills, longest, how)
            kills += not is_over
            halves += not is_over and any(killed.rglob(HALF_WRITTEN))
            if is_over:
                ends += 1
                name, contents, rows = end_of(killed)
                if (name, contents) != expected[:2]:
                    fail(f"after {kills} kills the last checkpoint {name} differs from the uninterrupted run's.")
                if rows != expected[2]:
                    fail(f"after {kills} kills the log differs from the uninterrupted run's.")
    print(f"{tries} starts, {kills} signals while it ran, {halves} of them while it wrote a checkpoint; {ends} runs ended, "
          f"all like the uninterrupted one of {took:.2f} s.")
    if kills < 0.6 * tries or (how == signal.SIGKILL and halves == 0):
        fail("too few signals hit the program at work to tell anything; the program should run longer.")


if __name__ == "__main__":
    main()
