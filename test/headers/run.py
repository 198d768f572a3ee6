#!/usr/bin/env python3
"""Compiles each header alone, included twice, with warnings as errors: none relies on another
header having been included first. *-inl.hpp and the per-target block are bodies, not headers."""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
INCLUDE = PROJECT / "include"
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
         "-Werror", "-x", "c++", "-"]


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


def compile_alone(compiler, header):
    text = f"#include <{header}>\n#include <{header}>\n"
    command = [compiler, f"-I{INCLUDE}", "-isystem", "/usr/include/eigen3", *FLAGS]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return header, done.returncode, done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, code, text in pool.map(lambda h: compile_alone(options.compiler, h), headers(options.compiler)):
            if code != 0:
                bad += 1
                print(f"<{header}> does not compile alone:\n{text}")
    print(f"{len(list(headers(options.compiler)))} headers, {bad} of them wrong.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
