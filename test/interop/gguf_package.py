#!/usr/bin/env python3
"""Checks io/gguf.hpp against the gguf package. gguf_package.py PROGRAM [GGUF...]

PROGRAM is gguf_roundtrip.cpp, compiled: the package reads what it writes, and it reads what the
package writes. Further files are read by both, and copied. Ends with 1 where the two disagree, with
77 where the package is not installed.
"""
import difflib
import pathlib
import subprocess
import sys
import tempfile

try:
    import gguf
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}; pip install gguf.")
    sys.exit(77)

TYPES = {"UINT8": "u8", "INT8": "i8", "UINT16": "u16", "INT16": "i16", "UINT32": "u32", "INT32": "i32",
         "FLOAT32": "f32", "BOOL": "bool", "STRING": "string", "UINT64": "u64", "INT64": "i64", "FLOAT64": "f64"}


def spelled(value):
    if isinstance(value, str):
        return value.encode().hex() + "h"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.17g}" if isinstance(value, float) else str(value)


def listing(path):
    """What `gguf_roundtrip list` should print, by the package's reader."""
    reader = gguf.GGUFReader(path)
    lines = []
    for name, field in reader.fields.items():
        if name.startswith("GGUF."):
            continue
        is_array = field.types[0] == gguf.GGUFValueType.ARRAY
        # parts: the key's length, the key, the type; then of an array the elements' type
        element = gguf.GGUFValueType(int(field.parts[3][0])) if is_array else field.types[0]
        found = field.contents() if is_array else [field.contents()]
        kind = ("array of " if is_array else "") + TYPES[element.name]
        lines.append(" ".join(["key", name, kind, *map(spelled, found)]))
    for t in reader.tensors:
        dims = " ".join(str(int(size)) for size in t.shape)
        lines.append(f"tensor {t.name} {t.tensor_type.name} {int(t.data_offset)} {dims} {t.data.tobytes().hex()}")
    return lines


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program} {' '.join(map(str, words))} ended with {done.returncode}: {done.stderr}")
    return done.stdout.splitlines()


def write_by_package(path):
    """Quantised as the package does it, every type it can make."""
    draw = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "toy")
    writer.add_uint32("toy.layers", 3)
    writer.add_int64("toy.negative", -(2**63))
    writer.add_float64("toy.float", 0.1)
    writer.add_bool("toy.bool", False)
    writer.add_array("toy.words", ["\u2581the", "", "\U0001F680"])
    writer.add_array("toy.scores", [0.5, -1000000000.0])
    writer.add_array("toy.flags", [True, False])
    weights = draw.standard_normal((4, 512)).astype(np.float32)
    for kind in gguf.GGMLQuantizationType:
        try:
            quantised = gguf.quantize(weights, kind)
        except NotImplementedError:
            continue
        writer.add_tensor("blk.0." + kind.name, quantised, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check(program, path, copy):
    """Both readers see the same in `path`, and a copy of it has the same bytes."""
    ours, theirs = run(program, "list", path), listing(path)
    if ours != theirs:
        difference = difflib.unified_diff(ours, theirs, "ours", "theirs", lineterm="", n=0)
        sys.exit("\n".join(line[:300] for line in difference))
    run(program, "copy", path, copy)
    if listing(copy) != theirs:
        sys.exit(f"{path}: the copy differs.")
    print(f"{path.name}: {len(ours)} keys and tensors agree.")
    return copy.read_bytes() == path.read_bytes()


def main():
    program, *others = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs, copy = (pathlib.Path(folder) / name for name in ("ours.gguf", "theirs.gguf", "copy.gguf"))
        run(program, "write", ours)
        write_by_package(theirs)
        for path in (ours, theirs):
            if not check(program, path, copy):
                sys.exit(f"{path.name}: the copy has other bytes.")
        for other in others:
            check(program, pathlib.Path(other), copy)


main()
