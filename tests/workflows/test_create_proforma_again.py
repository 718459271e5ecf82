"""Putting due items on drafts: the same command twice, late, at once, and half-done; and several commands at once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from domain.actuals import Actual, TransactionConnection
from domain.backlog import BacklogEntry
from domain.commands import CreateProforma
from domain.errors import NotYet, OutcomeUnknown, ReasonCode
from domain.option_sets import (
    BillingStatus,
    MilestoneStatus,
    ProjectInvoiceStatus,
)
from domain.outcome import Action
from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.rows import StoredRow
from domain.tables import Table
from domain.workflows.backlog_index import put_on_index, take_off_index
from domain.workflows.create_proforma import create_proforma
from domain.workflows.edit_draft import delete_draft, edit_details, review_draft
from functions.storage.memory import Call
from tests.builders import (
    actuals,
    create,
    details_of,
    drafted,
    edit,
    index,
    invoices,
    lines,
    put_all,
    ready_line,
    sale,
    sales,
)
from tests.line import ADATUM, CONTRACT_ADATUM, Breaker, Delivery, Line, ProcessDied
from tests.workflows.adatum import CONTRACT, guid, milestone
from tests.workflows.adatum import after_writes as before_the_next_write

READY = BillingStatus.READY_TO_INVOICE
ACCEPTED = milestone(invoice_status=MilestoneStatus.NOT_READY)


def adatum_ready() -> Line:
    line = Line.in_memory()
    line.load_samples(ADATUM)
    line.drain()
    line.mark_ready(CONTRACT_ADATUM)
    return line


def test_the_same_command_twice_is_once() -> None:
    line = ready_line(*sales(3), ACCEPTED)
    create(line)
    once = line.snapshot()
    outcome = create(line)
    assert line.snapshot() == once
    assert (outcome.action, outcome.problems) == (Action.PROFORMA_CREATED, ())


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_late_copy_of_a_command_adds_nothing_to_its_draft(is_confirmed: bool) -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    if is_confirmed:
        line.confirm(header.invoice)
        line.drain()
    put_all(line, sale(2))
    line.mark_ready(CONTRACT)
    before = line.snapshot()
    create(line)
    assert line.snapshot() == before
    assert index(line) == [sale(2).actual]
    create(line, wish="another")
    assert len(invoices(line)) == 2


def test_what_a_person_has_edited_is_left_alone_by_a_copy_of_the_command() -> None:
    line = ready_line(sale(1))
    command = line.create_proforma(CONTRACT)
    # the index of the backlog is cleared last, so a death just before it leaves everything to be done again
    breaker = Breaker(line, at=_requests_of_create(sale(1)), error=ProcessDied())
    with pytest.raises(ProcessDied):
        create_proforma(line.store, command)
    assert breaker.has_broken
    (detail,) = details_of(line)
    edit(line, detail.changed(quantity="6", amount="1200.00"))
    line.drain()
    (edited,) = details_of(line)
    assert str(edited.quantity) == "6"
    assert (index(line), line.dead) == ([], [])


def test_what_a_person_has_edited_is_left_alone_by_a_copy_that_was_slow() -> None:
    line = ready_line(sale(1), sale(2))
    command = line.create_proforma(CONTRACT)

    def another_copy_and_a_person() -> None:
        create_proforma(line.store, command)
        edits = {details_of(line)[0].detail: {"quantity": "6"}}
        edit_details(line.store, invoice=invoices(line)[0].invoice, edits=edits)

    before_the_next_write(line.memory, Table.DATAVERSE_INVOICE_LINE_DETAILS, another_copy_and_a_person)
    create_proforma(line.store, command)
    assert [str(each.quantity) for each in details_of(line)] == ["6", "8"]
    assert (str(invoices(line)[0].amount), index(line)) == ("2800.00", [])


def test_a_draft_that_is_deleted_before_a_slow_creation_ends_leaves_its_items_on_the_index() -> None:
    line = ready_line(sale(1))
    command = line.create_proforma(CONTRACT)

    def delete() -> None:
        delete_draft(line.store, invoice=invoices(line)[0].invoice)

    before_the_next_write(line.memory, Table.DATAVERSE_BILLING_BACKLOG, delete)
    create_proforma(line.store, command)
    (item,) = actuals(line)
    assert (item.billing_status, item.invoice, invoices(line)[0].details) == (READY, None, 0)
    assert index(line) == [item.actual]


def test_an_entry_that_is_taken_off_while_it_is_written_anew_stands_again() -> None:
    line = ready_line(sale(1))
    (entry,) = line.rows(Table.DATAVERSE_BILLING_BACKLOG)

    def take_off() -> None:
        take_off_index(line.store, CONTRACT, [(entry.key.row, entry.etag)])

    before_the_next_write(line.memory, Table.DATAVERSE_BILLING_BACKLOG, take_off)
    put_on_index(line.store, {entry.key: BacklogEntry.from_columns(entry.columns)})
    assert index(line) == [sale(1).actual]


def test_an_edit_while_a_slow_copy_counts_more_stays() -> None:
    line = ready_line(sale(1), sale(2))

    def review() -> None:
        review_draft(line.store, invoice=invoices(line)[0].invoice, status=ProjectInvoiceStatus.IN_REVIEW)

    def before_the_header_is_counted_again() -> None:
        before_the_next_write(line.memory, Table.DATAVERSE_INVOICES, review)

    slow_copy(line, line.create_proforma(CONTRACT), before_the_header_is_counted_again)
    (header,) = invoices(line)
    assert (header.status, header.details, str(header.amount)) == (ProjectInvoiceStatus.IN_REVIEW, 2, "3200.00")


def _requests_of_create(*rows: Actual) -> int:
    line = ready_line(*rows)
    command = line.create_proforma(CONTRACT)
    counted = Breaker(line)
    create_proforma(line.store, command)
    return counted.requests


def test_items_go_on_exactly_one_draft_when_two_commands_run_at_once() -> None:
    for attempt in range(5):
        line = ready_line(*sales(250), ACCEPTED)
        commands = [line.create_proforma(CONTRACT, wish=(attempt, wish)) for wish in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(create_proforma, line.store), commands))
        placed = Counter(detail.source for detail in details_of(line))
        assert (len(placed), set(placed.values())) == (251, {1})
        by_invoice = Counter(detail.invoice for detail in details_of(line))
        assert {header.invoice: header.details for header in invoices(line)} == dict(by_invoice)
        assert sum(header.amount for header in invoices(line)) == 250 * 1600 + 5000
        claimed = {each.actual: each.invoice for each in actuals(line)}
        assert all(claimed[detail.source] == detail.invoice for detail in details_of(line) if detail.source in claimed)
        assert sorted(header.number for header in invoices(line)) == [
            f"PRO-{number:06d}" for number in range(1, len(invoices(line)) + 1)
        ]
        assert index(line) == []


def test_the_same_command_at_once_makes_one_draft() -> None:
    expected = ready_line(*sales(150))
    command = expected.create_proforma(CONTRACT)
    create_proforma(expected.store, command)
    for _ in range(5):
        line = ready_line(*sales(150))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(create_proforma, line.store), [command] * 4))
        assert line.snapshot() == expected.snapshot()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", ["process dies", "answer is lost"])
def test_a_fault_at_any_request_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start = adatum_ready()
    whole = start.twin()
    whole.create_proforma(CONTRACT_ADATUM)
    counted = Breaker(whole)
    whole.drain()
    assert counted.requests > 10
    for at in range(1, counted.requests + 1):
        line = start.twin()
        line.create_proforma(CONTRACT_ADATUM)
        error = ProcessDied() if fault == "process dies" else OutcomeUnknown("the connection was closed")
        breaker = Breaker(line, at=at, after=after, error=error)
        line.drain()
        assert breaker.has_broken
        assert line.dead == []
        assert line.snapshot() == whole.snapshot(), f"request {at}"


def test_a_long_draft_that_dies_anywhere_takes_its_items_off_the_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    start = ready_line(*sales(3), ACCEPTED)
    whole = start.twin()
    create(whole)
    # what its keys would fill is longer than a page now, so the draft is asked for them
    monkeypatch.setattr("domain.workflows.create_proforma.PAGE_ROWS_MAX", 2)
    counted = Breaker(line := start.twin())
    create(line)
    for at in range(1, counted.requests):
        line = start.twin()
        line.create_proforma(CONTRACT)
        breaker = Breaker(line, at=at, after=True, error=ProcessDied())
        line.drain()
        assert breaker.has_broken
        assert line.snapshot() == whole.snapshot(), f"request {at}"


def test_a_death_and_then_more_items_end_on_one_draft() -> None:
    for at in range(1, _requests_of_create(sale(1)) + 1):
        line = ready_line(sale(1))
        command = line.create_proforma(CONTRACT)
        Breaker(line, at=at, after=True, error=ProcessDied())
        with pytest.raises(ProcessDied):
            create_proforma(line.store, command)
        put_all(line, sale(2))
        line.mark_ready(CONTRACT)
        line.drain()
        (header,) = invoices(line)
        (made,) = lines(line)
        on_it = {each.source for each in details_of(line)}
        assert (header.details, made.chargeable) == (len(on_it), header.amount)
        assert header.amount == 1600 * len(on_it)
        assert on_it | set(index(line)) == {sale(1).actual, sale(2).actual}
        assert not on_it & set(index(line))


class WithoutSale2:
    """A store as it was before sale 2 stood on the work index."""

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self.find, self.write = store.find, store.write

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
        pages = self._store.read_pages(table, partition, first=first, last=last, columns=columns, page_rows=page_rows)
        return ([row for row in page if row.columns.get("Item") != sale(2).actual] for page in pages)


def slow_copy(line: Line, command: CreateProforma, meanwhile: Callable[[], None]) -> None:
    """Run a copy that sees sale 2, while another copy, which did not see it, makes the draft and more happens."""

    def another_copy(call: Call) -> None:
        if (call.method, call.table) != ("write", Table.DATAVERSE_ACTUALS):
            return
        line.memory.before_call = lambda _: None
        create_proforma(WithoutSale2(line.store), command)
        meanwhile()

    line.memory.before_call = another_copy
    create_proforma(line.store, command)


def test_a_slow_copy_that_saw_more_brings_the_draft_up_to_date() -> None:
    line = ready_line(sale(1), sale(2))
    slow_copy(line, line.create_proforma(CONTRACT), lambda: None)
    (header,) = invoices(line)
    (made,) = lines(line)
    assert (header.details, str(header.amount), str(made.chargeable)) == (2, "3200.00", "3200.00")
    assert index(line) == []


def test_a_slow_copy_puts_back_what_came_too_late_for_a_confirmed_invoice() -> None:
    line = ready_line(sale(1), sale(2))
    command = line.create_proforma(CONTRACT)
    line.queues.take()

    def confirm() -> None:
        line.confirm(invoices(line)[0].invoice)
        line.drain()

    slow_copy(line, command, confirm)
    (header,) = invoices(line)
    assert (header.status.name, header.details, str(header.amount)) == ("CONFIRMED", 1, "1600.00")
    assert [each.source for each in details_of(line)] == [sale(1).actual]
    assert actuals(line)[1] == sale(2, billing_status=READY)
    assert index(line) == [sale(2).actual]
    connected = [
        each.transaction2 for each in line.records(Table.DATAVERSE_TRANSACTION_CONNECTIONS, TransactionConnection)
    ]
    assert set(connected) == {sale(1).actual}
    create(line, wish="the next")
    assert sorted(str(header.amount) for header in invoices(line)) == ["1600.00", "1600.00"]


def test_a_slow_copy_waits_while_the_invoice_is_being_confirmed() -> None:
    line = ready_line(sale(1), sale(2))
    command = line.create_proforma(CONTRACT)

    def begin() -> None:
        edit(line, invoices(line)[0].changed(confirmed_by=guid(80), confirmed_on="2026-08-31"))

    with pytest.raises(NotYet) as not_yet:
        slow_copy(line, command, begin)
    assert not_yet.value.problem.code == ReasonCode.DOCUMENT_WRONG_STATE
    edit(line, invoices(line)[0].changed(status=ProjectInvoiceStatus.CONFIRMED))
    create_proforma(line.store, command)
    assert actuals(line)[1] == sale(2, billing_status=READY)
    assert index(line) == [sale(2).actual]


@pytest.mark.parametrize("table", [Table.DATAVERSE_INVOICE_LINES, Table.DATAVERSE_INVOICES])
def test_a_copy_that_counted_less_counts_again(table: Table) -> None:
    line = ready_line(sale(1))
    command = line.create_proforma(CONTRACT)

    def another_copy_takes_more(call: Call) -> None:
        if (call.method, call.table) == ("write", table):
            line.memory.before_call = lambda _: None
            put_all(line, sale(2))
            line.mark_ready(CONTRACT)
            create_proforma(line.store, command)

    line.memory.before_call = another_copy_takes_more
    create_proforma(line.store, command)
    (header,) = invoices(line)
    (made,) = lines(line)
    assert (header.details, str(header.amount), str(made.chargeable)) == (2, "3200.00", "3200.00")
    assert index(line) == []


@pytest.mark.parametrize("seed", range(5))
def test_copies_in_any_order_end_alike(seed: int) -> None:
    line = ready_line(*sales(5))
    line.create_proforma(CONTRACT)
    line.drain(Delivery(seed=seed, twice=True))
    expected = ready_line(*sales(5))
    create(expected)
    assert line.snapshot() == expected.snapshot()
