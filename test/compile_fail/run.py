#!/usr/bin/env python3
"""Compiles one file twice: as it is, it must compile; with -DTRILITH_FAIL it must not, and the
compiler's output must match the regular expression in the file's first line:

    // expect: <regular expression>

Lines are joined and runs of white space count as one space, since compilers break lines freely.
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
               "-isystem", "/usr/include/eigen3", *more, str(options.file)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    first = options.file.read_text().splitlines()[0]
    if not first.startswith("// expect: "):
        sys.exit(f"{options.file}: the first line must be '// expect: <regular expression>'.")
    good, output = compile_file(options)
    if not good:
        sys.exit(f"{options.file} must compile without TRILITH_FAIL, but:\n{output}")
    good, output = compile_file(options, "-DTRILITH_FAIL")
    if good:
        sys.exit(f"{options.file} must not compile with -DTRILITH_FAIL, but it does.")
    pattern = first.removeprefix("// expect: ").strip()
    if not re.search(pattern, re.sub(r"\s+", " ", output)):
        sys.exit(f"{options.file}: the output does not match '{pattern}':\n{output}")
    print(f"refused as promised: {pattern}")


if __name__ == "__main__":
    main()
