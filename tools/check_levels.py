#!/usr/bin/env python3
"""Checks what no compiler checks about the headers: levels, include guards, heavy includes.

Prints one paragraph per finding (what, why, how to fix it) and ends with 1; with 0 if all is well.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "include" / "trilith"

LEVEL_OF_FILE = {"config.hpp": 0, "version.hpp": 0, "fwd.hpp": 0}
LEVEL_OF_DIRECTORY = {
    "core": 1,
    "weights": 2, "packing": 2, "activations": 2, "kv": 2,
    "backends": 3,
    "layers": 4,
    "model": 5,
    "io": 6, "text": 6, "infer": 6,
    "train": 7,
    "adapt": 8, "compress": 8, "search": 8, "eval": 8, "sweep": 8,
    "dist": 9, "interop": 9,
}
LIGHT = set("""cstddef cstdint string string_view vector span array bit utility type_traits concepts
cstdio cstdlib cstring new ratio initializer_list""".split())

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def level(path):
    """The level of a header, by its path below include/trilith; None for an umbrella."""
    parts = path.split("/")
    if len(parts) == 1:
        return LEVEL_OF_FILE.get(path)
    return LEVEL_OF_DIRECTORY.get(parts[0], "unknown")


def may_be_heavy(path):
    return (path.endswith(("_impl.hpp", "-inl.hpp")) or path.startswith("interop/")
            or path in ("backends/eigen.hpp", "backends/simd/cpu.hpp"))


def may_use_highway(path):
    return path.startswith("backends/simd/") and (may_be_heavy(path) or path.endswith("/foreach.hpp"))


def check_level(path, number, target):
    own, other = level(path), level(target)
    where = f"include/trilith/{path}:{number}"
    if not (ROOT / target).exists():
        return f"{where} includes <trilith/{target}>, which does not exist."
    if own == "unknown":
        return (f"{where}: the directory {path.split('/')[0]}/ has no level. The order of the levels is "
                "what keeps the library free of cycles. Give the directory a level in "
                "tools/check_levels.py and in docs/architecture.md.")
    if own is None:
        return None
    if other is None:
        return (f"{where} includes the umbrella <trilith/{target}>. An umbrella includes every level, so a "
                "header of one level would depend on all of them. Include the leaf headers it needs.")
    if other != "unknown" and other > own:
        return (f"{where} is level {own} and includes <trilith/{target}>, which is level {other}. A header may "
                "include its own level or a lower one: whoever reads it must not need what is built on top "
                "of it. Move the shared part down to the lower level, or this header up.")
    return None


def check_weight(path, number, name):
    where = f"include/trilith/{path}:{number}"
    if name.startswith("hwy/"):
        if may_use_highway(path):
            return None
        return (f"{where} includes <{name}>. Highway is compiled in one file of a program; every other file "
                "would pay for it. Only *-inl.hpp, *_impl.hpp and foreach.hpp of backends/simd/ include it.")
    if may_be_heavy(path):
        return None
    if name.startswith("boost/hana/") or name in LIGHT:
        return None
    if name == "memory" and (level(path) or 0) in (8, 9):  # not in trilith.hpp
        return None
    return (f"{where} includes <{name}>. A program pays for the headers of <trilith/trilith.hpp> in every "
            "file (the budget is 0.30 s), so they use a short list of light standard headers and leaf "
            "headers of Boost.Hana. Move what needs it into a *_impl.hpp file, which is compiled once, "
            "or do without.")


def check_guard(path, text):
    where = f"include/trilith/{path}"
    if "#pragma once" in text:
        return (f"{where} uses #pragma once. It fails for one file reached by two paths, and the single "
                "header has one path for all. Use an include guard.")
    if path.endswith("-inl.hpp") or "amalgamate: repeat-per-target" in text:
        return None
    guard = "TRILITH_" + re.sub(r"[^A-Za-z0-9]", "_", path).upper()
    lines = [line.strip() for line in text.splitlines()]
    directives = [line for line in lines if line.startswith("#")]
    if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"] or directives[-1] != "#endif":
        return (f"{where} must begin with '#ifndef {guard}' and '#define {guard}' and end with '#endif'. "
                "The name follows from the path, so that no two headers share one.")
    return None


def findings():
    for file in sorted(ROOT.rglob("*.hpp")):
        path = file.relative_to(ROOT).as_posix()
        text = file.read_text()
        yield check_guard(path, text)
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            if match[1] == '"':
                yield (f"include/trilith/{path}:{number} includes \"{match[2]}\". The single header and installed "
                       "trees find headers by <trilith/...> only.")
            elif match[2].startswith("trilith/"):
                yield check_level(path, number, match[2].removeprefix("trilith/"))
            else:
                yield check_weight(path, number, match[2])


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    found = [finding for finding in findings() if finding]
    for finding in found:
        print(finding, end="\n\n")
    print(f"{len(found)} findings in {len(list(ROOT.rglob('*.hpp')))} headers.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
