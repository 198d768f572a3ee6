#!/usr/bin/env python3
"""Writes single_include/trilith/trilith.hpp: all headers as one file, the same bytes every time.

    tools/amalgamate.py            writes it
    tools/amalgamate.py --check    ends with 1 if the file on disk is not what would be written
    tools/amalgamate.py --output F writes it to F

How the one file comes to be:
- Starting from <trilith/trilith.hpp>, each header is emitted once, after the headers that it
  includes at its top. An include in the middle of a file or inside #if is replaced where it stands.
- Headers of other projects are collected, sorted and put first, unless they stand inside #if.
- A header between `// amalgamate: repeat-per-target` and `// amalgamate: end` is the one that
  Highway includes again for every instruction set, by file name. A single file has no name to
  include, so the text is repeated once per target, under the conditions of Highway's
  foreach_target.h.
- A header that needs another library and that the umbrella leaves out comes last, inside
  #if defined(TRILITH_WITH_...).
"""
import argparse
import pathlib
import re
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE_ROOT = PROJECT / "include"
OUTPUT = PROJECT / "single_include" / "trilith" / "trilith.hpp"
UMBRELLA = "trilith/trilith.hpp"
# Umbrellas that a program includes besides it; the single header has them all.
MORE_UMBRELLAS = ["trilith/io.hpp", "trilith/infer.hpp", "trilith/text.hpp", "trilith/train.hpp",
                  "trilith/sweep.hpp", "trilith/adapt.hpp", "trilith/search.hpp"]

# Headers outside the umbrella, by the macro that asks for them.
OPTIONAL = {"trilith/backends/eigen.hpp": "TRILITH_WITH_EIGEN",
            "trilith/backends/lut.hpp": "TRILITH_WITH_LUT",
            "trilith/backends/lut_tables.hpp": "TRILITH_WITH_LUT"}
# Not for users: reached, or not, through other headers.
INTERNAL = re.compile(r"-inl\.hpp$|_impl\.hpp$")

# What foreach.hpp compiles besides the static target, in the order of Highway's foreach_target.h.
TARGETS = ["SSE4", "AVX2", "AVX3"]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
DIRECTIVE = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)")
REPEAT, REPEAT_END = "// amalgamate: repeat-per-target", "// amalgamate: end"
TARGET_INCLUDE = re.compile(r'#\s*define\s+HWY_TARGET_INCLUDE\s+"([^"]+)"')

TOGGLE = """#ifdef HWY_TARGET_TOGGLE
#undef HWY_TARGET_TOGGLE
#else
#define HWY_TARGET_TOGGLE
#endif"""

OTHER_TARGETS = ('#error "trilith: the single header holds the kernels for SSE4, AVX2, AVX3 and the static target; for '
                 'other Highway targets use the headers of include/trilith."')


def refuse(what, why, remedy):
    sys.exit(f"amalgamate: {what}\n  why: {why}\n  fix: {remedy}")


class Conditions:
    """The #if branches around the current line, without include guards."""

    def __init__(self, outer=()):
        self.stack = list(outer)
        self.guards = []

    def feed(self, line, path):
        match = DIRECTIVE.match(line)
        if not match:
            return
        word, rest = match[1], match[2].strip()
        if word in ("if", "ifdef", "ifndef"):
            guard = word == "ifndef" and rest == guard_of(path)
            self.guards.append(guard)
            if not guard:
                self.stack.append(f"#{word} {rest}")
        elif word == "endif":
            if not self.guards.pop():
                self.stack.pop()
        else:
            self.stack[-1] += f" / #{word} {rest}"

    def branch(self):
        return tuple(self.stack)


def guard_of(path):
    return re.sub(r"[^A-Za-z0-9]", "_", path).upper()


def read(path, asked_by):
    file = INCLUDE_ROOT / path
    if not file.exists():
        refuse(f"<{path}>, included by {asked_by}, does not exist.",
               "every <trilith/...> header must be part of the single header.",
               "write the header or remove the include.")
    return file.read_text().splitlines()


