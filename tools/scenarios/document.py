"""The text of a scenario: a name, a source, and steps of Given, When and Then with tables under headings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_RULE = re.compile(r"^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$")


class BadScenario(Exception):
    """The text can't be read; says where and what it must be."""


class StepKind(StrEnum):
    """The headings of the second level."""

    GIVEN = "Given"
    WHEN = "When"
    THEN = "Then"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under a heading of the third level."""

    # the heading, as `Actuals` or `Ledger entries where voucher = USMF-PIV-000001`
    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    # line of the heading in the file
    line: int

    def repeated(self) -> "Grid":
        """Write out rows that a column `times` shortens: `work` 3 times is `work 1`, `work 2` and `work 3`."""
        if "times" not in self.columns:
            return self
        place = self.columns.index("times")
        if wrong := [cells[place] for cells in self.rows if not cells[place].isdecimal()]:
            raise BadScenario(f"line {self.line}: times must be a number, not {wrong[0]!r}")
        told = [dict(zip(self.columns, cells, strict=True)) for cells in self.rows]
        columns = (*self.columns[:place], *self.columns[place + 1 :])
        rows = (
            tuple(f"{row[column]} {number}" if column == "name" else row[column] for column in columns)
            for row in told
            for number in range(1, int(row["times"]) + 1)
        )
        return Grid(self.heading, columns, tuple(rows), self.line)


@dataclass(slots=True)
class Step:
    """One Given, When or Then."""

    kind: StepKind
    grids: list[Grid] = field(default_factory=list)
    # the items of its list, with their lines
    commands: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario."""

    name: str
    # which documented rule or example it is
    source: str
    steps: tuple[Step, ...]


def read_scenario(text: str) -> Scenario:
    """Read a scenario.

    Raises:
        BadScenario: no title, no source, an unknown heading, or a row with another number of cells than its columns.
    """
    name, source, steps, heading = "", "", [], None
    lines = list(enumerate(text.splitlines(), start=1))
    position = 0
    while position < len(lines):
        number, line = lines[position]
        position += 1
        if line.startswith("# "):
            name = line[2:].strip()
        elif line.startswith("Source:"):
            source = line.removeprefix("Source:").strip()
        elif line.startswith("## "):
            steps.append(Step(_kind(number, line[3:].strip())))
        elif line.startswith("### "):
            heading = (number, line[4:].strip())
            if heading[1].endswith("(none)"):
                _last(steps, number).grids.append(Grid(heading[1], (), (), number))
        elif line.startswith("- "):
            _last(steps, number).commands.append((number, line[2:].strip()))
        elif line.startswith("|"):
            block = _block(lines, position - 1)
            position += len(block) - 1
            _last(steps, number).grids.append(_grid(heading, block))
    if not name or not source or not steps:
        raise BadScenario("a scenario has a title (# ...), a line 'Source: ...' and steps (## Given, ## When, ## Then)")
    return Scenario(name, source, tuple(steps))


def _kind(number: int, text: str) -> StepKind:
    try:
        return StepKind(text)
    except ValueError:
        raise BadScenario(f"line {number}: a step is Given, When or Then, not {text!r}") from None


def _last(steps: Sequence[Step], number: int) -> Step:
    if not steps:
        raise BadScenario(f"line {number}: stands before the first step; begin with ## Given or ## When")
    return steps[-1]


def _block(lines: Sequence[tuple[int, str]], start: int) -> list[tuple[int, str]]:
    block = []
    for number, line in lines[start:]:
        if not line.startswith("|"):
            break
        block.append((number, line))
    return block


def _grid(heading: tuple[int, str] | None, block: Sequence[tuple[int, str]]) -> Grid:
    if heading is None:
        raise BadScenario(f"line {block[0][0]}: a table stands under a heading ### that says which rows it has")
    rows = list(_rows(block))
    columns = tuple(cell.lower() for cell in rows[0][1])
    for number, cells in rows[1:]:
        if len(cells) != len(columns):
            raise BadScenario(f"line {number}: has {len(cells)} cells, its table has {len(columns)} columns")
    return Grid(heading[1], columns, tuple(cells for _, cells in rows[1:]), heading[0])


def _rows(block: Sequence[tuple[int, str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, line in block:
        if not _RULE.match(line.strip()):
            yield number, tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
