"""The tie-out of everything that a line holds, for tests that only want to know whether it ties out."""

from domain.reconciliation import Group, Sum
from domain.tables import Table
from domain.workflows.reconcile_history import Looked, Wanted, tie_out_all
from domain.workflows.reconcile_reading import Look
from tests.line import Line


def partitions(line: Line, table: Table) -> list[str]:
    return sorted({row.key.partition for row in line.rows(table)})


def all_of(line: Line) -> list[Looked]:
    """The tie-out of everything that stands."""
    return list(tie_out_all(Look.begin(line.store), lambda table: partitions(line, table), Wanted()))


def sums_of(line: Line) -> dict[Group, list[Sum]]:
    sums: dict[Group, list[Sum]] = {}
    for looked in all_of(line):
        for group, stages in looked.tie_out.sums.items():
            before = sums.get(group, [Sum()] * len(stages))
            sums[group] = [Sum(a.rows + b.rows, a.amount + b.amount) for a, b in zip(before, stages, strict=True)]
    return sums


def assert_explained(line: Line) -> None:
    """Assert that every difference waits for work that is pending, or for a person who is told."""
    stopped = [
        (looked.document.partition, finding.sentence) for looked in all_of(line) for finding in looked.tie_out.stopped
    ]
    assert stopped == [], f"differences that nothing explains: {stopped}"
