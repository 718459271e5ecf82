"""Write every row of a table to a file, and make the rows of a file stand again.

One file is one table: a line of JSON for each row, sorted by its keys. Restoring inserts what is missing and never
overwrites what stands; a row that stands otherwise is named.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from domain.errors import ContentDiffers
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from tools.cli.browsing import Browser

# more rows than any table has; the browser wants a bound
ROWS_MAX = 10**9
TOLD_ROWS = 10_000

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring came to."""

    # rows of the file that stand now
    rows: int
    # sentences, one for each partition with a row that stands otherwise
    differing: tuple[str, ...]


def file_of(folder: Path, table: Table) -> Path:
    """Name the file of a table."""
    return folder / f"{table.value}.jsonl"


def export(browser: Browser, folder: Path, table: Table, tell: Tell) -> int:
    """Write all rows of a table; the file stands only when it is complete.

    Returns:
        How many rows it has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target, partial, count = file_of(folder, table), folder / f"{table.value}.partial", 0
    with partial.open("w", encoding="utf-8") as file:
        for count, row in enumerate(browser.rows(table, limit=ROWS_MAX), 1):
            line = {"PartitionKey": row.key.partition, "RowKey": row.key.row, **row.columns}
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            if count % TOLD_ROWS == 0:
                tell(f"{table.value}: {count:,} rows")
    partial.replace(target)
    return count


def restore(store: RowStore, folder: Path, table: Table, tell: Tell) -> Restored:
    """Insert the rows of a file that are missing.

    Repeating it: a row that stands with the same columns is done.
    """
    rows, differing = 0, []
    with file_of(folder, table).open(encoding="utf-8") as file:
        for partition, lines in groupby(map(_line, file), key=lambda line: str(line["PartitionKey"])):
            counted = _Counted(lines)
            try:
                save(store, table, partition, counted.operations())
            except ContentDiffers as error:
                differing.append(str(error))
            before, rows = rows, rows + counted.count
            if rows // TOLD_ROWS > before // TOLD_ROWS:
                tell(f"{table.value}: {rows:,} rows")
    return Restored(rows, tuple(differing))


class _Counted:
    """The lines of a partition as inserts, counted as they are taken."""

    def __init__(self, lines: Iterator[Mapping[str, Any]]) -> None:
        self._lines, self.count = lines, 0

    def operations(self) -> Iterator[Insert]:
        for line in self._lines:
            self.count += 1
            columns = {name: value for name, value in line.items() if name not in {"PartitionKey", "RowKey"}}
            yield Insert(str(line["RowKey"]), columns)


def _line(text: str) -> Mapping[str, Any]:
    line: Mapping[str, Any] = json.loads(text)
    return line
