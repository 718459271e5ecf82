"""Confirming the same invoice: twice, by two commands, at once, half-done and in any order."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from functools import partial
from itertools import count

import pytest

from domain.commands import ConfirmInvoice, ReviseInvoice
from domain.contract import Milestone
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, OutcomeUnknown, ReasonCode
from domain.option_sets import BillingType, MilestoneStatus, ProjectInvoiceStatus, TransactionType
from domain.outcome import Action
from domain.tables import Table
from domain.workflows.confirm_invoice import confirm_invoice
from domain.workflows.edit_draft import edit_details
from domain.workflows.revise_invoice import revise_invoice
from functions.storage.memory import Call
from tests.builders import actuals, details_of, drafted, edit, index, invoices, sales
from tests.line import ADATUM, CONTRACT_ADATUM, START, Breaker, Delivery, Line, ProcessDied, Snapshot
from tests.workflows.adatum import after_writes as before_the_next_write
from tests.workflows.adatum import guid, milestone
from tests.workflows.restless import At

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 1)


def adatum_drafted() -> tuple[Line, str]:
    line = Line.in_memory()
    line.load_samples(ADATUM)
    line.drain()
    line.mark_ready(CONTRACT_ADATUM)
    line.create_proforma(CONTRACT_ADATUM)
    line.drain()
    return line, invoices(line)[0].invoice


def confirmed(*, on: date = AUGUST) -> Line:
    line = Line.in_memory()
    line.confirm(drafted(line, *sales(3)).invoice, on=on)
    line.drain()
    return line


def dataverse(snapshot: Snapshot) -> Snapshot:
    return {table: rows for table, rows in snapshot.items() if table.startswith("Dataverse")}


def test_the_same_command_again_changes_nothing_and_sends_again() -> None:
    line = confirmed()
    once, sent = line.snapshot(), len(line.queues.sent)
    line.confirm(invoices(line)[0].invoice)
    outcomes = line.drain()
    assert line.snapshot() == once
    assert (outcomes[0].action, len(line.queues.sent)) == (Action.INVOICE_CONFIRMED, sent + 4)


def test_another_command_for_a_confirmed_invoice_is_told_so_and_changes_nothing() -> None:
    line = confirmed()
    once = line.snapshot()
    line.confirm(invoices(line)[0].invoice, on=SEPTEMBER, wish="again")
    outcome = line.drain()[0]
    assert (outcome.action, outcome.facts["code"]) == (Action.NOTHING_TO_DO, ReasonCode.DOCUMENT_WRONG_STATE.value)
    assert outcome.facts["told"] == "invoice PRO-000001 is confirmed already, on 2026-08-31; it is only sent again"
    assert line.snapshot() == once


@pytest.mark.parametrize("status", [ProjectInvoiceStatus.POSTED, ProjectInvoiceStatus.PAID])
def test_an_invoice_that_is_further_on_stays_there(status: ProjectInvoiceStatus) -> None:
    line = confirmed()
    (header,) = invoices(line)
    edit(line, header.changed(status=status))
    before = dataverse(line.snapshot())
    line.confirm(header.invoice, wish="again")
    line.drain()
    assert dataverse(line.snapshot()) == before


def test_two_commands_at_once_confirm_once_by_one_of_them() -> None:
    ends = [confirmed(on=day).snapshot() for day in (AUGUST, SEPTEMBER)]
    for _ in range(5):
        line = Line.in_memory()
        invoice = drafted(line, *sales(3)).invoice
        commands = [line.confirm(invoice, on=day) for day in (AUGUST, SEPTEMBER)] * 2
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(_tried, line), commands))
        line.drain()
        assert line.dead == []
        assert line.snapshot() in ends


def _tried(line: Line, command: ConfirmInvoice) -> None:
    try:
        confirm_invoice(line.store, line.queues, command)
    except (NotYet, ChangedMeanwhile, ContentDiffers):
        # the host delivers it again, and so does the drain that follows
        return


def test_a_command_of_the_next_day_goes_on_where_a_dead_one_stopped() -> None:
    start = Line.in_memory()
    invoice = drafted(start, *sales(3)).invoice
    ends = [confirmed(on=day).snapshot() for day in (AUGUST, SEPTEMBER)]
    ended = []
    for at in range(1, _requests_of_confirm(start, invoice) + 1):
        line = start.twin()
        command = line.confirm(invoice, on=AUGUST)
        line.queues.take()
        Breaker(line, at=at, after=True, error=ProcessDied())
        with pytest.raises(ProcessDied):
            confirm_invoice(line.store, line.queues, command)
        line.confirm(invoice, on=SEPTEMBER)
        line.drain()
        assert line.dead == []
        # nothing is mixed: all of it is of the one day, or all of the other
        assert line.snapshot() in ends
        ended.append(ends.index(line.snapshot()))
    # whatever stopped after the header said how, ends as it was begun
    assert ended == sorted(ended, reverse=True)
    assert set(ended) == {0, 1}


def _requests_of_confirm(start: Line, invoice: str) -> int:
    line = start.twin()
    command = line.confirm(invoice)
    counted = Breaker(line)
    confirm_invoice(line.store, line.queues, command)
    return counted.requests


def test_a_header_that_is_edited_while_it_is_confirmed_is_confirmed_as_edited() -> None:
    line = Line.in_memory()
    command = line.confirm(drafted(line, *sales(3)).invoice)
    writes = 0

    def edit_before_the_commit_point(call: Call) -> None:
        nonlocal writes
        writes += (call.method, call.table) == ("write", Table.DATAVERSE_INVOICES)
        if writes == 2:
            line.memory.before_call = lambda _: None
            edit(line, invoices(line)[0].changed(payment_terms="Net60"))

    line.memory.before_call = edit_before_the_commit_point
    with pytest.raises(NotYet):
        confirm_invoice(line.store, line.queues, command)
    line.drain()
    (header,) = invoices(line)
    assert (header.status, header.payment_terms) == (ProjectInvoiceStatus.CONFIRMED, "Net60")
    assert {**header.to_columns(), "msdyn_paymentterms": None} == {
        **invoices(confirmed())[0].to_columns(),
        "msdyn_paymentterms": None,
    }


def _edited(line: Line) -> None:
    """The first of three sales of 1,600 is to be billed with 5 hours."""
    edits = {details_of(line)[0].detail: {"quantity": "5"}}
    edit_details(line.store, invoice=invoices(line)[0].invoice, edits=edits)


def test_an_edit_before_the_header_says_how_it_is_confirmed_is_confirmed_as_well() -> None:
    line = Line.in_memory()
    command = line.confirm(drafted(line, *sales(3)).invoice)
    before_the_next_write(line.memory, Table.DATAVERSE_INVOICES, lambda: _edited(line))
    with pytest.raises(NotYet):
        confirm_invoice(line.store, line.queues, command)
    line.drain()
    billed = [each for each in actuals(line) if each.transaction_type == TransactionType.BILLED_SALES]
    chargeable = [each for each in billed if each.billing_type == BillingType.CHARGEABLE]
    assert [str(each.quantity) for each in chargeable] == ["5", "8", "8"]
    assert invoices(line)[0].amount == sum(each.amount for each in chargeable)


def test_an_edit_that_somebody_has_begun_is_confirmed_as_well() -> None:
    line = Line.in_memory()
    command = line.confirm(drafted(line, *sales(3)).invoice)
    with pytest.raises(ProcessDied):
        before_the_next_write(line.memory, Table.DATAVERSE_INVOICE_LINE_DETAILS, _die)
        _edited(line)
    confirm_invoice(line.store, line.queues, command)
    assert (str(details_of(line)[0].quantity), str(invoices(line)[0].amount)) == ("5", "4200.00")


def _die() -> None:
    raise ProcessDied


def test_a_slow_confirmation_says_nothing_of_an_invoice_that_is_posted_by_now() -> None:
    line = Line.in_memory()
    command = line.confirm(drafted(line, *sales(3)).invoice)

    def another_delivery_and_finance(call: Call) -> None:
        # the header was written, and is to be read again
        if (call.method, call.table) == ("find", Table.DATAVERSE_INVOICES) and invoices(line)[0].confirmed_by:
            line.memory.before_call = lambda _: None
            confirm_invoice(line.store, line.queues, command)
            edit(line, invoices(line)[0].changed(status=ProjectInvoiceStatus.POSTED, customer_invoice="CIV-1"))

    line.memory.before_call = another_delivery_and_finance
    confirm_invoice(line.store, line.queues, command)
    assert [each.status for each in invoices(line)] == [ProjectInvoiceStatus.POSTED]


def test_what_another_delivery_has_adjusted_is_no_reason_to_refuse() -> None:
    for at in count(1):
        line = Line.in_memory()
        command = line.confirm(drafted(line, *sales(1)).invoice)
        _edited(line)
        another = At(line, at, partial(_confirmed_by_another, command=command))
        with suppress(NotYet):
            confirm_invoice(line.store, line.queues, command)
        if not another.came:
            break
    assert at > 10


def _confirmed_by_another(line: Line, command: ConfirmInvoice) -> None:
    confirm_invoice(line.store, line.queues, command)


def test_a_slow_confirmation_takes_no_milestone_that_was_credited_meanwhile() -> None:
    line = Line.in_memory()
    invoice = drafted(line, milestone(invoice_status=MilestoneStatus.NOT_READY)).invoice
    command = line.confirm(invoice)

    def confirmed_posted_and_credited() -> None:
        confirm_invoice(line.store, line.queues, command)
        edit(line, invoices(line)[0].changed(status=ProjectInvoiceStatus.POSTED, customer_invoice="CIV-1"))
        wish = {"command": guid(91), "correlation": guid(92), "requested_at": START, "invoice": invoice}
        revise_invoice(line.store, ReviseInvoice.model_validate(wish))
        (draft,) = (each for each in invoices(line) if each.has_corrections)
        confirm_invoice(line.store, line.queues, command.model_copy(update={"invoice": draft.invoice}))

    before_the_next_write(line.memory, Table.DATAVERSE_MILESTONES, confirmed_posted_and_credited)
    with suppress(NotYet, ChangedMeanwhile):
        confirm_invoice(line.store, line.queues, command)
    (ready,) = line.records(Table.DATAVERSE_MILESTONES, Milestone)
    assert (ready.invoice_status, ready.invoice) == (MilestoneStatus.READY_TO_INVOICE, None)
    assert index(line) == [ready.milestone]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", ["process dies", "answer is lost"])
def test_a_fault_at_any_request_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start, invoice = adatum_drafted()
    whole = start.twin()
    whole.confirm(invoice)
    counted = Breaker(whole)
    whole.drain()
    assert counted.requests > 20
    for at in range(1, counted.requests + 1):
        line = start.twin()
        line.confirm(invoice)
        error = ProcessDied() if fault == "process dies" else OutcomeUnknown("the connection was closed")
        breaker = Breaker(line, at=at, after=after, error=error)
        line.drain()
        assert breaker.has_broken
        assert line.dead == []
        assert line.snapshot() == whole.snapshot(), f"request {at}"


@pytest.mark.parametrize("seed", range(10))
def test_copies_in_any_order_end_alike(seed: int) -> None:
    whole, _ = adatum_drafted()
    whole.bill(CONTRACT_ADATUM)
    whole.finish()
    line = Line.in_memory(Delivery(seed=seed, twice=True, late=lambda command: seed % 3 == len(command.name) % 3))
    line.load_samples(ADATUM)
    line.drain()
    line.mark_ready(CONTRACT_ADATUM)
    line.create_proforma(CONTRACT_ADATUM)
    line.drain()
    line.bill(CONTRACT_ADATUM)
    line.finish()
    assert line.dead == []
    assert len(actuals(line)) == len(actuals(whole)) == 23
    for table in ("DataverseActuals", "DataverseTransactionConnections", "DataverseInvoiceLineDetails"):
        assert line.snapshot()[table].keys() == whole.snapshot()[table].keys()
