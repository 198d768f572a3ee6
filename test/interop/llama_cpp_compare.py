#!/usr/bin/env python3
"""How far llama.cpp is from a BitNet model that both run. llama_cpp_compare.py PROGRAM

PROGRAM is random_bitnet.cpp, compiled: it writes a random model as a GGUF file of the architecture
bitnet in TQ2_0, and its own logits. The same model is run by llama.cpp, and by the plain NumPy code
below in float64 twice: with one activation scale a token, as such models are trained, and with one
for 256 activations, as llama.cpp's kernels have it (Q8_K). Expected: this library is the first,
llama.cpp the second. Ends with 1 where that is not so, with 77 where llama-cpp-python or gguf is
missing.
"""
import pathlib
import subprocess
import sys
import tempfile

try:
    import gguf
    import llama_cpp  # noqa: F401
    import numpy as np
except ImportError as missing:
    print(f"skipped: the Python package {missing.name} is not installed")
    sys.exit(77)
from llama_cpp_bitnet import logits_of

EPS, THETA, HEADS, KV_HEADS, HEAD = 1e-5, 10000.0, 4, 2, 64


def load(path):
    reader = gguf.GGUFReader(path)
    return {t.name: gguf.dequantize(t.data, t.tensor_type).reshape(t.shape[::-1]).astype(np.float64)
            for t in reader.tensors}


def per_token(x):
    scale = 127.0 / np.maximum(np.abs(x).max(-1, keepdims=True), 1e-5)
    return np.clip(np.rint(x * scale), -128, 127) / scale


def per_256(x):
    """Q8_K: a scale for 256 activations, whose sign makes the largest one -127."""
    blocks = x.reshape(*x.shape[:-1], -1, 256)
    top = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)
    scale = np.divide(-127.0, top, out=np.zeros_like(top), where=top != 0)
    codes = np.minimum(np.rint(blocks * scale), 127)
    return np.divide(codes, scale, out=np.zeros_like(codes), where=scale != 0).reshape(x.shape)


def rms(x, gain):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * gain


def rotate(x):
    """x: [T, heads, HEAD]; pairs (i, i + HEAD / 2)."""
    half = HEAD // 2
    angles = np.arange(len(x))[:, None] * THETA ** (-np.arange(half) / half)
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * c - b * s, b * c + a * s], -1)


def attention(q, k, v):
    q, k = rotate(q.reshape(len(q), HEADS, HEAD)), rotate(k.reshape(len(k), KV_HEADS, HEAD))
    v = v.reshape(len(v), KV_HEADS, HEAD)
    out = np.empty_like(q)
    for h in range(HEADS):
        scores = q[:, h] @ k[:, h * KV_HEADS // HEADS].T / np.sqrt(HEAD)
        scores[np.triu_indices(len(q), 1)] = -np.inf
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        out[:, h] = weights / weights.sum(-1, keepdims=True) @ v[:, h * KV_HEADS // HEADS]
    return out.reshape(len(q), -1)


def forward(w, tokens, quantize):
    h = w["token_embd.weight"][tokens]
    layers = 1 + max(int(name.split(".")[1]) for name in w if name.startswith("blk."))
    for i in range(layers):
        p = {name.split(".")[2]: t for name, t in w.items() if name.startswith(f"blk.{i}.")}
        x = quantize(rms(h, p["attn_norm"]))
        mixed = attention(x @ p["attn_q"].T, x @ p["attn_k"].T, x @ p["attn_v"].T)
        h = h + quantize(rms(mixed, p["attn_sub_norm"])) @ p["attn_output"].T
        x = quantize(rms(h, p["ffn_norm"]))
        gate = x @ p["ffn_gate"].T
        inner = gate / (1 + np.exp(-gate)) * (x @ p["ffn_up"].T)
        h = h + quantize(rms(inner, p["ffn_sub_norm"])) @ p["ffn_down"].T
    return rms(h, w["output_norm.weight"]) @ w["token_embd.weight"].T


def distance(name, a, b):
    difference = np.abs(a - b).max()
    argmax = (a.argmax(-1) == b.argmax(-1)).mean()
    print(f"{name:52} argmax equal {argmax:6.1%}, largest difference {difference:.3g} "
          f"of {np.abs(b).max():.3g}")
    return difference / np.abs(b).max(), argmax


def main():
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory)
        subprocess.run([sys.argv[1], directory], check=True)
        tokens = np.fromfile(path / "tokens.i32", np.int32)
        ours = np.fromfile(path / "logits.f32", np.float32).reshape(len(tokens), -1)
        theirs = logits_of(str(path / "model.gguf"), tokens.tolist(), 1)
        weights = load(path / "model.gguf")
    exact, blocks = (forward(weights, tokens, q) for q in (per_token, per_256))
    trained, _ = distance("this library, reference with one scale a token", ours, exact)
    distance("llama.cpp, reference with one scale a token", theirs, exact)
    distance("llama.cpp, reference with a scale for 256", theirs, blocks)
    distance("llama.cpp, this library", theirs, ours)
    near = np.abs(theirs - blocks).mean() < np.abs(theirs - exact).mean()
    print("llama.cpp is nearer to the reference with a scale for 256:", near)
    return 0 if trained < 1e-3 and near else 1


if __name__ == "__main__":
    sys.exit(main())
