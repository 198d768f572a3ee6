"""Which headers one compilation can show to need no other before them.

After a header A, header B compiles as if it were alone when B itself includes A and all that A
includes: what came before B is then no more than what comes with it. So headers are put into chains,
each link of which includes all of the one before, and a chain is compiled as one file. The number of
chains is the smallest there is (a maximum matching of the links, by augmenting paths).
"""
import functools
import re

DIRECTIVE = re.compile(r"\s*#\s*(if|endif|include)\w*\s*(?:[<\"]([^>\"]+))?")
IGNORED = re.compile(r"\s*(//.*|#.*)?$")


class includes:
    """Of the headers below a directory; others have a name and no contents."""

    def __init__(self, directory):
        self.directory = directory

    @functools.lru_cache(None)
    def of(self, header):
        """(what it surely includes before its first line of code, all it may include)"""
        file = self.directory / header
        first, all_of_it, depth, code = [], [], 0, False
        for line in file.read_text().splitlines() if file.exists() else ():
            code = code or not IGNORED.match(line)
            found = DIRECTIVE.match(line)
            depth += {"if": 1, "endif": -1}.get(found[1], 0) if found else 0
            if found and found[1] == "include" and found[2]:
                all_of_it.append(found[2])
                if not code and depth <= 1:  # within the include guard
                    first.append(found[2])
        return first, all_of_it

    @functools.lru_cache(None)
    def brings(self, header):
        return frozenset({header}.union(*(self.brings(h) for h in self.of(header)[1])))

    @functools.lru_cache(None)
    def before_code(self, header):
        return frozenset().union(*(self.brings(h) for h in self.of(header)[0]))


def chains(directory, headers):
    """Lists of headers, each header once."""
    known = includes(directory)
    after = {a: [b for b in headers if known.brings(a) <= known.before_code(b)] for a in headers}
    previous = {}

    def place(a, seen):
        for b in after[a]:
            if b not in seen:
                seen.add(b)
                if b not in previous or place(previous[b], seen):
                    previous[b] = a
                    return True
        return False

    for a in headers:
        place(a, set())
    following = {a: b for b, a in previous.items()}
    found = []
    for start in (h for h in headers if h not in previous):
        found.append([start])
        while found[-1][-1] in following:
            found[-1].append(following[found[-1][-1]])
    return found
