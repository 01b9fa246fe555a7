"""What Google Benchmark's JSON file of `pupil_bench` says, as rows, and means of rows that belong together."""

import json
import math
import re
import sys

# What rows show of a rate, the first that a benchmark has reported. A benchmark of a whole workload counts what goes through.
UNITS = {"images/s": "image/s", "captions/s": "caption/s", "GFLOP/s": "GFLOP/s", "GB/s": "GB/s"}
WHOLE = {"train-end-to-end": "images/s", "train-scenes": "images/s", "caption-latency": "captions/s"}

FAMILIES = {
    "3x3 convolutions": r"conv2d_.*k3s\d$",
    "7x7 convolution": r"conv2d_.*k7s",
    "1x1 convolutions": r"conv2d_.*k1s",
    "depthwise convolutions": r"conv2d_.*k3s\dg",
    "matrix products": r"gemm_",
    "LSTM": r"lstm_",
}


def family_of(workload):
    return next((name for name, pattern in FAMILIES.items() if re.match(pattern, workload)), None)


def split_name(name):
    """The workload, pass, precision and peer of a benchmark, by the name that it has in bench/."""
    parts = name.removesuffix("/manual_time").split("/")
    if parts[0] == "peers":
        return parts[1:]
    if len(parts) == 3:
        return [f"{parts[0]}_{parts[2]}", parts[1], "highest", None]
    return ["_".join(parts), "whole", "highest", None]


def row_of(benchmark, threads):
    workload, direction, precision, peer = split_name(benchmark["name"])
    counter = WHOLE.get(workload) or next(name for name in ("GFLOP/s", "GB/s", "images/s") if name in benchmark)
    row = {
        "workload": workload,
        "pass": direction,
        "precision": precision,
        "threads": threads,
        "rate": benchmark[counter],
        "unit": UNITS[counter],
        "peer": peer,
        "peer_rate": benchmark.get("peer GFLOP/s"),
        "ratio": benchmark.get("ratio"),
        "fraction_of_peak": benchmark.get("of peak"),
    }
    intensity = benchmark["GFLOP/s"] / benchmark["GB/s"] if {"GFLOP/s", "GB/s"} <= benchmark.keys() else None
    return row, intensity


class Results:
    """`rows`, the operations a byte of each in `intensities` (None where unknown), and the `machine`."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = json.load(file)
        self.machine = text["context"]
        self.rows, self.intensities = [], []
        for benchmark in text["benchmarks"]:
            if benchmark.get("error_occurred"):
                sys.exit(f"tools/bench: {benchmark['name']}: {benchmark['error_message']}")
            row, intensity = row_of(benchmark, int(self.machine["threads"]))
            self.rows.append(row)
            self.intensities.append(intensity)

    def peak(self, name):
        """What the machine was measured to do at most: `peak_fp32_gflops`, ...; None where that was skipped."""
        try:
            return float(self.machine[name])
        except ValueError:
            return None

    def means(self):
        """Geometric means over the shapes of a family, by (peer, precision, family, pass): rate, peer's rate, ratio."""
        groups = {}
        for row in self.rows:
            family = family_of(row["workload"])
            if row["peer"] and family:
                groups.setdefault((row["peer"], row["precision"], family, row["pass"]), []).append(row)
        return {
            key: tuple(geometric_mean([row[name] for row in rows]) for name in ("rate", "peer_rate", "ratio"))
            for key, rows in groups.items()
        }


def geometric_mean(numbers):
    return math.exp(sum(map(math.log, numbers)) / len(numbers))
