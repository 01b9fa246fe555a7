#!/usr/bin/env python3
"""Writes what `pupil_bench` measured as a Markdown table, a picture and lines of JSON.

Usage: tools/bench_report.py MEASURED.json --out DIR [--json FILE]     (tools/bench calls it)

MEASURED.json is what `pupil_bench --benchmark_out=MEASURED.json` wrote. DIR gets results.md and results.svg; FILE an
object a line, with the rate of pupil and of the peer, where there is one, for each benchmark.
"""

import argparse
import json
import pathlib

from bench_picture import picture
from bench_rows import Results

ABOUT = """\
Measured on {threads} threads, pupil's and the peer's passes in turn, medians of both. *Ratio* is how many times as fast as
the peer pupil is. *Of peak* is the part of {peak:.0f} GFLOP/s that it reached, this machine's fp32 multiply-adds in
registers{bf16}; memory gives {bandwidth:.0f} GB/s.
"""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("measured", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    return parser.parse_args()


def number(value):
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def markdown(results):
    tiles = results.peak("peak_bf16_tiles_gflops")
    yield ABOUT.format(
        threads=results.machine["threads"],
        peak=results.peak("peak_fp32_gflops"),
        bandwidth=results.peak("memory_gb_s"),
        bf16=f", where bf16 tiles do {tiles:.0f}" if tiles else "",
    )
    means = results.means()
    if means:
        yield "Geometric means over all shapes:\n"
        header = ["what", "pass", "precision", "pupil, GFLOP/s", "peer", "peer, GFLOP/s", "ratio"]
        yield from table(header, ([family, direction, precision, number(ours), peer, number(theirs), f"{ratio:.2f}"]
                                  for (peer, precision, family, direction), (ours, theirs, ratio) in means.items()))
    yield "Every shape:\n"
    header = ["workload", "pass", "precision", "pupil", "unit", "peer", "peer's rate", "ratio", "of peak"]
    yield from table(header, ([f"`{row['workload']}`", row["pass"], row["precision"], number(row["rate"]), row["unit"],
                               row["peer"] or "", number(row["peer_rate"]), number(row["ratio"]),
                               number(row["fraction_of_peak"])] for row in results.rows))


def main():
    arguments = parse_arguments()
    results = Results(arguments.measured)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = "\n".join(markdown(results))
    (arguments.out / "results.md").write_text(text, encoding="utf-8")
    (arguments.out / "results.svg").write_text(picture(results), encoding="utf-8")
    if arguments.json:
        arguments.json.write_text("".join(json.dumps(row) + "\n" for row in results.rows), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
