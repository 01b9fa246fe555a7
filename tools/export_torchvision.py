#!/usr/bin/python3
"""Turns a PyTorch checkpoint with the names of torchvision, timm or Hugging Face into safetensors for captioner.

Usage: tools/export_torchvision.py CHECKPOINT.pth OUT.safetensors [--mean R G B] [--std R G B] [--image-size N]
                                   [--same-padding] [--trust]    needs nothing but PyTorch (Debian's python3-torch)

The checkpoint is what torch.save wrote: a state dict, or one under "state_dict" or "model", as trainers have it. A
prefix that all names have, such as "module." or "backbone.", may stay: captioner reads them with it. A whole model is read with --trust alone: unpickling it runs code from the file.

What the network's images must look like goes into the file's metadata and travels with the weights: channels are
normalised as (value - mean) / std, values from 0 to 1.
"""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import torch  # noqa: E402

from fixtures import storage  # noqa: E402

IMAGENET_MEAN, IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def state_dict_of(checkpoint):
    """The tensors of a checkpoint by name, whatever lies around them."""
    if isinstance(checkpoint, torch.nn.Module):
        checkpoint = checkpoint.state_dict()
    for key in ["state_dict", "model"]:
        if isinstance(checkpoint, dict) and key in checkpoint:
            return state_dict_of(checkpoint[key])
    if not isinstance(checkpoint, dict) or not checkpoint:
        raise SystemExit("this checkpoint holds no state dict")
    tensors = {}
    for name, tensor in checkpoint.items():
        if not isinstance(tensor, torch.Tensor):
            raise SystemExit(f"this checkpoint's {name!r} is a {type(tensor).__name__}, not a tensor")
        tensors[name.removeprefix("module.")] = tensor
    return tensors


def metadata_of(mean=IMAGENET_MEAN, std=IMAGENET_STD, image_size=224, same_padding=False):
    """What images must look like, as pupil's PretrainedWeights reads it."""
    metadata = {"format": "pt", "image_size": str(image_size), "same_padding": str(int(same_padding))}
    for color, m, s in zip(["red", "green", "blue"], mean, std):
        metadata[f"mean_{color}"], metadata[f"deviation_{color}"] = f"{m:.9g}", f"{s:.9g}"
    return metadata


def export(tensors, path, **preprocessing):
    """Writes the file, all of it or nothing."""
    unfinished = f"{path}.part"
    try:
        storage.save(unfinished, tensors, metadata_of(**preprocessing))
        os.replace(unfinished, path)
    finally:
        pathlib.Path(unfinished).unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--mean", type=float, nargs=3, metavar=("R", "G", "B"), default=IMAGENET_MEAN)
    parser.add_argument("--std", type=float, nargs=3, metavar=("R", "G", "B"), default=IMAGENET_STD)
    parser.add_argument("--image-size", type=int, default=224, help="pixels a side")
    parser.add_argument("--same-padding", action="store_true", help="the weights want TensorFlow's padding")
    parser.add_argument("--trust", action="store_true", help="unpickle whatever the checkpoint holds")
    args = parser.parse_args()
    try:
        checkpoint = torch.load(args.checkpoint, map_location="cpu", weights_only=not args.trust)
    except Exception as error:  # a file that is no checkpoint may raise anything
        raise SystemExit(f"{args.checkpoint}: cannot be read as a PyTorch checkpoint: {error}") from None
    tensors = state_dict_of(checkpoint)
    export(
        tensors,
        args.out,
        mean=args.mean,
        std=args.std,
        image_size=args.image_size,
        same_padding=args.same_padding,
    )
    print(f"{args.out}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
