#!/usr/bin/env python3
"""Runs fuzz targets on their seeds and regressions, then looks for new inputs.

    run.py [--minutes 15] [--jobs 2] [--binaries DIR] [TARGET...]   a long session
    run.py --seconds 20 TARGET                                      what ctest does
    run.py --merge [TARGET...]                                      what was found becomes seeds

Prints for each target executions, executions per second, edges covered, inputs that were worth
keeping, and findings; ends with 1 where there is one. A session keeps its inputs in
DIR/corpus/TARGET and its findings in DIR/findings; a run of seconds starts from the committed seeds
each time. TRILITH_FUZZ_SECONDS overrides --seconds. docs/fuzzing.md says more.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NOT_TARGETS = {"make_seeds"}
LIMITS = ["-rss_limit_mb=2048", "-timeout=10"]
MOST_SEEDS, MOST_BYTES = 60, 150_000  # of the committed ones of a target


def all_targets():
    return sorted(f.stem for f in HERE.glob("*.cpp") if f.stem not in NOT_TARGETS)


def inputs_of(name):
    """The committed folders of a target."""
    return [str(d) for d in (HERE / "corpus" / name, HERE / "regressions" / name) if d.is_dir()]


def environment(scratch):
    """Of a target: its scratch files lie in memory where there is such a place."""
    out = dict(os.environ, TMPDIR=scratch)
    out.setdefault("TRILITH_DATA", str(ROOT.parent / "shared" / "data"))
    return out


def scratch_directory():
    memory = "/dev/shm"
    return tempfile.TemporaryDirectory(prefix="trilith_fuzz.",
                                       dir=memory if os.access(memory, os.W_OK) else None)


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def dictionary(name):
    file = HERE / f"{name}.dict"
    return [f"-dict={file}"] if file.exists() else []


def fuzz(name, options):
    """One target; a row of the table."""
    findings = options.binaries / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    with scratch_directory() as scratch:
        corpus = pathlib.Path(scratch) / "corpus" if options.seconds else options.binaries / "corpus" / name
        corpus.mkdir(parents=True, exist_ok=True)
        seconds = options.seconds or round(options.minutes * 60)
        command = [str(options.binaries / name), str(corpus), *inputs_of(name), *LIMITS,
                   *dictionary(name), f"-max_total_time={seconds}", "-print_final_stats=1",
                   f"-artifact_prefix={findings}/{name}-"]
        run = subprocess.run(command, env=environment(scratch), text=True, errors="replace",
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        kept = len(list(corpus.iterdir()))
    new = sorted(str(f) for f in set(findings.iterdir()) - before if f.name.startswith(name + "-"))
    log = findings / f"{name}.log"
    log.write_text(run.stderr)
    runs = last_number(r"stat::number_of_executed_units: (\d+)", run.stderr)
    return {"target": name, "executions": runs,
            "per second": last_number(r"stat::average_exec_per_sec:\s+(\d+)", run.stderr),
            "edges": last_number(r"cov: (\d+)", run.stderr), "inputs": kept,
            "findings": len(new) or int(run.returncode != 0),
            "report": report_of(run, new, log) if run.returncode or new else ""}


def report_of(run, new, log):
    """What went wrong, in a few lines."""
    telling = re.compile(r"^fuzz: |ERROR: |runtime error: |^SUMMARY: |^    #\d+ .*trilith")
    lines = [line[:240] for line in run.stderr.splitlines() if telling.search(line)][:12]
    return "\n".join([f"exit status {run.returncode}; {log}", *new, *lines])


def print_table(rows):
    columns = ["target", "executions", "per second", "edges", "inputs", "findings"]
    width = {c: max(len(c), *(len(str(r[c])) for r in rows)) for c in columns}
    for cells in [{c: c for c in columns}, *rows]:
        print("  ".join(str(cells[c]).ljust(width[c]) if c == "target" else str(cells[c]).rjust(width[c])
                        for c in columns))
    for row in rows:
        if row["report"]:
            print(f"\n{row['target']}: {row['report']}")


def merge(name, options):
    """Makes the committed seeds anew: of all inputs a few that together reach most edges."""
    sources = [options.binaries / "corpus" / name, options.binaries / "seeds" / name,
               HERE / "corpus" / name]
    with scratch_directory() as scratch:
        out, control = pathlib.Path(scratch) / "merged", pathlib.Path(scratch) / "control"
        out.mkdir()
        subprocess.run([str(options.binaries / name), "-set_cover_merge=1", "-use_counters=0",
                        f"-merge_control_file={control}", *LIMITS, str(out),
                        *(str(d) for d in sources if d.is_dir())],
                       env=environment(scratch), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        contents = {}
        edges = edges_by_input(control)
        chosen, reached = few_of(edges, contents)
    target = HERE / "corpus" / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in chosen:
        (target / hashlib.sha1(contents[file]).hexdigest()).write_bytes(contents[file])
    print(f"{name}: {len(chosen)} seeds of {len(edges)} inputs, "
          f"{sum(len(contents[f]) for f in chosen)} bytes, "
          f"{reached} of {len(set().union(*edges.values()))} edges")


def edges_by_input(control):
    """What libFuzzer's control file of a merge says: first the files, then "FT number edges..."."""
    lines = control.read_text(errors="replace").splitlines()
    files = lines[2:2 + int(lines[0])]
    out = {}
    for words in (line.split() for line in lines[2 + len(files):]):
        if words[0] == "FT":
            out[files[int(words[1])]] = set(words[2:])
    return out


def few_of(edges, contents):
    """The next input is always the one with most new edges, where size counts against it."""
    chosen, reached, total = [], set(), 0
    contents.update((f, pathlib.Path(f).read_bytes()) for f in edges)
    while len(chosen) < MOST_SEEDS:
        best = max((f for f in edges if total + len(contents[f]) <= MOST_BYTES), default=None,
                   key=lambda f: len(edges[f] - reached) / (1000 + len(contents[f])))
        if best is None or not edges[best] - reached:
            break
        chosen.append(best)
        reached |= edges[best]
        total += len(contents[best])
    return chosen, len(reached)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15, help="of each target")
    parser.add_argument("--seconds", type=int, help="of each target, from the committed seeds")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / "build/release/test/fuzz")
    parser.add_argument("--merge", action="store_true", help="write test/fuzz/corpus")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    options = parser.parse_args()
    options.binaries = options.binaries.resolve()
    if options.seconds:
        options.seconds = int(os.environ.get("TRILITH_FUZZ_SECONDS", options.seconds))
    return options


def main():
    options = arguments()
    names = options.targets or all_targets()
    unknown = set(names) - set(all_targets())
    if unknown:
        sys.exit(f"run.py: no target {', '.join(sorted(unknown))}; there are {', '.join(all_targets())}.")
    missing = [n for n in names if not (options.binaries / n).exists()]
    if missing:
        sys.exit(f"run.py: {options.binaries} has no {', '.join(missing)}: build fuzz_targets, or say --binaries.")
    if options.merge:
        for name in names:
            merge(name, options)
        return 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(lambda n: fuzz(n, options), names))
    print_table(rows)
    return 1 if any(r["findings"] for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
