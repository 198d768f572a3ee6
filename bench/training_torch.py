#!/usr/bin/env python3
"""Times training steps of a 1-bit transformer in PyTorch: the yardstick of the library's trainer.

    pip install torch
    python3 bench/training_torch.py --precision bf16 --threads 2 [--compile]

The model is the library's `bitnet` blueprint as a PyTorch user writes it: ternary absmean weights
and int8 absmax activations in fake quantisation with straight-through gradients, SubLN, RMSNorm,
half-split rotary positions, a gated feed-forward network, a tied embedding; random tokens. As in
BitNet's own code, every forward quantises the weights anew. What serves several products is
computed once: the quantised input of query, key and value, and of gate and up.

Prints one line of JSON. tokens_per_s is that of the median step (forward, backward, AdamW).
gflops counts floating point operations of the mathematics, whoever does them how:

    tokens/s * (6 P + 6 T D L) / 1e9

where P counts the weights of all matrices (the tied head's once, its look-up not at all), 2 P for
the forward and 4 P for the backward products; and a token attends to T / 2 others on average,
2 * 2 * (T / 2) * D operations a layer forward and twice as many backward, D = heads * head_dim.
peak_mib is the process's largest resident memory, import_mib that before there is a model.

As PyTorch's tuning guide asks, memory is kept between steps and in huge pages; with glibc's own
allocator (--malloc default) every step maps and clears its tensors anew.

On AMD processors MKL takes its AVX2 kernels for float32 products. A preloaded library makes it
take those for AVX-512, twice as fast; "preloaded" in the output says that there was one:

    echo 'int mkl_serv_intel_cpu_true() { return 1; }' | cc -shared -fPIC -x c - -o mkl_avx512.so
    LD_PRELOAD=./mkl_avx512.so python3 bench/training_torch.py
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


KEEPING_MEMORY = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "MALLOC_MMAP_MAX_": "0",
                  "MALLOC_TRIM_THRESHOLD_": str(2 ** 40), "MALLOC_TOP_PAD_": str(2 ** 28)}


# ---- quantisation -------------------------------------------------------------------------------
# The usual x + (Q(x) - x).detach() as a function of its own: two passes over memory fewer.

class QuantizeWeight(torch.autograd.Function):
    @staticmethod
    def forward(_, w):
        scale = w.abs().mean().clamp_(min=1e-5)
        return (w / scale).round_().clamp_(-1, 1).mul_(scale)

    @staticmethod
    def backward(_, gradient):
        return gradient


class QuantizeActivation(torch.autograd.Function):
    @staticmethod
    def forward(_, x):
        scale = 127 / x.abs().amax(-1, keepdim=True).clamp_(min=1e-5)
        return (x * scale).round_().clamp_(-128, 127).div_(scale)

    @staticmethod
    def backward(_, gradient):
        return gradient


class TernaryLinear(nn.Linear):
    """Its input is quantised already: see Quantizer."""

    def forward(self, x):
        return F.linear(x, QuantizeWeight.apply(self.weight))


class Quantizer(nn.Module):
    def forward(self, x):
        return QuantizeActivation.apply(x)


def linear(args, inputs, outputs):
    kind = TernaryLinear if args.weights == "ternary" else nn.Linear
    return kind(inputs, outputs, bias=False)


def quantizer(args):
    return Quantizer() if args.weights == "ternary" else nn.Identity()


# ---- the model ----------------------------------------------------------------------------------

def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


class Attention(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.width = args.dim // args.heads
        self.grouped = args.kv_heads != args.heads
        inner, kv = args.heads * self.width, args.kv_heads * self.width
        self.query, self.key = linear(args, args.dim, inner), linear(args, args.dim, kv)
        self.value, self.output = linear(args, args.dim, kv), linear(args, inner, args.dim)
        self.quantize, self.sub_norm = quantizer(args), nn.RMSNorm(inner, eps=1e-5)

    def heads(self, x):
        return x.unflatten(-1, (-1, self.width)).transpose(1, 2)

    def forward(self, x, cos, sin):
        x = self.quantize(x)
        q, k = (rotate(self.heads(w(x)), cos, sin) for w in (self.query, self.key))
        v = self.heads(self.value(x))
        mixed = F.scaled_dot_product_attention(q, k.type_as(q), v.type_as(q), is_causal=True,
                                               enable_gqa=self.grouped)
        return self.output(self.quantize(self.sub_norm(mixed.transpose(1, 2).flatten(2))))


class GatedFfn(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.gate, self.up = linear(args, args.dim, args.ffn), linear(args, args.dim, args.ffn)
        self.down = linear(args, args.ffn, args.dim)
        self.function = F.silu if args.gate == "silu" else lambda x: F.relu(x).square()
        self.quantize, self.sub_norm = quantizer(args), nn.RMSNorm(args.ffn, eps=1e-5)

    def forward(self, x):
        x = self.quantize(x)
        y = self.function(self.gate(x)) * self.up(x)
        return self.down(self.quantize(self.sub_norm(y)))


class Block(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.attention, self.ffn = Attention(args), GatedFfn(args)
        self.attention_norm = nn.RMSNorm(args.dim, eps=1e-5)
        self.ffn_norm = nn.RMSNorm(args.dim, eps=1e-5)

    def forward(self, h, cos, sin):
        h = h + self.attention(self.attention_norm(h), cos, sin)
        return h + self.ffn(self.ffn_norm(h))


class Decoder(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.embedding = nn.Embedding(args.vocab, args.dim)
        self.blocks = nn.ModuleList(Block(args) for _ in range(args.layers))
        self.final_norm = nn.RMSNorm(args.dim, eps=1e-5)
        width = args.dim // args.heads
        frequencies = 10000.0 ** (-torch.arange(0, width, 2) / width)
        angles = torch.arange(args.length)[:, None] * frequencies
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02)

    def forward(self, tokens, targets):
        h = self.embedding(tokens)
        for block in self.blocks:
            h = block(h, self.cos, self.sin)
        logits = F.linear(self.final_norm(h), self.embedding.weight)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


# ---- timing -------------------------------------------------------------------------------------

def optimiser_of(args, model):
    """AdamW that decays matrices alone."""
    groups = [{"params": [p for p in model.parameters() if p.dim() == 2], "weight_decay": 0.1},
              {"params": [p for p in model.parameters() if p.dim() != 2], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), **{args.adamw: True})


def timed_steps(args, model):
    """(seconds of each step, the last loss); the first steps warm up and do not count."""
    optimiser, seconds = optimiser_of(args, model), []
    run = torch.compile(model) if args.compile else model
    begin = time.perf_counter()
    for step in range(args.warm_up + args.steps):
        if step > args.warm_up and time.perf_counter() - begin > args.seconds:
            break
        text = torch.randint(args.vocab, (args.batch, args.length + 1))
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            loss = run(text[:, :-1], text[:, 1:])
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        seconds.append(time.perf_counter() - start)
    return seconds[args.warm_up:], loss.item()


def operations_per_token(args, model):
    weights = sum(p.numel() for p in model.parameters() if p.dim() == 2)
    return 6 * weights + 6 * args.length * args.dim * args.layers


def resident_mib(which):
    """VmRSS or VmHWM, the largest VmRSS so far."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) / 1024


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("dim", 320), ("ffn", 864), ("layers", 8), ("heads", 5), ("kv-heads", 5),
                        ("vocab", 4096), ("batch", 16), ("length", 256), ("threads", 1),
                        ("steps", 7), ("warm-up", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=60,
                        help="after which no step begins, once one was measured")
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--weights", choices=("ternary", "float"), default="ternary")
    parser.add_argument("--gate", choices=("relu_squared", "silu"), default="relu_squared")
    parser.add_argument("--adamw", choices=("fused", "foreach"), default="fused")
    parser.add_argument("--malloc", choices=("tuned", "default"), default="tuned")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args()


def restart_with(settings):
    """glibc reads its settings when a program starts: start again, unless they are there."""
    if not settings.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | settings)


def main():
    args = arguments()
    if args.malloc == "tuned":
        restart_with(KEEPING_MEMORY)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    imported = resident_mib("VmRSS")
    model = Decoder(args)
    seconds, loss = timed_steps(args, model)
    speed = args.batch * args.length / statistics.median(seconds)
    print(json.dumps({
        "engine": "torch", "version": torch.__version__, "precision": args.precision,
        "weights": args.weights, "compiled": args.compile, "threads": args.threads,
        "preloaded": pathlib.Path(os.environ.get("LD_PRELOAD", "")).name,
        "tokens_per_s": round(speed, 1),
        "gflops": round(speed * operations_per_token(args, model) / 1e9, 1),
        "peak_mib": round(resident_mib("VmHWM")), "import_mib": round(imported),
        "loss": round(loss, 4)}))


if __name__ == "__main__":
    main()
