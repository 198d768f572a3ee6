#!/usr/bin/env python3
"""Builds and runs the consumer program in one of the ways a program can use the library.

    run.py find_package|add_subdirectory|fetch_content|pkg_config|single_header|by_hand|forgotten

The kernels are compiled for one instruction set: other tests are of them.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from one_target import ONE_TARGET  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
REMEDY = "link_to_trilith_trilith_or_define_TRILITH_IMPLEMENTATION_in_one_cpp_file"
FAMILIES_REMEDY = "link_to_trilith_families_or_define_TRILITH_IMPLEMENT_FAMILIES"


def run(*command, **more):
    print("+", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True, **more)


def staged(options, prefix):
    """Installs the headers, the package and trilith.pc below a prefix of this test's own."""
    run("cmake", "--install", options.build, "--prefix", prefix, stdout=subprocess.DEVNULL)
    return prefix


def with_cmake(options, work):
    build = work / "build"
    # the package as it is used, and the trees without optimisation; without -g, which names the
    # directory, ccache knows the second one
    build_type = "Release" if options.way == "find_package" else "Debug"
    settings = [f"-DCMAKE_CXX_COMPILER={options.compiler}", f"-DCMAKE_BUILD_TYPE={build_type}",
                "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
                f"-DCMAKE_CXX_FLAGS={' '.join(ONE_TARGET)}"]
    if shutil.which("ccache"):
        settings.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
    if options.way == "find_package":
        settings.append(f"-DCMAKE_PREFIX_PATH={staged(options, work / 'prefix')}")
    else:
        settings.append(f"-DTRILITH_SOURCE={PROJECT}")
    run("cmake", "-S", HERE / options.way, "-B", build, "-G", "Ninja", *settings)
    run("cmake", "--build", build)
    return build / "consumer"


def compile_and_link(options, work, flags, sources):
    program = work / "consumer"
    run(options.compiler, *WARNINGS, *ONE_TARGET, *flags, f"-I{HERE.parent}", *(HERE / s for s in sources),
        "-o", program)
    return program


def with_pkg_config(options, work):
    if shutil.which("pkg-config") is None:
        print("skipped: pkg-config is not installed.")
        sys.exit(77)
    where = {**os.environ, "PKG_CONFIG_PATH": str(staged(options, work / "prefix") / "share/pkgconfig")}
    asked = ["pkg-config", "--cflags", "--libs", "trilith"]
    flags = subprocess.run(asked, env=where, check=True, capture_output=True, text=True).stdout.split()
    return compile_and_link(options, work, flags, ["consumer.cpp", "second.cpp", "implementation.cpp"])


def with_single_header(options, work):
    flags = ["-std=c++20", "-pthread", f"-I{PROJECT / 'single_include'}"]
    return compile_and_link(options, work, flags, ["consumer.cpp", "second.cpp", "implementation.cpp"])


def by_hand(options, work):
    """With the files that README.md names, as it names them."""
    named = re.search(r"`cmake/\{([\w,]+)\}\.cpp`", (PROJECT / "README.md").read_text())
    sources = [PROJECT / "cmake" / f"{part}.cpp" for part in named[1].split(",")]
    flags = ["-std=c++20", "-pthread", f"-I{PROJECT / 'include'}"]
    return compile_and_link(options, work, flags, ["consumer.cpp", "second.cpp", *sources])


def forgotten(options, work):
    """Without the implementation the link fails, and the linker prints what to do."""
    command = [options.compiler, "-std=c++20", "-O2", f"-I{PROJECT / 'include'}", f"-I{HERE.parent}",
               HERE / "consumer.cpp", HERE / "second.cpp", "-o", work / "consumer"]
    print("+", *command, flush=True)
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    print(done.stderr)
    if done.returncode == 0:
        sys.exit("The program linked without the implementation.")
    if "undefined reference" not in done.stderr or REMEDY not in done.stderr:
        sys.exit(f"The linker's message does not contain {REMEDY}.")
    command[4:] = [HERE / "families.cpp", "-o", work / "families"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    print(done.stderr)
    if done.returncode == 0 or FAMILIES_REMEDY not in done.stderr:
        sys.exit(f"The linker's message does not contain {FAMILIES_REMEDY}.")


WAYS = {"find_package": with_cmake, "add_subdirectory": with_cmake, "fetch_content": with_cmake,
        "pkg_config": with_pkg_config, "single_header": with_single_header, "by_hand": by_hand,
        "forgotten": forgotten}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    work = options.work.resolve() / options.way
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    program = WAYS[options.way](options, work)
    if program is not None:
        run(program)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed: {error}")
