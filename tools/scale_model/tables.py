"""The tables of docs/scale.md and docs/cost.md, as the model makes them."""

from collections.abc import Iterator, Sequence

from tools.scale_model.cost import Environment, Prices, month
from tools.scale_model.limits import Platform, bounds, largest_document, seconds_of

VOLUMES = (1_000, 100_000, 10_000_000)
SMALL = Environment()
# what hardened.bicepparam says: three endpoints for each of two accounts, two instances for each of three functions
HARDENED = Environment(private_endpoints=6, always_ready_instances=6)
SITUATIONS = (
    ("one document", 100_000, 1, 1),
    ("one instance, many documents", 100, 1_000, 1),
    ("ten instances, many documents", 100, 1_000, 10),
    ("forty instances, many documents", 100, 1_000, 40),
    ("forty instances, one-line documents", 1, 10_000, 40),
)


def cost_table(environment: Environment) -> Iterator[str]:
    """Dollars a month by item and volume."""
    months = [month(lines, Prices(), environment, Platform()) for lines in VOLUMES]
    yield _row(("item", *(f"{lines:,} lines" for lines in VOLUMES)))
    yield _row(("---", *("---:" for _ in VOLUMES)))
    for item in months[0]:
        yield _row((item, *(f"{each[item]:,.2f}" for each in months)))
    yield _row(("**together**", *(f"**{sum(each.values()):,.2f}**" for each in months)))


def scale_table() -> Iterator[str]:
    """Which limit comes first, and where the next one is."""
    platform = Platform()
    yield _row(("situation", "lines a document", "first limit", "lines a second", "then", "lines a second"))
    yield _row(("---", "---:", "---", "---:", "---", "---:"))
    for name, lines, documents, instances in SITUATIONS:
        first, second, *_ = bounds(platform, lines=lines, documents=documents, instances=instances)
        told = (first.name, f"{first.lines_per_second:,.0f}", second.name, f"{second.lines_per_second:,.0f}")
        yield _row((name, f"{lines:,}", *told))


def document_table() -> Iterator[str]:
    """How long one document takes, from load to write-back, on one thread."""
    yield _row(("lines", "seconds", "longest stage, seconds"))
    yield _row(("---:", "---:", "---:"))
    platform = Platform()
    for lines in (1, 100, 1_000, 10_000, 100_000):
        seconds = seconds_of(platform, lines)
        yield _row((f"{lines:,}", f"{seconds:,.1f}", f"{seconds * platform.longest_stage_share:,.1f}"))
    yield _row((f"{largest_document(platform):,}", "", f"{platform.invocation_seconds:,}"))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
