"""CPU time per request as a picture: SVG by hand, readable on light and dark pages."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.figures import cpu_us, number
from benchmarks.results import Results

WIDTH, LEFT, RIGHT, TOP, ROW = 760, 180, 110, 94, 28
STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de; } .grid { stroke: #d8dee4; }
  text { fill: #1f2328; font: 13px system-ui, sans-serif; } .dim { fill: #59636e; font-size: 12px; }
  .title { font-size: 15px; font-weight: 600; }
  .row { stroke: #d8dee4; stroke-dasharray: 1 5; } .dot { fill: #59636e; }
  .own .dot { fill: #0969da; } .own text { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d; } .grid { stroke: #21262d; }
    text { fill: #e6edf3; } .dim { fill: #9198a1; }
    .row { stroke: #30363d; } .dot { fill: #9198a1; } .own .dot { fill: #4493f8; }
  }
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the chart."""

    name: str
    label: str
    value: float


def render(results: Results, scenario: str, title: str) -> str:
    """Draw one line for each contender, the cheapest on top."""
    marks = sorted(_marks(results, scenario), key=lambda mark: mark.value)
    height = TOP + ROW * len(marks) + 20
    low, high = _decades([mark.value for mark in marks])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape('; '.join(f'{m.label} {number(m.value)} µs' for m in marks))}</desc>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="20" y="28">{escape(title)}</text>',
        '<text class="dim" x="20" y="48">microseconds, logarithmic; less is better</text>',
        *_axis(low, high, height),
        *(_line(mark, index, low, high) for index, mark in enumerate(marks)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def position(value: float, low: int, high: int) -> float:
    """Place a value between two powers of ten."""
    share = (math.log10(value) - low) / (high - low)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _marks(results: Results, scenario: str) -> Iterator[Mark]:
    for name, about in results.contenders.items():
        value = results.median(name, scenario, cpu_us)
        if value:
            yield Mark(name, about["label"], value)


def _decades(values: list[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values, default=1)))
    return low, max(low + 1, math.ceil(math.log10(max(values, default=10))))


def _axis(low: int, high: int, height: int) -> Iterator[str]:
    for power in range(low, high + 1):
        x = position(10.0**power, low, high)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 14}"/>'
        label = f"{10**power:,}"
        yield f'<text class="dim" x="{x:.1f}" y="{TOP - 12}" text-anchor="middle">{label}</text>'


def _line(mark: Mark, index: int, low: int, high: int) -> str:
    y = TOP + ROW * index + ROW / 2
    x = position(mark.value, low, high)
    own = ' class="own"' if mark.name == "ours" else ""
    return (
        f'<g{own}><text x="{LEFT - 12}" y="{y + 4.5}" text-anchor="end">{escape(mark.label)}</text>'
        # Dots, not bars: on a logarithmic axis a bar's length means nothing.
        f'<line class="row" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="6"/>'
        f'<text x="{x + 14:.1f}" y="{y + 4.5}">{number(mark.value)} µs</text></g>'
    )
