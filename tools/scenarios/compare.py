"""What a scenario expects against what stands: row by row, only the columns that the scenario names."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.record import Record
from tools.scenarios.commands import do
from tools.scenarios.document import Grid, Scenario, StepKind
from tools.scenarios.vocabulary import Kind, Names, attribute_of, kind_of, same_text, text_of
from tools.scenarios.world import World

_HEADING = re.compile(r"^(?P<kind>.+?)(?: where (?P<where>.+?))?(?P<mode> \(none\)| \(at least\))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Difference:
    """A table of Then that does not stand as expected."""

    heading: str
    line: int
    columns: tuple[str, ...]
    # expected and not there; there and not expected
    missing: tuple[tuple[str, ...], ...]
    unexpected: tuple[tuple[str, ...], ...]

    def lines(self) -> list[str]:
        """Write it for a person."""
        told = [f"line {self.line}: {self.heading} differ", "    " + _row(self.columns)]
        told += [f"  - {_row(row)}   (expected, not there)" for row in self.missing]
        return told + [f"  + {_row(row)}   (there, not expected)" for row in self.unexpected]


def play(scenario: Scenario, world: World) -> list[Difference]:
    """Play a scenario to its end.

    Raises:
        BadScenario: a heading, a column, a value or a command that does not exist.
    """
    differences: list[Difference] = []
    for step in scenario.steps:
        if step.kind == StepKind.THEN:
            found = [compare(grid, world) for grid in step.grids]
            differences += [difference for difference in found if difference is not None]
            continue
        for grid in step.grids:
            world.give(grid)
        if step.commands:
            world.told.clear()
        for line, command in step.commands:
            do(world, line, command)
    return differences


def compare(grid: Grid, world: World) -> Difference | None:
    """Hold one expected table against what stands; None when they agree."""
    heading = _HEADING.match(grid.heading)
    if heading is None:
        raise ValueError(f"line {grid.line}: no heading")
    kind = kind_of(heading["kind"].strip(), grid.line)
    conditions = _conditions(heading["where"] or "")
    standing = [record for record in world.records(kind) if _meets(kind, record, conditions, grid, world.names)]
    stands = Counter(_shown(kind, record, grid, world.names) for record in standing)
    expected = Counter(_told(kind, cells, grid) for cells in grid.rows)
    missing, unexpected = expected - stands, stands - expected
    if (heading["mode"] or "").strip() == "(at least)":
        unexpected = Counter()
    if not missing and not unexpected:
        return None
    return Difference(grid.heading, grid.line, grid.columns, tuple(missing.elements()), tuple(unexpected.elements()))


def _conditions(text: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in text.split(" and ")) if text else ()
    return [(column.strip().lower(), value.strip()) for column, _, value in pairs]


def _meets(kind: Kind, record: Record, conditions: Sequence[tuple[str, str]], grid: Grid, names: Names) -> bool:
    return all(
        _cell(kind, record, column, grid, names) == _form(kind, column, value, grid) for column, value in conditions
    )


def _shown(kind: Kind, record: Record, grid: Grid, names: Names) -> tuple[str, ...]:
    return tuple(_cell(kind, record, column, grid, names) for column in grid.columns)


def _told(kind: Kind, cells: Sequence[str], grid: Grid) -> tuple[str, ...]:
    return tuple(_form(kind, column, cell, grid) for column, cell in zip(grid.columns, cells, strict=True))


def _cell(kind: Kind, record: Record, column: str, grid: Grid, names: Names) -> str:
    attribute = attribute_of(kind, column, grid.line)
    return _form(kind, column, text_of(getattr(record, attribute), names), grid)


def _form(kind: Kind, column: str, text: str, grid: Grid) -> str:
    return same_text(kind.record, attribute_of(kind, column, grid.line), text)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
