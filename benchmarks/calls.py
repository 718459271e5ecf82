"""The calls of a run: recorded while the workflows make them, and made again without any logic."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import count

from domain.commands import Command
from domain.errors import StoreError
from domain.limits import CheckedTransaction
from domain.ports import PAGE_ROWS_MAX, CommandSender, RowStore
from domain.rows import Delete, Merge, Operation, Replace, RowKey, StoredRow
from domain.tables import Table

type Send = Callable[[str, str, int], None]


@dataclass(frozen=True, slots=True)
class Find:
    """Read one row."""

    table: Table
    key: RowKey


@dataclass(frozen=True, slots=True)
class Page:
    """Read the next page of a range; `reader` tells which pages belong to one range."""

    reader: int
    table: Table
    partition: str
    bounds: tuple[str, str | None]
    columns: tuple[str, ...]
    page_rows: int


@dataclass(frozen=True, slots=True)
class Write:
    """Do one transaction."""

    table: Table
    partition: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """Send one message."""

    queue: str
    body: str
    delay: int


type Call = Find | Page | Write | Sent


@dataclass(slots=True)
class Timed:
    """A call, when it began and ended, and the rows that it wrote or brought."""

    call: Call
    began: float
    ended: float
    rows: int


@dataclass(slots=True)
class Job:
    """The calls of one message, or of one tick, in order."""

    calls: list[Timed] = field(default_factory=list)

    def waves(self) -> Iterator[list[Call]]:
        """Give the calls that were under way at the same time together: they can be made so again."""
        wave: list[Call] = []
        ends = 0.0
        for each in sorted(self.calls, key=lambda timed: timed.began):
            if wave and each.began >= ends:
                yield wave
                wave = []
            ends = each.ended if not wave else min(ends, each.ended)
            wave.append(each.call)
        if wave:
            yield wave


# the job that is under way here, and in the threads that it starts with its context
CURRENT_JOB: ContextVar[Job] = ContextVar("CURRENT_JOB")


class RecordingStore:
    """A RowStore that notes every request in the job that is under way; the job may use it from several threads."""

    def __init__(self, store: RowStore, *, keeps_rows: bool = True) -> None:
        """Wrap a store; without the rows that were written, calls can be counted but not made again."""
        self._store, self._keeps_rows, self._readers = store, keeps_rows, count()

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        began = time.perf_counter()
        row = self._store.find(table, key)
        self._note(Find(table, key), began, 0 if row is None else 1)
        return row

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
        call = Page(next(self._readers), table, partition, (first, last), tuple(columns), page_rows)
        pages = self._store.read_pages(table, partition, first=first, last=last, columns=columns, page_rows=page_rows)
        began, rows = time.perf_counter(), 0
        for page in pages:
            rows += len(page)
            self._note(call, began, len(page))
            yield page
            began = time.perf_counter()
        if not rows:
            # an empty range is a request too; behind rows, the end was told by the last page
            self._note(call, began, 0)

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        began = time.perf_counter()
        try:
            self._store.write(table, partition, operations)
        finally:
            self._note(Write(table, partition, tuple(operations) if self._keeps_rows else ()), began, len(operations))

    def _note(self, call: Call, began: float, rows: int) -> None:
        CURRENT_JOB.get().calls.append(Timed(call, began, time.perf_counter(), rows))


class RecordingSender:
    """A CommandSender that notes every message in the job that is under way."""

    def __init__(self, sender: CommandSender, queue_and_body: Callable[[Command], tuple[str, str]]) -> None:
        self._sender, self._queue_and_body = sender, queue_and_body

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        for command in commands:
            began = time.perf_counter()
            self._sender.send((command,), delay_seconds=delay_seconds)
            sent = Sent(*self._queue_and_body(command), delay_seconds)
            CURRENT_JOB.get().calls.append(Timed(sent, began, time.perf_counter(), 0))


class Replay:
    """Makes recorded calls again: the same requests, as many at a time, and nothing is decided."""

    def __init__(self, store: RowStore, send: Send, pool: Executor) -> None:
        self._store, self._send, self._pool = store, send, pool

    def run(self, waves: Iterable[Sequence[Call]]) -> None:
        readers: dict[int, Iterator[Sequence[StoredRow]]] = {}
        for wave in waves:
            if len(wave) == 1:
                self._make(wave[0], readers)
            else:
                list(self._pool.map(lambda call: self._make(call, readers), wave))

    def _make(self, call: Call, readers: dict[int, Iterator[Sequence[StoredRow]]]) -> None:
        match call:
            case Find():
                self._store.find(call.table, call.key)
            case Page():
                if call.reader not in readers:
                    readers[call.reader] = self._pages(call)
                next(readers[call.reader], None)
            case Write():
                try:
                    self._store.write(call.table, call.partition, call.operations)
                except StoreError:
                    # what met somebody else's row in the run meets it again
                    return
            case Sent():
                self._send(call.queue, call.body, call.delay)

    def _pages(self, call: Page) -> Iterator[Sequence[StoredRow]]:
        first, last = call.bounds
        return self._store.read_pages(
            call.table, call.partition, first=first, last=last, columns=call.columns, page_rows=call.page_rows
        )


def unconditional(calls: Iterable[Call]) -> list[Call]:
    """Make calls ready to be made again: versions are others by then, and what was checked needs no second check."""
    return [_unconditional(call) if isinstance(call, Write) else call for call in calls]


def _unconditional(call: Write) -> Write:
    operations = CheckedTransaction.of(call.table, call.partition, map(_without_version, call.operations))
    return replace(call, operations=operations)


def _without_version(operation: Operation) -> Operation:
    match operation:
        case Merge() | Delete():
            return replace(operation, etag=None)
        case Replace():
            # a replace always names a version: any
            return replace(operation, etag="*")
        case _:
            return operation


def counted(jobs: Iterable[Job]) -> Mapping[str, int]:
    """Count the calls of jobs by what they do, and the rows written and read."""
    counts = {"finds": 0, "pages": 0, "transactions": 0, "messages": 0, "rows_read": 0, "rows_written": 0}
    names = {Find: "finds", Page: "pages", Write: "transactions", Sent: "messages"}
    for timed in (each for job in jobs for each in job.calls):
        counts[names[type(timed.call)]] += 1
        counts["rows_written" if isinstance(timed.call, Write) else "rows_read"] += timed.rows
    return counts
