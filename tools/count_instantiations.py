#!/usr/bin/env python3
"""Counts the templates that clang instantiates for a file; unlike seconds, the same every time.

    tools/count_instantiations.py FILE... [-- compiler options]
"""
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include"
EVENTS = {"InstantiateClass": "classes", "InstantiateFunction": "functions"}


def count(source, options=(), compiler="clang++"):
    """{"classes": n, "functions": m}"""
    with tempfile.TemporaryDirectory() as work:
        command = [compiler, "-std=c++20", "-O0", f"-I{INCLUDE}", "-ftime-trace", "-ftime-trace-granularity=0",
                   *options, "-c", str(source), "-o", f"{work}/out.o"]
        subprocess.run(command, check=True)
        events = json.loads(pathlib.Path(f"{work}/out.json").read_text())["traceEvents"]
    seen = collections.Counter(EVENTS[e["name"]] for e in events if e.get("name") in EVENTS)
    return {kind: seen[kind] for kind in EVENTS.values()}


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    files, options = arguments[:split], arguments[split + 1:]
    if not files or files[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if files else 2
    if shutil.which("clang++") is None:
        print("skipped: clang++ is not installed.")
        return 77
    for file in files:
        counts = count(file, options)
        print(f"{file}: {counts['classes']} classes, {counts['functions']} functions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