def is_code(line):
    """Whether a line ends the list of includes at the top of a file."""
    text = line.strip()
    return bool(text) and not text.startswith("//") and not INCLUDE.match(line)


class Amalgamation:
    def __init__(self):
        self.lines = []
        self.system = set()
        self.emitted = {}  # path -> the #if branches around its text

    def header(self, path, asked_by, branch=()):
        if path in self.emitted:
            self.check_reach(path, asked_by, branch)
            return
        self.emitted[path] = branch
        lines = read(path, asked_by)
        top = self.top_includes(path, lines, branch)
        self.lines.append(f"// ==== begin {path}")
        self.body(path, lines, branch, top)
        self.lines.append(f"// ==== end {path}")

    def check_reach(self, path, asked_by, branch):
        had = self.emitted[path]
        if branch[:len(had)] != had:
            refuse(f"<{path}> is needed by {asked_by} but was first included inside {' and '.join(had)}.",
                   "the single header holds each header once, so its text would be missing here.",
                   f"include <{path}> in {UMBRELLA} before that #if.")

    def top_includes(self, path, lines, branch):
        """Emits the headers included before the first line of code; returns how far that is."""
        guard = guard_of(path)
        for number, line in enumerate(lines):
            if re.match(rf"\s*#\s*(ifndef|define)\s+{guard}\s*$", line):
                continue
            if is_code(line) or line.strip() == REPEAT:
                return number
            self.include(line, path, branch)
        return len(lines)

    def include(self, line, path, branch):
        """Takes an include line over; False if the line is none, or must stay."""
        match = INCLUDE.match(line)
        if not match:
            return False
        if match[1].startswith("trilith/"):
            self.header(match[1], path, branch)
            return True
        if branch:
            return False
        self.system.add(match[1])
        return True

    def body(self, path, lines, branch, top):
        conditions = Conditions(branch)
        number = 0
        while number < len(lines):
            line = lines[number]
            conditions.feed(line, path)
            if line.strip() == REPEAT:
                number = self.repeat(path, lines, number, conditions.branch())
            elif number < top and INCLUDE.match(line):
                if branch and not INCLUDE.match(line)[1].startswith("trilith/"):
                    self.lines.append(line)
            elif not self.include(line, path, conditions.branch()):
                self.lines.append(line)
            number += 1

    def repeat(self, path, lines, begin, branch):
        """Replaces a repeat-per-target block; returns the number of its last line."""
        end = next((n for n in range(begin, len(lines)) if lines[n].strip() == REPEAT_END), None)
        block = "\n".join(lines[begin:end])
        body = TARGET_INCLUDE.search(block)
        if end is None or not body:
            refuse(f"the block '{REPEAT}' of {path} has no '{REPEAT_END}' or no HWY_TARGET_INCLUDE.",
                   "the text to repeat is found through these two.",
                   f"end the block with '{REPEAT_END}' and define HWY_TARGET_INCLUDE in it.")
        self.shared_headers(body[1], path, branch, set())
        self.lines += [f"// ---- {body[1]}, once per target", "#include <hwy/detect_targets.h>",
                       "#define HIGHWAY_HWY_FOREACH_TARGET_H_", "#undef HWY_ONCE", "#define HWY_ONCE 0"]
        for target in TARGETS:
            self.lines += [f"#if (HWY_TARGETS & HWY_{target}) && (HWY_STATIC_TARGET != HWY_{target})",
                           "#undef HWY_TARGET", f"#define HWY_TARGET HWY_{target}"]
            self.inline_body(body[1], path)
            self.lines += [TOGGLE, f"#endif  // HWY_{target}"]
        known = " | ".join(f"HWY_{target}" for target in TARGETS + ["STATIC_TARGET"])
        self.lines += [f"#if HWY_TARGETS & ~({known})", OTHER_TARGETS, "#endif",
                       "#undef HWY_ONCE", "#define HWY_ONCE 1",
                       "#undef HWY_TARGET", "#define HWY_TARGET HWY_STATIC_TARGET"]
        self.inline_body(body[1], path)
        return end

    def shared_headers(self, path, asked_by, branch, seen):
        """Emits what the repeated text includes and what is not itself repeated."""
        if path in seen:
            return
        seen.add(path)
        for line in read(path, asked_by):
            match = INCLUDE.match(line)
            if match and match[1].endswith("-inl.hpp"):
                self.shared_headers(match[1], path, branch, seen)
            elif match and match[1].startswith("trilith/"):
                self.header(match[1], path, branch)

    def inline_body(self, path, asked_by):
        """The text of a -inl.hpp for one target. It may include another one twice: as written."""
        self.emitted.setdefault(path, ())
        for line in read(path, asked_by):
            match = INCLUDE.match(line)
            if match and match[1].startswith("trilith/"):
                if match[1].endswith("-inl.hpp"):
                    self.inline_body(match[1], path)
            else:
                self.lines.append(line)


