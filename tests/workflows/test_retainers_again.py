"""Retainers on drafts and invoices: whoever dies, comes twice or comes at once, nothing is used twice or lost."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import cache, partial
from itertools import count

import pytest

from domain.commands import CreateProforma
from domain.errors import ChangedMeanwhile, NotYet, OutcomeUnknown, Refused
from domain.option_sets import ProjectInvoiceStatus, RetainerUse, TransactionType
from domain.proforma import Invoice
from domain.retainer import Retainer
from domain.rows import Replace, RowKey
from domain.tables import Table
from domain.workflows.confirm_invoice import confirm_invoice
from domain.workflows.create_proforma import create_proforma
from domain.workflows.draft_acts import settle
from domain.workflows.edit_draft import delete_draft, edit_details, remove_details
from domain.workflows.refund_retainer import refund_retainer
from domain.workflows.revise_invoice import revise_invoice
from functions.storage.memory import Call
from tests.builders import actuals, contract_on, details_of, invoices, put_all, retainer, retainers, sale
from tests.line import Breaker, Line, ProcessDied
from tests.workflows.adatum import CONTRACT
from tests.workflows.adatum import after_writes as before_the_next_write
from tests.workflows.restless import At, interleave, nothing
from tests.workflows.test_revise_invoice import wish_for

FAULTS = {"process dies": ProcessDied(), "answer is lost": OutcomeUnknown("the connection was closed")}
DIED = (ProcessDied, OutcomeUnknown)
OLDER, YOUNGER = retainer(1, amount="600.00"), retainer(2, invoice_date="2026-08-10")

type Act = Callable[[Line], object]


@cache
def _advanced() -> Line:
    """Two retainers are invoiced and available, and one sale of 1,600 is ready."""
    line = contract_on(Line.in_memory(), OLDER, YOUNGER)
    line.mark_ready(CONTRACT)
    line.create_proforma(CONTRACT)
    line.drain()
    line.confirm(invoices(line)[0].invoice)
    line.drain()
    put_all(line, sale(1))
    line.mark_ready(CONTRACT)
    return line


@cache
def _drafted() -> Line:
    """The sale on a draft that uses both retainers and pays back what is left."""
    line = _advanced().twin()
    line.create_proforma(CONTRACT, wish="time")
    line.drain()
    edit_details(line.store, invoice=draft_of(line).invoice, edits={use(line, YOUNGER): {"amount": "700"}})
    refund_retainer(line.store, contract=CONTRACT, retainer=YOUNGER.retainer, invoice=draft_of(line).invoice)
    return line


@cache
def _staged() -> Line:
    """A refund that is to be made, and nothing else."""
    line = contract_on(Line.in_memory(), OLDER)
    line.mark_ready(CONTRACT)
    line.create_proforma(CONTRACT)
    line.drain()
    line.confirm(invoices(line)[0].invoice)
    line.drain()
    refund_retainer(line.store, contract=CONTRACT, retainer=OLDER.retainer)
    return line


@cache
def _credited() -> Line:
    """A corrective draft of everything that an invoice with retainers has billed."""
    line = _drafted().twin()
    line.confirm(draft_of(line).invoice)
    line.drain()
    for header in invoices(line):
        posted = header.changed(status=ProjectInvoiceStatus.POSTED, customer_invoice=header.number)
        stands = line.store.find(*_row(header))
        assert stands is not None
        line.memory.write(_row(header)[0], header.invoice, [_replaced(posted, stands.etag)])
    used = next(header for header in invoices(line) if header.details > 2)
    revise_invoice(line.store, wish_for(used))
    return line


def _row(header: Invoice) -> tuple[Table, RowKey]:
    return Table.DATAVERSE_INVOICES, header.key


def _replaced(header: Invoice, etag: str) -> Replace:
    return Replace(header.invoice, header.to_columns(), etag)


def draft_of(line: Line) -> Invoice:
    (header,) = (each for each in invoices(line) if each.is_confirmable)
    return header


def use(line: Line, of: Retainer, what: RetainerUse = RetainerUse.APPLIED) -> str:
    found = (each for each in details_of(line) if (each.source, each.retainer_use) == (of.retainer, what))
    return next(each.detail for each in found)


def create(line: Line) -> object:
    command = line.create_proforma(CONTRACT, wish="time")
    line.queues.take()
    return create_proforma(line.store, command)


def confirm(line: Line) -> object:
    command = line.confirm(next(each.invoice for each in invoices(line) if each.number == _last(line)))
    line.queues.take()
    return confirm_invoice(line.store, line.queues, command)


def _last(line: Line) -> str:
    return max(each.number for each in invoices(line))


def lower(line: Line) -> object:
    return edit_details(line.store, invoice=_latest(line), edits={use(line, OLDER): {"amount": "50"}})


def take_off(line: Line) -> object:
    mine = [each for each in details_of(line) if each.invoice == _latest(line)]
    kept = [each.detail for each in mine if each.source == YOUNGER.retainer]
    # who comes late finds nothing any more
    with suppress(Refused):
        if kept:
            remove_details(line.store, invoice=_latest(line), details=kept)
    # whoever meets the draft carries out what somebody has begun
    return settle(line.store, _latest(line))


def delete(line: Line) -> None:
    # who comes late finds it deleted
    with suppress(Refused):
        delete_draft(line.store, invoice=_latest(line))


def _latest(line: Line) -> str:
    return next(each.invoice for each in invoices(line) if each.number == _last(line))


ACTS: dict[str, tuple[Callable[[], Line], Act]] = {
    "create": (_advanced, create),
    "create for a refund alone": (_staged, create),
    "confirm": (_drafted, confirm),
    "edit": (_drafted, lower),
    "remove": (_drafted, take_off),
    "delete": (_drafted, delete),
    "confirm a correction": (_credited, confirm),
}


def assert_sound(line: Line) -> None:
    """What holds of retainers whatever has happened."""
    details = details_of(line)
    open_drafts = {each.invoice for each in invoices(line) if each.is_confirmable}
    for each in retainers(line):
        assert each.used_amount + each.available_amount == (each.amount if each.events else 0)
        assert each.free >= 0
        kept = {(one.invoice, one.use): one.amount for one in each.reservations}
        uses = [one for one in details if one.source == each.retainer and one.uses_retainer]
        wanted = {
            (one.invoice, one.retainer_use): -one.amount for one in uses if one.invoice in open_drafts and one.amount
        }
        assert kept == wanted
        chain = [
            one.amount
            for one in actuals(line)
            if f"msdyn_contractretainer:{each.retainer}" in one.origins
            and one.transaction_type == TransactionType.UNBILLED_SALES
        ]
        assert sum(chain, Decimal(0)) == -each.available_amount


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ACTS)
def test_a_fault_at_any_request_ends_as_if_there_had_been_none(name: str, after: bool, fault: str) -> None:
    start, act = ACTS[name]
    whole = start().twin()
    counted = Breaker(whole)
    act(whole)
    assert_sound(whole)
    assert counted.requests > 8
    for at in range(1, counted.requests + 1):
        line = start().twin()
        Breaker(line, at=at, after=after, error=FAULTS[fault])
        with suppress(*DIED):
            act(line)
        act(line)
        assert line.snapshot() == whole.snapshot(), f"request {at}"


@pytest.mark.parametrize("name", ACTS)
def test_two_at_once_end_as_one(name: str) -> None:
    start, act = ACTS[name]
    whole = start().twin()
    counted = Breaker(whole)
    act(whole)
    for at in range(2, counted.requests, 4):
        for until in range(2, counted.requests, 7):
            line = start().twin()
            attempt = partial(_tried, act, line)
            interleave(line, attempt, attempt, at, until)
            act(line)
            assert line.snapshot() == whole.snapshot(), f"switched at {at} and {until}"


def _tried(act: Act, line: Line) -> None:
    # whoever was overtaken is delivered again
    with suppress(NotYet, ChangedMeanwhile, Refused, StopIteration):
        act(line)


def test_two_drafts_made_at_once_use_different_parts() -> None:
    start = _advanced().twin()
    put_all(start, sale(2))
    start.mark_ready(CONTRACT)
    for at in range(2, 40, 4):
        for until in range(2, 40, 6):
            line = start.twin()
            commands = [line.create_proforma(CONTRACT, wish=wish) for wish in ("left", "right")]
            while line.queues.take() is not None:
                continue
            makes = [partial(_tried, partial(_make, command=command), line) for command in commands]
            interleave(line, makes[0], makes[1], at, until)
            for make in makes:
                make()
            assert_sound(line)
            applied = [each.amount for each in details_of(line) if each.uses_retainer]
            assert sum(applied, Decimal(0)) == -1600, f"switched at {at} and {until}"


def test_two_invoices_of_one_retainer_confirmed_at_once_come_one_after_the_other() -> None:
    start = _advanced().twin()
    first = draft_with(start, 3, "300")
    second = draft_with(start, 4, "200")
    for at in range(2, 60, 7):
        for until in range(2, 60, 7):
            line = start.twin()
            confirms = [partial(_tried, partial(_confirm_one, invoice=each), line) for each in (first, second)]
            interleave(line, confirms[0], confirms[1], at, until)
            for confirmed in confirms:
                confirmed()
            assert_sound(line)
            assert {each.status for each in invoices(line)} == {ProjectInvoiceStatus.CONFIRMED}
            assert [str(each.used_amount) for each in retainers(line)] == ["500.00", "0"], (
                f"switched at {at} and {until}"
            )


def _another_draft(line: Line) -> None:
    put_all(line, sale(2))
    line.mark_ready(CONTRACT)
    _make(line, line.create_proforma(CONTRACT, wish="another"))


def test_a_retainer_is_reserved_for_one_draft_at_a_time() -> None:
    line = _advanced().twin()
    command = line.create_proforma(CONTRACT, wish="time")
    before_the_next_write(line.memory, Table.DATAVERSE_RETAINERS, lambda: _another_draft(line))
    _make(line, command)
    assert_sound(line)
    assert sum((each.amount for each in details_of(line) if each.uses_retainer), Decimal(0)) == -1600


def test_a_use_that_was_edited_before_a_slow_creation_writes_it_stays() -> None:
    line = _advanced().twin()
    command = line.create_proforma(CONTRACT, wish="time")

    def another_delivery_and_a_person(call: Call) -> None:
        if (call.method, call.table, call.row[:4]) == ("write", Table.DATAVERSE_INVOICE_LINE_DETAILS, "0000"):
            line.memory.before_call = nothing
            _make(line, command)
            _enter_less(line)

    line.memory.before_call = another_delivery_and_a_person
    _make(line, command)
    assert_sound(line)
    assert next(str(each.amount) for each in details_of(line) if each.detail == use(line, OLDER)) == "-50.00"


def test_a_refund_that_is_staged_keeps_what_drafts_reserve_meanwhile() -> None:
    line = _advanced().twin()
    before_the_next_write(line.memory, Table.DATAVERSE_RETAINERS, lambda: _another_draft(line))
    with suppress(Refused):
        refund_retainer(line.store, contract=CONTRACT, retainer=YOUNGER.retainer)
    assert_sound(line)


def _enter_less(line: Line) -> object:
    return edit_details(line.store, invoice=_latest(line), edits={use(line, OLDER): {"amount": "50"}})


def _bill_less(line: Line) -> object:
    """Two sales come to 200 together: less than what the draft uses of a retainer."""
    work = [each.detail for each in details_of(line) if each.invoice == _latest(line) and not each.uses_retainer]
    return edit_details(line.store, invoice=_latest(line), edits={each: {"quantity": "0.5"} for each in work})


def test_what_somebody_enters_while_uses_are_fitted_stays() -> None:
    start = _advanced().twin()
    draft_with(start, 3, "300")
    entered = []
    for at in count(1):
        line = start.twin()
        another = At(line, at, _enter_less)
        _bill_less(line)
        assert_sound(line)
        if not another.came:
            break
        entered.append(next(str(each.amount) for each in details_of(line) if each.detail == use(line, OLDER)))
    assert set(entered) == {"-50.00"}
    assert at > 20


def _make(line: Line, command: CreateProforma) -> object:
    return create_proforma(line.store, command)


def draft_with(line: Line, number: int, amount: str) -> str:
    put_all(line, sale(number))
    line.mark_ready(CONTRACT, sale(number).actual)
    line.create_proforma(CONTRACT, wish=number)
    line.drain()
    uses = {
        each.detail: {"amount": amount if each.source == OLDER.retainer else "0"}
        for each in details_of(line)
        if each.uses_retainer and each.invoice == _latest(line)
    }
    edit_details(line.store, invoice=_latest(line), edits=uses)
    return _latest(line)


def _confirm_one(line: Line, invoice: str) -> None:
    command = line.confirm(invoice)
    while line.queues.take() is not None:
        continue
    confirm_invoice(line.store, line.queues, command)
