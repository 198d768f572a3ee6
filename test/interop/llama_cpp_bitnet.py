#!/usr/bin/env python3
"""Logits of llama.cpp for a GGUF file, at every position of a token sequence.

    python3 llama_cpp_bitnet.py model.gguf --tokens 1,5,9 [--out logits.npy] [--threads 1]
    python3 llama_cpp_bitnet.py model.gguf --tokens tokens.npy --out logits.npy

Needs llama-cpp-python. Writes float32 [T, V] as .npy, or without --out prints for each position
its token, the arg-max and that logit. Exit status: 77 when llama_cpp or numpy is missing (a test's
"skipped"), 1 when llama.cpp refuses the file or the tokens, with its messages on stderr.

llama.cpp quantises the activations of most block types per block of 32 or 256 (Q8_0, Q8_K), not
per token, and keeps keys and values in float16 unless told: here they are float32.
"""
import argparse
import sys

try:
    import llama_cpp
    import numpy as np
except ImportError as missing:
    print(f"skipped: the Python package {missing.name} is not installed", file=sys.stderr)
    sys.exit(77)


def token_list(text):
    if text.endswith(".npy"):
        return [int(t) for t in np.load(text).reshape(-1)]
    return [int(t) for t in text.replace(",", " ").split()]


def logits_of(path, tokens, threads):
    """float32 [T, V]; one batch, so every position sees exactly those before it."""
    size = len(tokens)
    model = llama_cpp.Llama(model_path=path, n_ctx=size, n_batch=size, n_ubatch=size,
                            n_threads=threads, n_threads_batch=threads, n_gpu_layers=0,
                            logits_all=True, type_k=llama_cpp.GGML_TYPE_F32,
                            type_v=llama_cpp.GGML_TYPE_F32, verbose=False)
    vocab = model.n_vocab()
    outside = [t for t in tokens if not 0 <= t < vocab]
    if outside:
        raise ValueError(f"tokens {outside} outside the vocabulary of {vocab}")
    model.eval(tokens)
    return np.array(model.scores[:size], dtype=np.float32)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("gguf")
    options.add_argument("--tokens", required=True, help="ids with commas, or a .npy file")
    options.add_argument("--out", help="where to write float32 [T, V] as .npy")
    options.add_argument("--threads", type=int, default=1)
    a = options.parse_args()
    try:
        tokens = token_list(a.tokens)
        if not tokens:
            raise ValueError("no tokens given")
        logits = logits_of(a.gguf, tokens, a.threads)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"{a.gguf}: {error}", file=sys.stderr)
        return 1
    if a.out:
        np.save(a.out, logits)
        return 0
    for token, row in zip(tokens, logits):
        print(token, int(row.argmax()), float(row.max()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
