"""The line from confirmation to write-back where transactions of a stage overtake each other."""

from contextlib import suppress
from functools import cache
from itertools import count, groupby

import pytest

from domain.errors import OutcomeUnknown, StoreError
from domain.proforma import Invoice
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from functions.storage.memory import Call, MemoryQueues, MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.stores_at_once import Backwards, Threaded
from tests.line import START, Breaker, Line, ProcessDied, Snapshot, snapshot
from tests.many_lines import drafted

LINES = 7
# so that a short document is written in several transactions
OPERATIONS_MAX = 3
# the rows of a document, and the status row that says that all of them stand
ORDERS = (
    (Table.DATAVERSE_ACTUALS, Table.DATAVERSE_INVOICES),
    (Table.DATAVERSE_TRANSACTION_CONNECTIONS, Table.DATAVERSE_INVOICES),
    (Table.FINANCE_INVOICE_PROPOSAL_LINES, Table.FINANCE_INVOICE_PROPOSALS),
    (Table.FINANCE_PROJECT_INVOICE_LINES, Table.FINANCE_INVOICE_PROPOSALS),
)

several = pytest.mark.parametrize("kind", [Threaded, Backwards])


@pytest.fixture(autouse=True)
def _short_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.saving.TRANSACTION_OPERATIONS_MAX", OPERATIONS_MAX)


@cache
def draft() -> Line:
    return drafted(1, LINES)


def line_over(kind: type[MemoryRowStore]) -> Line:
    """The draft over another kind of store."""
    clock = FrozenClock(START)
    line = Line(kind(clock), MemoryQueues(clock), clock)
    for table in Table:
        for partition, rows in groupby(draft().rows(table), key=lambda row: row.key.partition):
            save(line.store, table, partition, (Insert(row.key.row, row.columns) for row in rows))
    line.memory.calls.clear()
    return line


def bill(line: Line) -> Snapshot:
    line.confirm(header(line).invoice)
    line.finish()
    return snapshot(line.memory)


def header(line: Line) -> Invoice:
    (row,) = line.rows(Table.DATAVERSE_INVOICES)
    return Invoice.from_columns(row.columns)


@cache
def in_turn() -> Snapshot:
    return bill(line_over(MemoryRowStore))


@several
def test_the_tables_are_the_same_as_in_turn(kind: type[MemoryRowStore]) -> None:
    line = line_over(kind)
    assert bill(line) == in_turn()
    assert header(line).customer_invoice
    written = [call.row for call in line.memory.calls if call.table is Table.DATAVERSE_ACTUALS]
    if kind is Backwards:
        assert written != sorted(written)


@several
def test_the_status_row_comes_after_all_rows(kind: type[MemoryRowStore]) -> None:
    line = line_over(kind)
    bill(line)
    writes = [call for call in line.memory.calls if call.method == "write"]
    for rows, status in ORDERS:
        places = [place for place, call in enumerate(writes) if call.table is rows and call.rows == OPERATIONS_MAX]
        assert len(places) > 1
        # the commit point of the stage is the next write of the header behind the rows
        stage = [place for place, call in enumerate(writes) if call.table is status]
        after = next(place for place in stage if place > places[0])
        inserts = [place for place in places if place < after]
        assert len(inserts) > 1
        assert not [place for place in stage if inserts[0] < place < inserts[-1]]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_dying_at_any_call_ends_in_the_same_tables(after: bool) -> None:
    for at in count(1):
        line = line_over(Backwards)
        line.confirm(header(line).invoice)
        breaker = Breaker(line, at=at, after=after, error=ProcessDied())
        finish(line)
        assert snapshot(line.memory) == in_turn(), f"call {at}"
        if not breaker.has_broken:
            break
    assert at > 50


def test_an_answer_lost_in_a_thread_ends_in_the_same_tables() -> None:
    for at in count(1, 2):
        line = line_over(Threaded)
        line.confirm(header(line).invoice)
        breaker = Breaker(line, at=at, after=True, error=OutcomeUnknown("no answer"))
        finish(line)
        assert snapshot(line.memory) == in_turn(), f"call {at}"
        if not breaker.has_broken:
            break
    assert at > 50


def finish(line: Line) -> None:
    """Go on until the line is through, as timers and redeliveries do; what breaks in a tick is made by the next."""
    for _ in range(3):
        with suppress(ProcessDied, OutcomeUnknown):
            line.finish()


def test_one_transaction_that_fails_lets_the_others_end_and_the_header_stand() -> None:
    line = line_over(Threaded)
    failed: list[str] = []

    def refuse(call: Call) -> None:
        if call.method == "write" and call.table is Table.DATAVERSE_ACTUALS and not failed:
            failed.append(call.row)
            raise StoreError("the storage refuses this transaction")

    line.memory.before_call = refuse
    invoice = header(line).invoice
    line.confirm(invoice)
    line.drain()
    # the command came again, and found the transactions that had ended beside it
    assert failed
    line.finish()
    assert snapshot(line.memory) == in_turn()
