"""The memory of a worker's process at each stage of one long invoice, from the backlog to the write-back.

`python -m benchmarks.resident 1000 10000 100000`. The rows stand in a file, and cross the codec of the lean client both
ways, so the process holds what a worker holds; there are no sockets and no other process, whose time would be measured
too. The highest resident memory of each stage is what the system says (`VmHWM`), so it runs on Linux alone.
"""

import importlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.console import give, tell
from benchmarks.machine import peak_megabytes
from domain.errors import AlreadyExists, ChangedMeanwhile, RowMissing
from domain.identifiers import derive_id
from domain.pending_work import WorkKind
from domain.ports import PAGE_ROWS_MAX
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.post_pending import posting_command, read_pending
from functions.setting_list import WRITES_AT_ONCE
from functions.storage.at_once import AtOnceRowStore
from functions.storage.memory_queues import MemoryQueues
from functions.storage.multipart import one_request, transaction
from functions.storage.odata import row_body, row_in, rows_in
from tests.fakes.frozen_clock import FrozenClock
from tests.line import END_OF_AUGUST, START, Line
from tests.many_lines import contract, ready

REPOSITORY = Path(__file__).resolve().parents[1]
# tables in which every line of a backlog has rows
COPIED = frozenset(
    (
        Table.DATAVERSE_ACTUALS,
        Table.DATAVERSE_BILLING_BACKLOG,
        Table.DATAVERSE_TRANSACTION_CONNECTIONS,
        Table.FINANCE_ACTUALS_STAGING,
        Table.FINANCE_TRANSACTION_RELATIONSHIPS,
        Table.FINANCE_PROJECT_TRANSACTIONS,
    )
)
_SCHEMA = "CREATE TABLE rows (place TEXT, row TEXT, version INT, body BLOB, PRIMARY KEY (place, row)) WITHOUT ROWID"
_STAMP = b'"Timestamp":"2026-08-31T12:00:00Z","odata.etag":"%d"'


class FileRowStore:
    """A RowStore over a file, through the codec of the lean client; safe for threads."""

    def __init__(self, file: Path) -> None:
        self._rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._lock = threading.Lock()

    @classmethod
    def new(cls, file: Path) -> "FileRowStore":
        """Begin a file without rows."""
        store = cls(file)
        store._rows.execute(_SCHEMA)
        return store

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        found = self._select("row = ?", table, key.partition, (key.row,), 1)
        return row_in(table, key.partition, found[0][1]) if found else None

    def read_pages(
        self,
        table: Table,
        partition: str,
        *,
        first: str = "",
        last: str | None = None,
        columns: Sequence[str] = (),
        page_rows: int = PAGE_ROWS_MAX,
    ) -> Iterator[Sequence[StoredRow]]:
        begin: str | None = first
        while begin is not None:
            where, bounds = ("row >= ?", (begin,)) if last is None else ("row BETWEEN ? AND ?", (begin, last))
            found = self._select(where, table, partition, bounds, page_rows + 1)
            begin = found.pop()[0] if len(found) > page_rows else None
            if found:
                yield _page(table, partition, found, columns)

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        # made as for the service, and thrown away
        transaction("", [one_request(table, partition, operation) for operation in operations])
        place = f"{table}/{partition}"
        with self._lock:
            self._rows.execute("BEGIN")
            try:
                for operation in operations:
                    self._do(place, partition, operation)
            except Exception:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def fill(self, table: Table, row: StoredRow, renamed: Iterable[Mapping[str, str]]) -> None:
        """Write copies of a row, each with other ids in its key and its columns."""
        text = json.dumps([row.key.row, dict(row.columns)])
        self._rows.execute("BEGIN")
        for names in renamed:
            copied = text
            for old, new in names.items():
                copied = copied.replace(old, new)
            key, columns = json.loads(copied)
            self._put(f"{table}/{row.key.partition}", 1, row.key.partition, key, columns)
        self._rows.execute("COMMIT")

    def _do(self, place: str, partition: str, operation: Operation) -> None:
        stands = self._rows.execute(
            "SELECT version, body FROM rows WHERE place = ? AND row = ?", (place, operation.row)
        ).fetchone()
        if isinstance(operation, Insert):
            if stands is not None:
                raise AlreadyExists(f"{place} {operation.row}")
            self._put(place, 1, partition, operation.row, dict(operation.columns))
            return
        if stands is None:
            raise RowMissing(f"{place} {operation.row}")
        version, body = stands
        if operation.etag not in (None, str(version)):
            raise ChangedMeanwhile(f"{place} {operation.row}")
        match operation:
            case Delete():
                self._rows.execute("DELETE FROM rows WHERE place = ? AND row = ?", (place, operation.row))
            case Replace(columns=columns):
                self._put(place, version + 1, partition, operation.row, dict(columns))
            case Merge(columns=columns):
                changes = {name: "" if value is None else value for name, value in columns.items()}
                self._put(place, version + 1, partition, operation.row, orjson.loads(body) | changes)

    def _put(self, place: str, version: int, partition: str, row: str, columns: dict[str, Any]) -> None:
        body = row_body(partition, row, columns)
        self._rows.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", (place, row, version, body))

    def _select(
        self, where: str, table: Table, partition: str, bounds: tuple[str, ...], count: int
    ) -> list[tuple[str, bytes]]:
        query = f"SELECT row, version, body FROM rows WHERE place = ? AND {where} ORDER BY row LIMIT {count}"  # noqa: S608
        with self._lock:
            found = self._rows.execute(query, (f"{table}/{partition}", *bounds)).fetchall()
        return [(row, b"{" + _STAMP % version + b"," + body[1:]) for row, version, body in found]


