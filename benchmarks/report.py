"""The result as a page for people."""

from collections.abc import Iterator, Mapping
from typing import Any

PRODUCT, SDK, LEAN = "product", "replay sdk", "replay lean"
WHOLE = "whole line"
HEADINGS = (
    "invoices",
    "emulator",
    "calls a line",
    "KiB a line",
    "product (c), ms a line",
    "client CPU, us a line",
    "emulator CPU, us a line",
    "peak MB",
    "azure-data-tables (a)",
    "lean client (b)",
    "a/c",
    "c/b",
)


def markdown(result: Mapping[str, Any]) -> str:
    """Write the result as Markdown tables."""
    facts = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    lines = [f"# Measured on {result['measured']}", "", f"{facts}.", "", *_small(result.get("small", {}))]
    lines += ["## The whole line, from confirmation to write-back", "", *_sizes(result["sizes"]), ""]
    for size in result["sizes"]:
        lines += [f"## Stages of {_name(size)}", "", *_stages(size), ""]
    return "\n".join(lines)


def _small(small: Mapping[str, float]) -> Iterator[str]:
    if small:
        yield from ("| small costs | |", "|---|---|")
        yield from (f"| {name} | {value:,.1f} |" for name, value in small.items())
        yield ""


def _sizes(sizes: list[Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    yield from map(_size, sizes)


def _size(size: Mapping[str, Any]) -> str:
    count = size["documents"] * size["lines"]
    calls = sum(size["calls"][name] for name in ("finds", "pages", "transactions"))
    whole = {name: stages[WHOLE] for name, stages in size["ways"].items()}
    product = whole[PRODUCT]
    kib = sum(size["bytes"].values()) / 1024
    wall = {name: each["wall"] for name, each in whole.items()}
    cells = [
        _name(size),
        size["emulator"],
        f"{calls / count:.3f}",
        f"{kib / count:.1f}",
        f"{1000 * product['wall'] / count:.2f}",
        f"{1e6 * product['cpu'] / count:,.0f}",
        f"{1e6 * product['emulator_cpu'] / count:,.0f}",
        f"{product['peak_mb']:,.0f}",
        f"{wall[SDK]:.2f} s" if SDK in wall else "-",
        f"{wall[LEAN]:.2f} s" if LEAN in wall else "-",
        f"{wall[SDK] / wall[PRODUCT]:.2f}" if SDK in wall else "-",
        f"{wall[PRODUCT] / wall[LEAN]:.2f}" if LEAN in wall else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _stages(size: Mapping[str, Any]) -> Iterator[str]:
    count = size["documents"] * size["lines"]
    yield "| stage | product s | lines/s | client CPU s | emulator CPU s | peak MB | (a) s | (b) s |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, product in size["ways"][PRODUCT].items():
        others = [f"{size['ways'][way][name]['wall']:.2f}" if way in size["ways"] else "-" for way in (SDK, LEAN)]
        cells = [name, f"{product['wall']:.2f}", f"{count / product['wall']:,.0f}", f"{product['cpu']:.2f}"]
        cells += [f"{product['emulator_cpu']:.2f}", f"{product['peak_mb']:,.0f}", *others]
        yield f"| {' | '.join(cells)} |"


def _name(size: Mapping[str, Any]) -> str:
    lines = f"{size['lines']:,}"
    return f"1 x {lines} lines" if size["documents"] == 1 else f"{size['documents']} x {lines} lines"
