#!/usr/bin/env python3
"""Compiles each header as if it were alone, included twice, with warnings as errors: none relies on
another header having been included first. Headers that include one another are compiled together
(chains.py; --each: one by one). *-inl.hpp and the per-target block are bodies, not headers.
With --examples, each example instead, as the compiler that does not build them sees it."""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

from chains import chains

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


def compiled(compiler, headers):
    """What the compiler says of these, each of them twice; empty if nothing is wrong."""
    text = "".join(f"#include <{h}>\n#include <{h}>\n" for h in headers)
    done = subprocess.run([compiler, *FLAGS, "-x", "c++", "-"], input=text, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def headers_alone(compiler, chain):
    """[(name, text)] of the headers of a chain that do not compile."""
    if not (wrong := compiled(compiler, chain)):
        return []
    return [(f"<{h}>", text) for h in chain if (text := compiled(compiler, [h]))] or [(" and ".join(chain), wrong)]


def example(compiler, file):
    models = f'-DTRILITH_EXAMPLES_MODELS="{EXAMPLES / "models"}"'
    done = subprocess.run([compiler, *FLAGS, models, file], capture_output=True, text=True)
    return [(file.name, done.stderr)] if done.returncode else []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--examples", action="store_true")
    parser.add_argument("--each", action="store_true", help="compile every header by itself")
    options = parser.parse_args()
    if options.examples:
        check, work = example, sorted(EXAMPLES.glob("*.cpp"))
        count = len(work)
    else:
        check, names = headers_alone, list(headers(options.compiler))
        work = [[name] for name in names] if options.each else chains(INCLUDE, names)
        count = len(names)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = [r for of_one in pool.map(lambda part: check(options.compiler, part), work) for r in of_one]
    for name, text in found:
        print(f"{name} does not compile alone:\n{text}")
    print(f"{count} files in {len(work)} compilations, {len(found)} of them wrong.")
    return 1 if found or not work else 0


if __name__ == "__main__":
    sys.exit(main())
