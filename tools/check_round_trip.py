#!/usr/bin/python3
"""Checks that a PyTorch state dict, loaded into pupil's layers and saved again, comes back bit for bit.

Usage: tools/check_round_trip.py PROGRAM      needs Debian's python3-torch

PROGRAM is build/release/tests/round_trip/round_trip. Without PyTorch nothing is checked, which is said.
"""

import pathlib
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))

try:
    import torch
except ImportError:
    sys.exit(print("skipped: PyTorch is not here") or 0)

from fixtures import storage  # noqa: E402


def make_model():
    """The twin of Model in tests/round_trip/main.cpp."""
    return torch.nn.ModuleDict(
        {
            "conv": torch.nn.Conv2d(6, 4, (3, 5), groups=2),
            "bn": torch.nn.BatchNorm2d(4),
            "sequence": torch.nn.Conv1d(3, 5, 2),
            "norm": torch.nn.LayerNorm(7),
            "embed": torch.nn.Embedding(11, 7),
            "lstm": torch.nn.LSTM(7, 3, num_layers=2, bidirectional=True),
            "cell": torch.nn.GRUCell(6, 2),
            "out": torch.nn.Linear(2, 11),
        }
    )


def main():
    torch.manual_seed(1)
    model = make_model()
    model["bn"](torch.randn(3, 4, 2, 2))  # so that the running averages are not what they begin with
    state = model.state_dict()
    with tempfile.TemporaryDirectory() as folder:
        original, saved = pathlib.Path(folder, "original.safetensors"), pathlib.Path(folder, "saved.safetensors")
        storage.save(original, state)
        subprocess.run([sys.argv[1], original, saved], check=True)
        returned = storage.load(saved)
    fresh = make_model()
    fresh.load_state_dict(returned, strict=True)
    different = [name for name, value in fresh.state_dict().items() if not torch.equal(value, state[name])]
    if different or {name: t.dtype for name, t in returned.items()} != {name: t.dtype for name, t in state.items()}:
        sys.exit(f"not what was saved: {different}")
    print(f"{len(state)} tensors came back bit for bit")


if __name__ == "__main__":
    main()
