#!/usr/bin/env python3
"""Checks that the pages say what the files say: README.md, docs/*.md and examples/README.md.

    tools/check_docs.py                  prints one paragraph per finding and ends with 1; 0 if all is well
    tools/check_docs.py --update         first writes the quoted lines of the files into the pages again
    tools/check_docs.py --compiler CXX   also compiles docs/snippets.cpp, code that only the pages show

A fence that quotes a file says so in the line before it:

    <!-- from examples/05_new_scheme.cpp [scheme] -->   the lines between the two lines `// [scheme]`;
                                                        several regions are joined by empty lines
    <!-- from examples/01_quantize.cpp -->              lines that stand in the file in this order;
                                                        --update goes by the first and the last
    <!-- message of include/trilith/config.hpp -->      the text of a message in that file

Indentation common to all quoted lines is dropped. A fence of C++ must quote a file, so that every
line of code in the pages is one that a compiler has seen. Also checked: links and their #headings,
file names in `backticks`, pages and tests named in the sources, and that docs/errors.md has every
sentence that a static_assert or an #error of the headers promises.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "examples" / "README.md"]
FAILURES = ROOT / "docs" / "errors.md"
SNIPPETS = ROOT / "docs" / "snippets.cpp"
SOURCES = ["include", "examples", "cmake", "test", "bench"]

QUOTE = re.compile(r"<!-- (from|message of) (\S+)((?: \[\w+\])*) -->$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FILE_NAME = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?|[\w-]+\.(?:hpp|cpp|md|py|cmake))`")
NAMED_IN_SOURCE = re.compile(r"\b((?:test|docs|examples|tools|bench)/[\w/.-]+\.(?:cpp|hpp|md|py))\b")
# Where a name in a page may start: at the root, or among the headers.
STARTS = [ROOT, ROOT / "include", ROOT / "include" / "trilith"]
# Made by a build, of another project, or a pattern: they need not be there.
ELSEWHERE = re.compile(r"^(build|single_include|boost|hwy)/|NN_")


class Page:
    """A page as lines, with a cursor over its fences."""

    def __init__(self, path):
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        self.lines = path.read_text().splitlines()

    def fences(self):
        """(line of the opening, line of the closing, language, the line before it), last first."""
        found, opening = [], None
        for i, line in enumerate(self.lines):
            if not line.lstrip().startswith("```"):
                continue
            if opening is None:
                opening = i
            else:
                before = self.lines[opening - 1] if opening else ""
                found.append((opening, i, self.lines[opening].strip()[3:], before))
                opening = None
        return reversed(found)

    def prose(self):
        """(number, text) of the lines outside fences."""
        inside = False
        for number, line in enumerate(self.lines, 1):
            if line.lstrip().startswith("```"):
                inside = not inside
            elif not inside:
                yield number, line

    def headings(self):
        return {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
                for _, line in self.prose() if line.startswith("#")}

    def where(self, line):
        return f"{self.name}:{line + 1}"


def dedented(lines):
    return textwrap.dedent("\n".join(lines)).strip("\n").splitlines()


def region(lines, name):
    """The lines between the two marker lines of this name, without other markers; None if not there."""
    marks = [i for i, line in enumerate(lines) if line.strip() == f"// [{name}]"]
    if len(marks) != 2:
        return None
    inside = lines[marks[0] + 1:marks[1]]
    return dedented([line for line in inside if not re.fullmatch(r"\s*// \[\w+\]", line)])


def passage(lines, quoted):
    """The quoted lines where they stand in a file as they are, else what is now between the first and
    the last of them; None if that cannot be said."""
    for i in range(len(lines) - len(quoted) + 1):
        if dedented(lines[i:i + len(quoted)]) == quoted:
            return quoted
    ends = [[i for i, line in enumerate(lines) if quoted and line.strip() == end.strip()]
            for end in (quoted[:1] + quoted[-1:])]
    if [len(found) for found in ends] != [1, 1] or ends[0] > ends[1]:
        return None
    return dedented(lines[ends[0][0]:ends[1][0] + 1])


def messages(text):
    """A file's text with neighbouring string literals joined and white space made single."""
    text = re.sub(r'"\s*\n?\s*"', "", text)
    return re.sub(r"\s+", " ", text.replace("\\\n", " "))


