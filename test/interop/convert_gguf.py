#!/usr/bin/env python3
"""The gguf package reads what 06_convert writes, and sees the same weights. convert_gguf.py PROGRAM

PROGRAM is examples/06_convert.cpp, compiled. A model is made as a Hugging Face directory of trits
whose scales binary16 can hold, converted into every GGUF layout, read by the package and, where it
knows the layout, dequantised by it. Ends with 1 where a number differs, with 77 where a package is
not installed.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import gguf
    import numpy as np
    from safetensors.numpy import save_file
except ImportError as missing:
    print(f"skipped: {missing}; pip install gguf numpy safetensors.")
    sys.exit(77)

DIM, FFN, LAYERS, HEADS, KV_HEADS, VOCAB = 256, 512, 2, 4, 2, 640
WIDTH = DIM // HEADS
MATRICES = {"self_attn.q_proj": ("attn_q", HEADS * WIDTH, DIM), "self_attn.k_proj": ("attn_k", KV_HEADS * WIDTH, DIM),
            "self_attn.v_proj": ("attn_v", KV_HEADS * WIDTH, DIM),
            "self_attn.o_proj": ("attn_output", DIM, HEADS * WIDTH), "mlp.gate_proj": ("ffn_gate", FFN, DIM),
            "mlp.up_proj": ("ffn_up", FFN, DIM), "mlp.down_proj": ("ffn_down", DIM, FFN)}
NORMS = {"input_layernorm": ("attn_norm", DIM), "post_attention_layernorm": ("ffn_norm", DIM)}
LAYOUTS = {"tq1_0": "TQ1_0", "tq2_0": "TQ2_0", "f16": "F16", "f32": "F32", "bf16": "BF16"}


def packed(codes):
    """Four rows a byte, as transformers packs them: row r + k R in bits 2k and up."""
    quarter = codes.reshape(4, -1, codes.shape[1]) + 1
    return sum((quarter[k].astype(np.uint8) << (2 * k)) for k in range(4)).astype(np.uint8)


def interleaved(w):
    """Rows i and i + WIDTH / 2 of each head become rows 2i and 2i + 1."""
    return w.reshape(-1, 2, WIDTH // 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def write_model(folder, draw):
    """A LLaMA of packed trits; returns what GGUF should hold, by GGUF's names."""
    tensors, wanted = {}, {}
    for n in range(LAYERS):
        for name, (short, rows, cols) in MATRICES.items():
            codes = draw.integers(-1, 2, (rows, cols))
            scale = np.float32(draw.integers(1, 128)) / 1024  # in bfloat16 and binary16
            tensors[f"model.layers.{n}.{name}.weight"] = packed(codes)
            tensors[f"model.layers.{n}.{name}.weight_scale"] = np.array([scale], np.float32)
            w = codes.astype(np.float32) * scale
            wanted[f"blk.{n}.{short}.weight"] = interleaved(w) if short in ("attn_q", "attn_k") else w
        for name, (short, size) in NORMS.items():
            gain = draw.random(size, np.float32)
            tensors[f"model.layers.{n}.{name}.weight"] = gain
            wanted[f"blk.{n}.{short}.weight"] = gain
    for name, short, size in (("model.embed_tokens", "token_embd", (VOCAB, DIM)), ("lm_head", "output", (VOCAB, DIM)),
                              ("model.norm", "output_norm", (DIM,))):
        tensors[name + ".weight"] = draw.standard_normal(size, np.float32)
        wanted[short + ".weight"] = tensors[name + ".weight"]
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCAB, "hidden_size": DIM,
        "intermediate_size": FFN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS, "max_position_embeddings": 64, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "tie_word_embeddings": False,
        "quantization_config": {"quant_method": "bitnet", "linear_class": "autobitlinear",
                                "quantization_mode": "offline"}}))
    return wanted


def check(path, layout, wanted):
    reader = gguf.GGUFReader(path)
    found = {t.name: t for t in reader.tensors}
    if found.keys() != wanted.keys():
        sys.exit(f"{layout}: the tensors differ: {sorted(found.keys() ^ wanted.keys())}")
    for name, w in wanted.items():
        t = found[name]
        if w.ndim == 2 and name.startswith("blk.") and t.tensor_type.name != LAYOUTS[layout]:
            sys.exit(f"{layout}: {name} is {t.tensor_type.name}.")
        values = gguf.dequantize(t.data, t.tensor_type).astype(np.float32).reshape(w.shape)
        if not np.array_equal(values, w):
            sys.exit(f"{layout}: {name} differs by up to {np.abs(values - w).max()}.")
    facts = {name: field.contents() for name, field in reader.fields.items()}
    for key, value in (("general.architecture", "llama"), ("llama.block_count", LAYERS),
                       ("llama.embedding_length", DIM), ("llama.attention.head_count_kv", KV_HEADS),
                       ("llama.rope.dimension_count", WIDTH), ("llama.vocab_size", VOCAB)):
        if facts.get(key) != value:
            sys.exit(f"{layout}: {key} is {facts.get(key)}, not {value}.")
    print(f"{layout}: {len(wanted)} tensors agree.")


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "model"
        folder.mkdir()
        wanted = write_model(folder, np.random.default_rng(1))
        for layout in LAYOUTS:
            path = pathlib.Path(scratch) / f"{layout}.gguf"
            done = subprocess.run([program, folder, path, "--matrices", layout], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{program} ended with {done.returncode}: {done.stderr}")
            check(path, layout, wanted)


if __name__ == "__main__":
    main()
