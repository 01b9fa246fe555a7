"""The picture of tools/bench: a roofline of this machine with every benchmark on it, and pupil beside its peers."""

import html
import math

from bench_rows import FAMILIES, family_of

WIDTH = 900
LEFT, RIGHT = 70, 40  # margins
ROOF_TOP, ROOF_HEIGHT = 60, 340
BAR, ROW = 8, 24  # pixels of a bar, and from row to row
BARS_LEFT, BARS_RIGHT = 310, 90
NUMBER = 25  # what a rate behind its bar takes
COLOURS = dict(zip(FAMILIES, ("#1f6fb4", "#c2452d", "#d9922b", "#7a7a7a", "#3c8d55", "#7b4fa3")))
PUPIL, PEER = "#1f6fb4", "#c9ced4"
PASSES = {
    "backward_data": ("triangle", "gradient of the input"),
    "backward_weights": ("square", "gradient of the weights"),
    "forward_backward": ("diamond", "forward and backward"),
}
PRODUCTS = {"a_b": "A B", "a_bT": "A Bᵀ", "aT_b": "Aᵀ B"}
FORWARD = ("circle", "forward, product")
STYLE = """text { font: 12px sans-serif; fill: #333 } .title { font-size: 15px; font-weight: bold; fill: #111 }
.right { text-anchor: end } .middle { text-anchor: middle } .small { font-size: 11px; fill: #666 }
.bold { font-weight: bold; fill: #111 } .grid { stroke: #e6e8eb } .roof { stroke: #222; stroke-width: 2; fill: none }"""


def text(x, y, words, style="", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" {more}>{html.escape(str(words))}</text>'


def line(x1, y1, x2, y2, style):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height}" fill="{colour}"/>'


def marker(shape, x, y, colour):
    style = f'fill="{colour}" fill-opacity="0.8" stroke="#fff" stroke-width="0.8"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {style}/>'
    offsets = {
        "triangle": ((0, -6), (5.5, 4.5), (-5.5, 4.5)),
        "square": ((-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)),
        "diamond": ((0, -6.5), (6, 0), (0, 6.5), (-6, 0)),
    }[shape]
    return f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in offsets)}" {style}/>'


class LogScale:
    """From numbers to pixels, for whole decades around all of the numbers."""

    def __init__(self, numbers, first, last):
        self.low, self.high = math.floor(math.log10(min(numbers))), math.ceil(math.log10(max(numbers)))
        self.first, self.last = first, last

    def __call__(self, number):
        part = (math.log10(number) - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)

    def decades(self):
        return [10.0**exponent for exponent in range(self.low, self.high + 1)]


def roofline(results):
    points = [(row, each) for row, each in zip(results.rows, results.intensities) if each and family_of(row["workload"])]
    bandwidth = results.peak("memory_gb_s")
    peaks = [("fp32 multiply-adds", results.peak("peak_fp32_gflops")), ("bf16 tiles", results.peak("peak_bf16_tiles_gflops"))]
    peaks = [(name, peak) for name, peak in peaks if peak]
    highest = max(peak for _, peak in peaks)
    x = LogScale([1, 1000] + [each for _, each in points], LEFT, WIDTH - RIGHT)
    y = LogScale([10, 1.5 * highest] + [row["rate"] for row, _ in points], ROOF_TOP + ROOF_HEIGHT, ROOF_TOP)

    yield text(LEFT, 30, f"Products on the roofline of this machine, {results.machine['threads']} threads", "title")
    for value in x.decades():
        yield line(x(value), y.first, x(value), y.last, "grid")
        yield text(x(value), y.first + 17, f"{value:g}", "middle small")
    for value in y.decades():
        yield line(x.first, y(value), x.last, y(value), "grid")
        yield text(x.first - 8, y(value) + 4, f"{value:g}", "right small")
    yield text((x.first + x.last) / 2, y.first + 36, "operations a byte of the operands and the result", "middle small")
    middle = (y.first + y.last) / 2
    yield text(22, middle, "GFLOP/s", "middle small", f'transform="rotate(-90 22 {middle})"')

    lowest = max(10.0**x.low, 10.0**y.low / bandwidth)
    for name, peak in peaks:
        yield line(x(max(lowest, peak / bandwidth)), y(peak), x.last, y(peak), "roof")
        yield text(x.last, y(peak) - 7, f"{name}: {peak:.0f} GFLOP/s", "right")
    corner = highest / bandwidth
    yield line(x(lowest), y(bandwidth * lowest), x(corner), y(highest), "roof")
    slope = math.degrees(math.atan2(y(highest) - y(bandwidth * lowest), x(corner) - x(lowest)))
    label = math.sqrt(lowest * corner)
    yield text(x(label), y(bandwidth * label) - 8, f"memory: {bandwidth:.0f} GB/s", "middle",
               f'transform="rotate({slope:.1f} {x(label):.1f} {y(bandwidth * label):.1f})"')
    seen = set()
    for row, intensity in points:  # what is compared with several peers is one point
        key = (row["workload"], row["pass"])
        if row["precision"] == "highest" and key not in seen:
            seen.add(key)
            shape = PASSES.get(row["pass"], FORWARD)[0]
            yield marker(shape, x(intensity), y(row["rate"]), COLOURS[family_of(row["workload"])])
    yield from legend(y.first + 62, [family_of(row["workload"]) for row, _ in points], [row["pass"] for row, _ in points])