def check_quote(page, fence, update):
    opening, closing, language, before = fence
    match = QUOTE.match(before.strip())
    if not match:
        return (f"{page.where(opening)}: a fence of C++ must quote a file. Put '<!-- from FILE [region] -->' "
                "before it.") if language == "cpp" else None
    kind, file, names = match[1], ROOT / match[2], re.findall(r"\[(\w+)\]", match[3])
    if not file.exists():
        return f"{page.where(opening)} quotes {match[2]}, which does not exist."
    text, quoted = file.read_text(), page.lines[opening + 1:closing]
    if kind == "message of":
        if messages("\n".join(quoted)).strip() not in messages(text):
            return f"{page.where(opening)} quotes a message that {match[2]} does not have."
        return None
    wanted = [] if names else passage(text.splitlines(), dedented(quoted))
    if wanted is None:
        return f"{page.where(opening)} quotes lines that do not stand in {match[2]} in this order."
    for name in names:
        lines = region(text.splitlines(), name)
        if lines is None:
            return f"{page.where(opening)}: {match[2]} should have two lines '// [{name}]'."
        wanted += [""] * bool(wanted) + lines
    if quoted == wanted:
        return None
    if update:
        page.lines[opening + 1:closing] = wanted
        page.path.write_text("\n".join(page.lines) + "\n")
        return None
    return f"{page.where(opening)} is not what {match[2]} has. To write it: tools/check_docs.py --update"


def check_link(page, number, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    file = (page.path.parent / path).resolve() if path else page.path
    if not file.exists():
        return f"{page.name}:{number} links to {target}, which does not exist."
    if anchor and file.suffix == ".md" and anchor not in Page(file).headings():
        return f"{page.name}:{number} links to {target}; that page has no such heading."
    return None


def check_name(page, number, name):
    starts = [page.path.parent, *STARTS]
    if ELSEWHERE.search(name) or any((start / name).exists() for start in starts):
        return None
    if "/" not in name and any(any((ROOT / folder).rglob(name)) for folder in [*SOURCES, "tools"]):
        return None
    if "." not in name.rsplit("/", 1)[-1] and not (ROOT / name.split("/")[0]).exists():
        return None  # not a file name: and/or, km/h
    return f"{page.name}:{number} names `{name}`, which does not exist."


def check_prose(page):
    prose = dict(page.prose())
    text = "\n".join(prose.get(number, "") for number in range(1, len(page.lines) + 1))
    for match in LINK.finditer(text):  # a link may begin on one line and end on the next
        yield check_link(page, text.count("\n", 0, match.start()) + 1, match[1])
    for number, line in prose.items():
        for name in FILE_NAME.findall(line):
            yield check_name(page, number, name)


def check_sources():
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".hpp", ".cpp", ".cmake"):
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                for name in NAMED_IN_SOURCE.findall(line):
                    if not (ROOT / name).exists():
                        yield f"{file.relative_to(ROOT)}:{number} names {name}, which does not exist."


def promised(text):
    """The sentences of the static_asserts and #errors of a header."""
    text = messages(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    yield from re.findall(r'#error "([^"]+)"', text)
    for part in text.split("static_assert(")[1:]:
        statement = part.split(");")[0]
        yield from re.findall(r'"((?:trilith|[a-z_]+)[^"]{20,})"$', statement)


def check_sentences():
    page = messages(FAILURES.read_text())
    for file in sorted((ROOT / "include" / "trilith").rglob("*.hpp")):
        for sentence in promised(file.read_text()):
            if sentence not in page:
                yield (f"{file.relative_to(ROOT)} promises a sentence that docs/errors.md does not explain:\n"
                       f"    {sentence}")


def check_snippets(compiler):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}",
               str(SNIPPETS)]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"docs/snippets.cpp does not compile:\n{done.stderr}"


def findings(options):
    for page in map(Page, PAGES):
        for fence in page.fences():
            yield check_quote(page, fence, options.update)
        yield from check_prose(page)
    yield from check_sources()
    yield from check_sentences()
    if options.compiler:
        yield check_snippets(options.compiler)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--compiler")
    found = [finding for finding in findings(parser.parse_args()) if finding]
    for finding in found:
        print(finding, end="\n\n")
    print(f"{len(found)} findings in {len(PAGES)} pages.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
