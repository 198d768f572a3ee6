#!/usr/bin/env python3
"""Compiles the single header in a foreign project: three directories that are not ours, no -march.

The include path holds the single header and links to Eigen, Highway and Boost, nothing else. The
header is used as <trilith/trilith.hpp>, under another name, and by a relative path.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from one_target import ONE_TARGET  # noqa: E402

FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
DEPENDENCIES = {"hwy": "hwy", "boost": "boost", "Eigen": "eigen3/Eigen"}


def run(*command):
    print("+", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True)


def lay_out(work):
    """The foreign project, and the directory of its dependencies."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "dependencies").mkdir(parents=True)
    (work / "include/trilith").mkdir(parents=True)
    (work / "source").mkdir()
    for name, place in DEPENDENCIES.items():
        for root in ("/usr/local/include", "/usr/include"):
            if os.path.exists(f"{root}/{place}"):
                os.symlink(f"{root}/{place}", work / "dependencies" / name)
                break
    header = PROJECT / "single_include/trilith/trilith.hpp"
    shutil.copy(header, work / "include/trilith/trilith.hpp")
    shutil.copy(header, work / "source/three_stones.h")
    for file in ("small_product.hpp", "install/consumer.cpp", "install/second.cpp"):
        shutil.copy(PROJECT / "test" / file, work / "source")


def source(work, name, text):
    (work / "source" / name).write_text(text)
    return name


def build(work, compiler, program, files, *more):
    run(compiler, *FLAGS, *more, f"-I{work / 'include'}", "-isystem", work / "dependencies", "-pthread",
        *(work / "source" / f for f in files), "-o", work / program)
    run(work / program)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    work = options.work.resolve()
    lay_out(work)
    by_name = source(work, "by_name.cpp", "#define TRILITH_IMPLEMENTATION\n#include <trilith/trilith.hpp>\n")
    renamed = source(work, "renamed.cpp", '#define TRILITH_IMPLEMENTATION\n#include "three_stones.h"\n')
    relative = source(work, "relative.cpp", '#include "../include/trilith/trilith.hpp"\n'
                      "const char* version() { return TRILITH_VERSION; }\n")
    # all instruction sets as they come, one of them optimised, by one compiler: the rest takes minutes
    optimised = [] if "clang" in options.compiler else ["-O2"]
    build(work, options.compiler, "first", ["consumer.cpp", "second.cpp", by_name])
    build(work, options.compiler, "second", ["consumer.cpp", "second.cpp", renamed, relative],
          *optimised, *ONE_TARGET, "-DTRILITH_HAS_JSON=0")  # and without nlohmann-json, wherever it may lie
    families = source(work, "families.cpp", "#define TRILITH_IMPLEMENTATION\n#define TRILITH_IMPLEMENT_FAMILIES\n"
                      '#include <trilith/trilith.hpp>\n'
                      'int main() { return trilith::io::load("nothing").error().code != '
                      "trilith::errc::file_not_found; }\n")
    build(work, options.compiler, "third", [families], *ONE_TARGET)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed: {error}")