def legend(top, families, passes):
    left = LEFT
    for family in (each for each in FAMILIES if each in families):
        yield rectangle(left, top - 9, 10, 10, COLOURS[family])
        yield text(left + 15, top, family)
        left += 35 + 7 * len(family)
    left = LEFT
    shapes = [FORWARD] if any(each not in PASSES for each in passes) else []
    for shape, words in shapes + [PASSES[each] for each in PASSES if each in passes]:
        yield marker(shape, left + 5, top + 19, "#555")
        yield text(left + 15, top + 23, words)
        left += 35 + 7 * len(words)


def bars(results, top):
    """Pairs of bars, peer by peer; returns them and where they end."""
    means = results.means()
    parts = [
        text(LEFT, top, "pupil beside its peers, in GFLOP/s", "title"),
        text(LEFT, top + 18, "Geometric means over all shapes, in fp32 unless said otherwise.", "small"),
    ]
    longest = max([results.peak("peak_fp32_gflops")] + [rate for each in means.values() for rate in each[:2]])
    scale = (WIDTH - BARS_LEFT - BARS_RIGHT - NUMBER) / longest
    top += 14
    last = None
    for (peer, precision, family, direction), (ours, theirs, ratio) in sorted(means.items(), key=lambda item: item[0][:2]):
        if (peer, precision) != last:
            last = (peer, precision)
            top += 34
            against = {"highest": "", "high": ", pupil at high", "medium": " in bf16, pupil at medium"}[precision]
            parts.append(text(LEFT, top, f"{peer}{against}", "bold"))
            parts.append(text(WIDTH - BARS_RIGHT + 50, top, "ratio", "right small"))
        top += ROW
        words = PRODUCTS.get(direction, direction.replace("_", " "))
        parts.append(text(BARS_LEFT - 10, top, f"{family}, {words}", "right"))
        for rate, y, colour in ((ours, top - 12, PUPIL), (theirs, top - 11 + BAR, PEER)):
            parts.append(rectangle(BARS_LEFT, y, rate * scale, BAR, colour))
            parts.append(text(BARS_LEFT + rate * scale + 4, y + BAR, f"{rate:.0f}", "small", 'style="font-size: 9px"'))
        parts.append(text(WIDTH - BARS_RIGHT + 50, top, f"{ratio:.2f}", "right bold"))
    top += 30
    for left, colour, words in ((BARS_LEFT, PUPIL, "pupil"), (BARS_LEFT + 80, PEER, "the peer")):
        parts.append(rectangle(left, top - 9, 10, 10, colour))
        parts.append(text(left + 15, top, words))
    return parts, top


def picture(results):
    parts = list(roofline(results))
    end = ROOF_TOP + ROOF_HEIGHT + 95
    if results.means():
        below, end = bars(results, end + 35)
        parts += below
    height = end + 25
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
    background = f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", background, *parts, "</svg>", ""])
