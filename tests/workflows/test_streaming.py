"""A long document never stands in memory, and a run that dies in the middle of it is gone on with."""

import gc
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from itertools import count, groupby

from domain.pending_work import WorkKind
from domain.record import Record
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.post_pending import posting_command, read_pending
from functions.storage.memory import Call, MemoryQueues
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.small_pages import PAGE_ROWS, SmallPages
from tests.line import END_OF_AUGUST, START, Breaker, Line, ProcessDied, Snapshot, snapshot
from tests.many_lines import contract, ready

SHORT, LONG = 3 * PAGE_ROWS, 6 * PAGE_ROWS
STAGES = {
    "create-proforma",
    "confirm-invoice",
    "sync-table-map project_invoice_proposal_v2",
    "sync-table-map project_operations_integration_actuals",
    "sync-table-map project_transaction_relationships",
    "import proposal",
    "post-proposal",
    "write-back-posting",
    "sync-table-map customer_invoice_export",
}


@cache
def backlog(lines: int) -> Line:
    return ready(1, lines)


def over_small_pages(lines: int) -> Line:
    """A backlog of so many lines, over a store with short pages, and the command that makes its draft."""
    clock = FrozenClock(START)
    line = Line(SmallPages(clock), MemoryQueues(clock), clock)
    for table in Table:
        for partition, rows in groupby(backlog(lines).rows(table), key=lambda row: row.key.partition):
            save(line.store, table, partition, (Insert(row.key.row, row.columns) for row in rows))
    line.create_proforma(contract(0))
    return line


def invoice_of(line: Line) -> str:
    return line.rows(Table.DATAVERSE_INVOICES)[0].key.row


def from_backlog_to_write_back(line: Line, begin: Callable[[str], None]) -> None:
    """Bill the document stage by stage, and tell the name of each before it begins."""
    drain(line, begin)
    line.confirm(invoice_of(line))
    drain(line, begin)
    begin("import proposal")
    assert not [outcome for outcome in import_from_staging(line.store, line.queues, START) if outcome.problems]
    for work in list(read_pending(line.store, WorkKind.POST_PROPOSAL)):
        line.send(posting_command(work, START, END_OF_AUGUST))
    drain(line, begin)


def drain(line: Line, begin: Callable[[str], None]) -> None:
    while (command := line.queues.take()) is not None:
        begin(f"{command.name} {getattr(command, 'map', '')}".strip())
        assert not perform(line.store, line.queues, command).problems


def most_records(lines: int) -> Mapping[str, int]:
    """The most records that are alive at any call of each stage."""
    line = over_small_pages(lines)
    most: Counter[str] = Counter()
    stages: list[str] = []

    def look(_: Call) -> None:
        alive = sum(isinstance(each, Record) for each in gc.get_objects())
        most[stages[-1]] = max(most[stages[-1]], alive)

    line.memory.after_call = look
    gc.collect()
    # what is there already is not looked at
    gc.freeze()
    try:
        from_backlog_to_write_back(line, stages.append)
    finally:
        gc.unfreeze()
    return most


def test_twice_as_many_lines_hold_no_more_records_in_memory() -> None:
    short, long = most_records(SHORT), most_records(LONG)
    assert set(short) == STAGES
    assert long == short


def finish(line: Line) -> None:
    line.drain()
    line.confirm(invoice_of(line))
    line.finish()


@cache
def undisturbed() -> Snapshot:
    line = over_small_pages(SHORT)
    finish(line)
    return snapshot(line.memory)


def test_a_run_that_dies_on_any_page_is_gone_on_with() -> None:
    for at in count(1, 6):
        line = over_small_pages(SHORT)
        breaker = Breaker(line, at=at, error=ProcessDied())
        for _ in range(3):
            with suppress(ProcessDied):
                finish(line)
        assert snapshot(line.memory) == undisturbed(), f"call {at}"
        if not breaker.has_broken:
            break
    assert at > 100


def test_who_goes_on_does_not_write_again_what_stands() -> None:
    line = over_small_pages(SHORT)
    line.drain()
    invoice = invoice_of(line)
    line.confirm(invoice)
    line.memory.before_call = die_before_connections
    with suppress(ProcessDied):
        drain(line, lambda _: None)
    standing = versions(line, invoice)
    line.memory.before_call = lambda _: None
    line.confirm(invoice)
    line.drain()
    assert standing
    assert standing.items() < versions(line, invoice).items()


def die_before_connections(call: Call) -> None:
    """Die when the actuals of the first page stand."""
    if call.method == "write" and call.table is Table.DATAVERSE_TRANSACTION_CONNECTIONS:
        raise ProcessDied()


def versions(line: Line, invoice: str) -> dict[str, str]:
    """The versions of the actuals of an invoice, by row key."""
    return {row.key.row: row.etag for row in line.rows(Table.DATAVERSE_ACTUALS) if row.key.partition == invoice}
