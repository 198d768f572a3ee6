#!/usr/bin/env python3
"""chains.py on a few headers: what may be compiled together, and what may not."""
import pathlib
import tempfile
import unittest

from chains import chains

BASE = "#pragma once\nint base();\n"


class Chains(unittest.TestCase):
    def of(self, **files):
        """The chains of headers given by their text, as sets of links."""
        with tempfile.TemporaryDirectory() as directory:
            for name, text in files.items():
                (pathlib.Path(directory) / f"{name}.hpp").write_text(text)
            return [list(chain) for chain in chains(pathlib.Path(directory), sorted(f"{n}.hpp" for n in files))]

    def test_a_header_follows_one_that_it_includes(self):
        self.assertEqual(self.of(a=BASE, b='#pragma once\n#include <a.hpp>\n'), [["a.hpp", "b.hpp"]])

    def test_one_that_needs_it_without_an_include_stays_alone(self):
        self.assertEqual(sorted(self.of(a=BASE, b="#pragma once\nint x = base();\n")), [["a.hpp"], ["b.hpp"]])

    def test_it_must_include_all_that_came_before(self):
        found = self.of(a=BASE, b="#pragma once\n#include <a.hpp>\n", c="#pragma once\n#include <b.hpp>\n",
                        d="#pragma once\n#include <a.hpp>\n")
        self.assertEqual(sorted(map(len, found)), [1, 3])
        for chain in found:  # d brings a, but neither b nor c
            self.assertFalse({"b.hpp", "c.hpp"} & set(chain) and "d.hpp" in chain)

    def test_an_include_behind_code_does_not_count(self):
        self.assertEqual(len(self.of(a=BASE, b="#pragma once\nint x = base();\n#include <a.hpp>\n")), 2)

    def test_an_include_under_a_condition_does_not_count(self):
        guard = "#ifndef B\n#define B\n{}\n#endif\n"
        self.assertEqual(len(self.of(a=BASE, b=guard.format("#include <a.hpp>"))), 1)
        self.assertEqual(len(self.of(a=BASE, b=guard.format("#ifdef SOME\n#include <a.hpp>\n#endif"))), 2)

    def test_every_header_is_in_one_chain(self):
        files = {f"h{i}": "#pragma once\n" + "".join(f"#include <h{j}.hpp>\n" for j in range(i) if i % (j + 1) == 0)
                 for i in range(12)}
        links = [header for chain in self.of(**files) for header in chain]
        self.assertEqual(sorted(links), sorted(f"{n}.hpp" for n in files))


if __name__ == "__main__":
    unittest.main()
