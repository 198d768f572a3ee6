#!/usr/bin/env python3
"""Every tool and every benchmark says at once, without a build or an installation, what it is for."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 20  # a build takes minutes


def answer(place, *command):
    """(what is wrong or None, what it printed)"""
    shown = " ".join(command)
    try:
        done = subprocess.run([place / command[0], *command[1:]], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"{shown}: expected an answer at once, found none in {SECONDS} s.", ""
    said = done.stdout + done.stderr
    if done.returncode != 0:
        return f"{shown}: expected exit code 0, found {done.returncode}: {said}", said
    if len(said.split()) < 8 or "Traceback" in said:
        return f"{shown}: expected some words, found {said!r}.", said
    return None, said


def main():
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)  # nothing is built there
        for part in ROOT.iterdir():
            if part.name not in ("build", ".git"):
                (place / part.name).symlink_to(part)
        (place / "tools").unlink()
        (place / "tools").mkdir()
        for tool in filter(pathlib.Path.is_file, (ROOT / "tools").iterdir()):
            (place / "tools" / tool.name).write_bytes(tool.read_bytes())
            (place / "tools" / tool.name).chmod(0o755)
        tools = sorted(f"tools/{tool.name}" for tool in (place / "tools").iterdir())
        wrong = [answer(place, tool, "--help")[0] for tool in tools]
        names = re.search(r"one of: (.*)", answer(place, "tools/bench", "--help")[1])[1].split()
        wrong += [answer(place, "tools/bench", name, "--help")[0] for name in names]
        if (place / "build").exists():
            wrong.append(f"expected nothing to be built, found {sorted(os.listdir(place / 'build'))}.")
    found = [sentence for sentence in wrong if sentence]
    print("\n".join(found) or f"{len(tools)} tools and {len(names)} benchmarks have a help.")
    return 1 if found or len(names) < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
