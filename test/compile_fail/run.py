#!/usr/bin/env python3
"""Compiles one file twice: as it is, it must compile; with -DTRILITH_FAIL it must not, and the
compiler's output must match the regular expression in the file's first line:

    // expect: <regular expression>

Lines are joined and runs of white space count as one space, since compilers break lines freely.
Either build may be given more options by lines of the file:

    // passes with: -isystem /usr/include/eigen3
    // fails with: -ffast-math
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent


def compile_file(options, *more):
    command = [options.compiler, "-std=c++20", "-fsyntax-only", f"-I{PROJECT / 'include'}",
               *more, str(options.file)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stderr


def more_options(text, build):
    found = re.search(rf"^// {build} with: (.*)$", text, re.MULTILINE)
    return found[1].split() if found else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    text = options.file.read_text()
    first = text.splitlines()[0]
    if not first.startswith("// expect: "):
        sys.exit(f"{options.file}: the first line must be '// expect: <regular expression>'.")
    passing, failing = more_options(text, "passes"), more_options(text, "fails")
    missing = [path for path in passing if path.startswith("/") and not os.path.exists(path)]
    if missing:
        print(f"skipped: {missing[0]} is not installed.")
        sys.exit(77)
    good, output = compile_file(options, *passing)
    if not good:
        sys.exit(f"{options.file} must compile without TRILITH_FAIL, but:\n{output}")
    good, output = compile_file(options, "-DTRILITH_FAIL", *failing)
    if good:
        sys.exit(f"{options.file} must not compile with -DTRILITH_FAIL, but it does.")
    pattern = first.removeprefix("// expect: ").strip()
    if not re.search(pattern, re.sub(r"\s+", " ", output)):
        sys.exit(f"{options.file}: the output does not match '{pattern}':\n{output}")
    print(f"refused as promised: {pattern}")


if __name__ == "__main__":
    main()
