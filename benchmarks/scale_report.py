"""`make bench-scale`: the model of many workers as a table and a picture, written to `benchmarks/results`."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.console import give, tell
from benchmarks.graph import graph_of
from benchmarks.scale import Result, Service, simulate

RESULTS = Path(__file__).with_name("results")
# lines of a document, and how many documents are confirmed at once
SITUATIONS = ((1, 20_000), (10, 10_000), (1_000, 200))
WORKERS = (1, 2, 4, 8, 16, 32, 64)
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _RIGHT = 720, 400, 70, 30, 50, 150
_COLOURS = ("#0b6e4f", "#c84c09", "#3a5fcd")


def main() -> int:
    """Run the model and write what it says."""
    found = []
    for lines, documents in SITUATIONS:
        tell(f"{documents:,} documents of {lines:,} lines: noting the calls of the real stages")
        graph = graph_of(lines)
        for workers in WORKERS:
            found.append(simulate(graph, documents=documents, workers=workers))
            tell(f"  {workers} workers: {found[-1].lines_per_second:,.0f} lines a second")
    RESULTS.mkdir(exist_ok=True)
    written = {"service": asdict(Service()), "results": [asdict(each) for each in found]}
    (RESULTS / "scale.json").write_text(json.dumps(written, indent=1) + "\n")
    (RESULTS / "scale.svg").write_text(picture(found))
    table = "\n".join(markdown(found)) + "\n"
    (RESULTS / "scale.md").write_text(table)
    give(table)
    return 0


def markdown(results: Sequence[Result]) -> Iterator[str]:
    """Write a row for each run."""
    yield "| documents | workers | seconds | lines a second | one document, median s | slowest s | busiest | how busy |"
    yield "|---|---:|---:|---:|---:|---:|---|---:|"
    for each in results:
        cells = [f"{each.documents:,} of {each.lines:,} lines", f"{each.workers}", f"{each.seconds:,.0f}"]
        cells += [f"{each.lines_per_second:,.0f}", f"{each.median_seconds:,.0f}", f"{each.slowest_seconds:,.0f}"]
        yield f"| {' | '.join([*cells, each.limit, f'{each.busy:.0%}'])} |"


def picture(results: Sequence[Result]) -> str:
    """Draw lines a second against workers, one curve for each size of document."""
    highest = max(each.lines_per_second for each in results)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        *_axes(highest),
    ]
    for colour, (lines, documents) in zip(_COLOURS, SITUATIONS, strict=True):
        curve = [each for each in results if each.lines == lines]
        points = [(_x(each.workers), _y(each.lines_per_second, highest)) for each in curve]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>' for x, y in points]
        text = f"{documents:,} of {lines:,} lines"
        parts.append(f'<text x="{points[-1][0] + 8:.0f}" y="{points[-1][1] + 4:.0f}" fill="{colour}">{text}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(highest: float) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    yield f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}" stroke="black"/>'
    yield f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{bottom}" stroke="black"/>'
    for workers in WORKERS:
        yield f'<text x="{_x(workers):.0f}" y="{bottom + 18}" text-anchor="middle">{workers}</text>'
    yield f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">workers</text>'
    for share in (0.25, 0.5, 0.75, 1.0):
        y = _y(share * highest, highest)
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{share * highest:,.0f}</text>'
        yield f'<line x1="{_LEFT}" y1="{y:.0f}" x2="{_WIDTH - _RIGHT}" y2="{y:.0f}" stroke="#dddddd"/>'
    yield f'<text x="{_LEFT}" y="{_TOP - 10}">lines a second (model)</text>'


def _x(workers: int) -> float:
    return _LEFT + WORKERS.index(workers) * (_WIDTH - _LEFT - _RIGHT) / (len(WORKERS) - 1)


def _y(value: float, highest: float) -> float:
    return _HEIGHT - _BOTTOM - value / highest * (_HEIGHT - _TOP - _BOTTOM)


if __name__ == "__main__":
    sys.exit(main())