def _page(
    table: Table, partition: str, found: Sequence[tuple[str, bytes]], columns: Sequence[str]
) -> Sequence[StoredRow]:
    bodies = [body for _, body in found]
    if columns:
        names = {"RowKey", "Timestamp", "odata.etag", *columns}
        bodies = [
            orjson.dumps({name: each[name] for name in each if name in names}) for each in map(orjson.loads, bodies)
        ]
    return rows_in(table, partition, b'{"value":[' + b",".join(bodies) + b"]}")


def _seed(store: FileRowStore, lines: int) -> None:
    """Write what stands when so many lines of a contract are Ready to invoice; each is like the first."""
    line = ready(1, 1)
    ids = [row.key.row.rpartition("|")[2] for row in line.rows(Table.DATAVERSE_ACTUALS)]
    for table in Table:
        for row in line.rows(table):
            is_of_line = table in COPIED and any(each in row.key.row for each in ids)
            store.fill(table, row, _names(ids, lines) if is_of_line else ({},))


def _names(ids: Sequence[str], lines: int) -> Iterator[Mapping[str, str]]:
    for number in range(lines):
        yield {each: derive_id("resident", each, number) for each in ids}


def _work(file: Path) -> dict[str, float]:
    """Bill the invoice in this process; gives the highest resident megabytes of each stage."""
    # what a worker has loaded before it begins
    importlib.import_module("function_app")
    clock = FrozenClock(START)
    store = AtOnceRowStore(FileRowStore(file), int(WRITES_AT_ONCE.default or 1))
    line = Line(store, MemoryQueues(clock), clock)
    peaks = {"loaded": peak_megabytes(forget=True)}
    line.create_proforma(contract(0))
    _drain(line, peaks)
    (page,) = store.read_pages(Table.DATAVERSE_DRAFTS, contract(0))
    line.confirm(str(page[0].columns["Invoice"]))
    _drain(line, peaks)
    problems = [each.problems for each in import_from_staging(store, line.queues, START) if each.problems]
    if problems:
        raise RuntimeError(f"the import has problems: {problems}")
    peaks["import-from-staging"] = peak_megabytes(forget=True)
    line.send(*(posting_command(each, START, END_OF_AUGUST) for each in read_pending(store, WorkKind.POST_PROPOSAL)))
    _drain(line, peaks)
    return peaks


def _drain(line: Line, peaks: dict[str, float]) -> None:
    while (command := line.queues.take()) is not None:
        outcome = perform(line.store, line.queues, command)
        if outcome.problems:
            raise RuntimeError(f"{command.name} has problems: {outcome.problems}")
        peaks[command.name] = max(peaks.get(command.name, 0.0), peak_megabytes(forget=True))


def _measured(lines: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="resident-") as folder:
        file = Path(folder) / "rows"
        _seed(FileRowStore.new(file), lines)
        command = [sys.executable, "-m", "benchmarks.resident", "--of", str(file)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the run of {lines} lines failed:\n{done.stderr[-3000:]}")
    peaks: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return peaks


def main(arguments: list[str]) -> int:
    """Print a row of a table for each stage, with the megabytes at each size."""
    if arguments[:1] == ["--of"]:
        give(json.dumps(_work(Path(arguments[1]))))
        return 0
    sizes = [int(each) for each in arguments] or [1_000, 10_000]
    found = []
    for lines in sizes:
        tell(f"{lines:,} lines")
        found.append(_measured(lines))
    give(f"| stage | {' | '.join(f'MB at {lines:,}' for lines in sizes)} |")
    give(f"|---|{'---:|' * len(sizes)}")
    for stage in found[0]:
        give(f"| {stage} | {' | '.join(f'{peaks[stage]:.0f}' for peaks in found)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