def optional_headers(all_headers, emitted):
    """(header, macro) of the headers outside the umbrella; refuses those nobody can reach."""
    for path in all_headers:
        if path in emitted or INTERNAL.search(path):
            continue
        if path.startswith("trilith/interop/"):
            yield path, "TRILITH_WITH_" + pathlib.Path(path).stem.upper()
        elif path in OPTIONAL:
            yield path, OPTIONAL[path]
        else:
            refuse(f"<{path}> is not reached from <{UMBRELLA}>.",
                   "the single header would lack it.",
                   f"include it in {UMBRELLA} or {MORE_UMBRELLAS[0]}, or list it under OPTIONAL in tools/amalgamate.py.")


def version():
    text = (INCLUDE_ROOT / "trilith" / "version.hpp").read_text()
    return re.search(r'TRILITH_VERSION "([^"]+)"', text)[1]


def comment(text):
    return "\n".join(("// " + line).rstrip() for line in text.strip().splitlines())


def without_gaps(lines):
    """Drops the blank lines that removed includes leave behind."""
    kept = []
    for line in lines:
        if line.strip() or (kept and kept[-1].strip() and not kept[-1].startswith("// ====")):
            kept.append(line)
    return kept


def amalgamate():
    whole = Amalgamation()
    for umbrella in [*MORE_UMBRELLAS, UMBRELLA]:  # the implementation closes UMBRELLA
        whole.header(umbrella, "the amalgamation")
    headers = sorted(f.relative_to(INCLUDE_ROOT).as_posix() for f in INCLUDE_ROOT.rglob("*.hpp"))
    for path, macro in list(optional_headers(headers, whole.emitted)):
        if path not in whole.emitted:
            condition = f"#if defined({macro})"
            whole.lines.append(condition)
            whole.header(path, "the amalgamation", (condition,))
            whole.lines.append(f"#endif  // {macro}")
    head = [f"// Trilith {version()}: header-only C++20 building blocks for 1-bit transformers.",
            "// Generated by tools/amalgamate.py from include/trilith: do not edit.", "//",
            "// Define TRILITH_IMPLEMENTATION before including this file in exactly one .cpp file.", "//",
            comment((PROJECT / "LICENSE").read_text()), "",
            "#ifndef TRILITH_SINGLE_INCLUDE_TRILITH_HPP", "#define TRILITH_SINGLE_INCLUDE_TRILITH_HPP", ""]
    includes = [f"#include <{name}>" for name in sorted(whole.system)]
    body = without_gaps(whole.lines)
    tail = ["", "#endif  // TRILITH_SINGLE_INCLUDE_TRILITH_HPP"]
    return "\n".join(head + includes + [""] + body + tail) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Writes the single header.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    options = parser.parse_args()
    text = amalgamate()
    if text != amalgamate():
        sys.exit("amalgamate: two runs gave different bytes.")
    if not options.check:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text)
        return 0
    if options.output.exists() and options.output.read_text() == text:
        print(f"{options.output} is up to date: {text.count(chr(10))} lines.")
        return 0
    print(f"{options.output} is not what include/trilith gives.\nTo write it: tools/amalgamate.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
