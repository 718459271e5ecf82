"""What one document asks of the storage: the calls of the real stages, and which message leads to which.

The stages run in memory for two documents. What both touch is shared by all documents; everything else is a document's
own.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.calls import CURRENT_JOB, Call, Find, Job, Page, RecordingSender, RecordingStore, Sent, Timed, Write
from benchmarks.documents import invoices
from benchmarks.stages import INVOICE_DATE, NOW, body_of
from domain.commands import Command, ImportProposal
from domain.identifiers import derive_id
from domain.pending_work import WorkKind
from domain.ports import RowStore
from domain.workflows.dispatch import perform
from domain.workflows.post_pending import posting_command, read_pending
from functions.storage.remembering import RememberingRowStore
from tests.line import Line
from tests.many_lines import drafted


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the tables or a queue, as the platform counts it."""

    # the partition, or the queue; a document's own ones are told apart by whoever runs many documents
    place: str
    is_shared: bool
    # entities read or written, at least one; 0 for a message
    entities: int
    is_write: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What one message does: waves of requests that are under way together, then the messages that it leads to."""

    stage: str
    waves: tuple[tuple[Request, ...], ...]
    leads_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """What runs through without a timer: a first message, and everything that it leads to."""

    first: str
    messages: int


@dataclass(frozen=True, slots=True)
class Graph:
    """All work of one document, by name, and its phases: between two of them a timer's tick is waited for."""

    lines: int
    works: Mapping[str, Work]
    phases: tuple[Phase, ...]


def graph_of(lines: int) -> Graph:
    """Run one document of so many lines through all stages and note what it asks for."""
    line = drafted(2, lines)
    # what a worker remembers of set-up is asked for so seldom that it does not count
    store = RememberingRowStore(RecordingStore(line.store), math.inf, time.monotonic)
    first, second = reversed([list(_document(line, store, invoice)) for invoice in invoices(line)])
    shared = _places(first) & _places(second)
    works = {name: _told_apart(work, shared) for name, work in _works(first)}
    return Graph(lines, works, tuple(_phases(works)))


def _phases(works: Mapping[str, Work]) -> Iterator[Phase]:
    led_to = {name for work in works.values() for name in work.leads_to}
    firsts = [name for name in works if name not in led_to]
    for first in firsts:
        yield Phase(first, _size(works, first))


def _size(works: Mapping[str, Work], name: str) -> int:
    return 1 + sum(_size(works, following) for following in works[name].leads_to)


def _told_apart(work: Work, shared: set[str]) -> Work:
    """Say of each request whether its place is shared."""
    waves = tuple(tuple(replace(each, is_shared=each.place in shared) for each in wave) for wave in work.waves)
    return replace(work, waves=waves)


def _document(line: Line, store: RowStore, invoice: str) -> Iterator[tuple[str, Job]]:
    line.confirm(invoice)
    yield from _drained(line, store)
    for command in _ticks(line):
        line.send(command)
        yield from _drained(line, store)


def _ticks(line: Line) -> Iterator[Command]:
    for work in read_pending(line.store, WorkKind.PROPOSAL_LINES):
        yield ImportProposal(
            command=derive_id("bench-import", work.partition),
            correlation=work.correlation,
            requested_at=NOW,
            proposal=work.partition,
        )
    for work in read_pending(line.store, WorkKind.POST_PROPOSAL):
        yield posting_command(work, NOW, INVOICE_DATE)


def _drained(line: Line, store: RowStore) -> Iterator[tuple[str, Job]]:
    while (command := line.queues.take()) is not None:
        job = Job()
        CURRENT_JOB.set(job)
        perform(store, RecordingSender(line.queues, body_of), command)
        yield body_of(command)[1], job


def _works(jobs: Sequence[tuple[str, Job]]) -> Iterator[tuple[str, Work]]:
    names = {body: f"{_stage(body)} {number}" for number, (body, _) in enumerate(jobs)}
    for body, job in jobs:
        sent = tuple(names[call.body] for timed in job.calls if isinstance(call := timed.call, Sent))
        waves = tuple(tuple(map(_request, _with_rows(job, wave))) for wave in job.waves())
        yield names[body], Work(_stage(body), waves, sent)


def _with_rows(job: Job, wave: Iterable[Call]) -> Iterator[Timed]:
    for call in wave:
        yield next(timed for timed in job.calls if timed.call is call)


def _request(timed: Timed) -> Request:
    call = timed.call
    match call:
        case Find():
            return Request(f"{call.table} {call.key.partition}", False, 1, False)
        case Page():
            return Request(f"{call.table} {call.partition}", False, max(1, timed.rows), False)
        case Write():
            return Request(f"{call.table} {call.partition}", False, timed.rows, True)
        case Sent():
            return Request(f"queue {call.queue}", False, 0, True)


def _places(jobs: Sequence[tuple[str, Job]]) -> set[str]:
    return {_request(timed).place for _, job in jobs for timed in job.calls}


def _stage(body: str) -> str:
    return body.split('"schema":"', 1)[1].split("/", 1)[0]
