#!/usr/bin/env python3
"""Tokenizers survive 06_convert: Hugging Face to GGUF, and back. convert_tokenizers.py PROGRAM

PROGRAM is examples/06_convert.cpp, compiled. The tokenizers package encodes with the tokenizer.json
that a model began with and with the one it comes back with. Ends with 1 where tokens or chat
templates differ, with 77 where a package is not installed.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
try:
    import numpy as np
    import transformers
    from tokenizers import Tokenizer

    from convert_gguf import write_model
except ImportError as missing:
    print(f"skipped: {missing}; pip install tokenizers transformers gguf numpy safetensors.")
    sys.exit(77)

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "tokenizers"
TEXTS = ("", "Hello, World!", "  two  spaces and\ttabs \n\n lines\r\n", "12345 67 8.9", "don't WE'LL I'm",
         "caf\u00e9 na\u00efve \u4e2d\u6587\u5b57 \U0001F680\U0001F680", "e\u0301 \u1e9b\u0323", "snake_case->x+=1;",
         "the the the then there", "<|eot_id|>x<|im_end|> </s>")


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: ended with {done.returncode}: {done.stderr}")


def check(program, path, scratch):
    """The ids of TEXTS by the file that went in and by the one that came back."""
    first, middle, last = scratch / "first", scratch / "middle.gguf", scratch / "last"
    first.mkdir()
    write_model(first, np.random.default_rng(1))
    shutil.copy(path, first / "tokenizer.json")
    run(program, first, middle)
    run(program, middle, last)
    before, after = (Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (first, last))
    for text in TEXTS:
        a, b = before.encode(text).ids, after.encode(text).ids
        if a != b:
            sys.exit(f"{path.name}: {text!r}: {a} became {b}.")
        if before.decode(a) != after.decode(a):
            sys.exit(f"{path.name}: {a} reads {before.decode(a)!r} before, {after.decode(a)!r} after.")
    words = transformers.AutoTokenizer.from_pretrained(last)
    if words("Hello").input_ids != after.encode("Hello").ids:
        sys.exit(f"{path.name}: AutoTokenizer encodes otherwise.")
    print(f"{path.name}: {len(TEXTS)} texts agree.")


def main():
    for name in ("llama3", "gpt2", "qwen2", "digits"):
        with tempfile.TemporaryDirectory() as scratch:
            check(sys.argv[1], FIXTURES / f"{name}.json", pathlib.Path(scratch))


if __name__ == "__main__":
    main()
