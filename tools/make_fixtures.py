#!/usr/bin/python3
"""Writes tests/fixtures/*.safetensors: what PyTorch computes, for pupil's tests to agree with.

Usage: tools/make_fixtures.py [NAME]...      needs Debian's python3-torch and python3-torchvision

Each module of tools/fixtures/ that is named in FIXTURES makes the file of its name, or, with a function write, several. A
second run writes the same bytes.
"""

import importlib
import pathlib
import sys

TOOLS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))

import torch  # noqa: E402

from fixtures import storage  # noqa: E402

FIXTURES = [
    "activations",
    "adaptive_max_pooling",
    "attention",
    "branches",
    "captioner",
    "convolution",
    "decoders",
    "embedding",
    "image_networks",
    "instance_normalization",
    "losses",
    "more_activations",
    "more_losses",
    "normalization",
    "optimizers",
    "pixel_shuffling",
    "pooling",
    "recurrent",
    "sequence_pooling",
    "transposed_convolution",
    "upsampling",
    "transformer",
]


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder = TOOLS.parent / "tests" / "fixtures"
    folder.mkdir(exist_ok=True)
    for name in sys.argv[1:] or FIXTURES:
        module = importlib.import_module(f"fixtures.{name}")
        if hasattr(module, "write"):
            module.write(folder)
            print(f"tests/fixtures/{name}/: written")
            continue
        tensors = module.make()
        storage.save(folder / f"{name}.safetensors", tensors)
        print(f"tests/fixtures/{name}.safetensors: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
