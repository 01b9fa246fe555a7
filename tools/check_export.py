#!/usr/bin/python3
"""Checks that a checkpoint exported by tools/export_torchvision.py says of an image what torchvision's network says.

Usage: tools/check_export.py CAPTIONER      needs Debian's python3-torch and python3-torchvision

CAPTIONER is build/release/bin/captioner. Without torchvision nothing is checked, which is said.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent

try:
    import torch
    import torchvision
except ImportError:
    sys.exit(print("skipped: torchvision is not here") or 0)

IMAGE_SIZE = 64
MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]


def make_network():
    """MobileNetV2 with statistics of its own, and classes that differ enough to be told apart."""
    network = torchvision.models.mobilenet_v2(weights=None)
    with torch.no_grad():
        network(torch.randn(8, 3, IMAGE_SIZE, IMAGE_SIZE))
        network.classifier[1].weight *= 100
    return network.eval()


def expected_classes(network, image):
    mean, std = torch.tensor(MEAN)[:, None, None], torch.tensor(STD)[:, None, None]
    with torch.no_grad():
        probabilities = network(((image / 255 - mean) / std)[None]).softmax(1)[0]
    return [(int(i), float(p)) for p, i in zip(*probabilities.topk(5))]


def main():
    torch.manual_seed(1)
    network = make_network()
    image = torch.randint(0, 256, (3, IMAGE_SIZE, IMAGE_SIZE), dtype=torch.uint8)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, weights, picture = (pathlib.Path(folder, name) for name in ["a.pth", "a.safetensors", "a.png"])
        # As a trainer of several processes saves it.
        torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, checkpoint)
        torchvision.io.write_png(image, str(picture))
        options = ["--mean", *map(str, MEAN), "--std", *map(str, STD), "--image-size", str(IMAGE_SIZE)]
        subprocess.run([sys.executable, TOOLS / "export_torchvision.py", checkpoint, weights, *options], check=True)
        command = [sys.argv[1], "classify", "--weights", weights, "--format", "json", picture]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    classes = [(c["class"], c["score"]) for c in said["classes"]]
    expected = expected_classes(network, image)
    alike = all(a == b and abs(p - q) <= 1e-4 for (a, p), (b, q) in zip(classes, expected, strict=True))
    if not alike:
        sys.exit(f"pupil says {classes}, torchvision {expected}")
    print(f"as torchvision says: {classes}")


if __name__ == "__main__":
    main()
