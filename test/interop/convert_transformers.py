#!/usr/bin/env python3
"""transformers runs the directories that 06_convert writes. convert_transformers.py PROGRAM [MODEL...]

PROGRAM is examples/06_convert.cpp, compiled; a MODEL is a folder of test/fixtures/hf_models, whose
reference.safetensors has the logits of the model it was made from. Each is written as a Hugging Face
directory, loaded by from_pretrained, which must use every tensor and miss none, and run. Ends with 1
where the logits differ, with 77 where a package is not installed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TORCHDYNAMO_DISABLE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import accelerate  # noqa: F401, which quantised checkpoints need
    import torch
    import transformers
    from safetensors.torch import load_file
except ImportError as missing:
    print(f"skipped: {missing}; pip install torch transformers accelerate safetensors.")
    sys.exit(77)

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "hf_models"
# Not bitnet_odd_rows: transformers reads no packed matrix whose rows are no multiple of 4.
MODELS = ("bitnet_autobitlinear", "bitnet_bitlinear", "bitnet_online", "bitnet_1bitllm", "llama_bitlinear",
          "llama_dense", "qwen3_dense", "qwen3_binary/model.gguf")


@torch.no_grad()
def logits_of(folder, tokens):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, device_map=None, output_loading_info=True)
    if any(info[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")):
        sys.exit(f"{folder}: {info}")
    return type(model).__name__, model.eval()(input_ids=tokens[None].long(), use_cache=False).logits[0]


def check(program, name, scratch):
    source = FIXTURES / name
    folder = source if source.is_dir() else source.parent
    target = pathlib.Path(scratch) / folder.name
    done = subprocess.run([program, source, target, "--verify"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program} ended with {done.returncode}: {done.stderr}")
    reference = load_file(folder / "reference.safetensors")
    kind, logits = logits_of(target, reference["tokens"])
    apart = float((logits - reference["logits"]).abs().max() / reference["logits"].abs().max())
    print(f"{name}: {kind}, {apart:.1e} of the largest logit apart", flush=True)
    return apart < 1e-3


def main():
    program, *models = sys.argv[1:]
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        bad = [name for name in models or MODELS if not check(program, name, scratch)]
    if bad:
        sys.exit(f"{', '.join(bad)}: the logits differ.")


main()
