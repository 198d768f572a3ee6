#!/usr/bin/env python3
"""Compiles each header alone, included twice, with warnings as errors: none relies on another
header having been included first. *-inl.hpp and the per-target block are bodies, not headers.
With --examples, each example instead, as the compiler that does not build them sees it."""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
INCLUDE = PROJECT / "include"
EXAMPLES = PROJECT / "examples"
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
         "-Werror", f"-I{INCLUDE}", "-isystem", "/usr/include/eigen3"]


def headers(compiler):
    """Every header; where the compiler is clang++, those at the top, which reach all others: g++ has seen
    each of those alone."""
    only_top = "clang" in compiler
    for file in sorted((INCLUDE / "trilith").rglob("*.hpp")):
        if file.name.endswith("-inl.hpp") or "amalgamate: repeat-per-target" in file.read_text():
            continue
        if only_top and file.parent.name != "trilith":
            continue
        yield file.relative_to(INCLUDE).as_posix()


def header_alone(compiler, header):
    text = f"#include <{header}>\n#include <{header}>\n"
    done = subprocess.run([compiler, *FLAGS, "-x", "c++", "-"], input=text, capture_output=True, text=True)
    return f"<{header}>", done.returncode, done.stderr


def example(compiler, file):
    models = f'-DTRILITH_EXAMPLES_MODELS="{EXAMPLES / "models"}"'
    done = subprocess.run([compiler, *FLAGS, models, file], capture_output=True, text=True)
    return file.name, done.returncode, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--examples", action="store_true")
    options = parser.parse_args()
    check, files = (example, sorted(EXAMPLES.glob("*.cpp"))) if options.examples else \
        (header_alone, list(headers(options.compiler)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = [r for r in pool.map(lambda f: check(options.compiler, f), files) if r[1] != 0]
    for name, _, text in found:
        print(f"{name} does not compile alone:\n{text}")
    print(f"{len(files)} files, {len(found)} of them wrong.")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
