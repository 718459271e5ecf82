"""What each stage holds in memory beside the storage: over rows in memory.

`python -m benchmarks.memory 1000 4000`; a stage that works page by page holds as much at both sizes.
"""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.console import give, tell
from benchmarks.documents import invoices
from domain.pending_work import WorkKind
from domain.workflows.mark_ready import mark_ready
from tests.line import CONTRACT_ADATUM, END_OF_AUGUST
from tests.many_lines import loaded
from tests.stage_calls import Counter


@dataclass(slots=True)
class Holding(Counter):
    """Notes the most that is allocated while a piece of a stage runs, beyond what stands before and after it."""

    megabytes: dict[str, float] = field(default_factory=dict)

    def run[R](self, act: Callable[[], R], name: Callable[[R], str]) -> R:
        gc.collect()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = act()
        stage = name(result)
        after, peak = tracemalloc.get_traced_memory()
        held = (peak - max(before, after)) / 1e6
        self.megabytes[stage] = max(self.megabytes.get(stage, 0.0), held)
        self.line.memory.calls.clear()
        return result


def main(sizes: list[int]) -> None:
    """Print a row of a table for each stage, with the megabytes at each size."""
    found = []
    for lines in sizes:
        tell(f"{lines:,} lines")
        found.append(_held(lines))
    give(f"| stage | {' | '.join(f'MB at {lines:,}' for lines in sizes)} |")
    give(f"|---|{'---:|' * len(sizes)}")
    for stage in found[0]:
        give(f"| {stage} | {' | '.join(f'{held[stage]:.1f}' for held in found)} |")


def _held(lines: int) -> dict[str, float]:
    line = loaded(lines)
    counter = Holding(line, of="contract's actuals: ")
    tracemalloc.start()
    counter.drain()
    counter.tick()
    counter.post(WorkKind.POST_JOURNAL)
    counter.run(
        lambda: mark_ready(line.store, contract=CONTRACT_ADATUM, up_to=END_OF_AUGUST, items=()), lambda _: "mark ready"
    )
    line.create_proforma(CONTRACT_ADATUM)
    counter.drain()
    counter.of = ""
    line.confirm(invoices(line)[0])
    counter.drain()
    counter.tick()
    counter.post(WorkKind.POST_PROPOSAL)
    tracemalloc.stop()
    return counter.megabytes


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1_000, 4_000])
