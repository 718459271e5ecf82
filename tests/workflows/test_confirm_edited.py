"""Confirming a draft with edited lines and lines by hand: alike wherever a process dies, and to the cent to the end."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.draft_editing import NewLine
from domain.option_sets import AdjustmentStatus, BillingType, ProjectInvoiceStatus, TransactionClass, TransactionType
from domain.policy import Policy
from domain.tables import Table
from domain.workflows.confirm_invoice import confirm_invoice
from domain.workflows.dispatch import perform
from domain.workflows.edit_draft import add_line, edit_details
from tests.builders import actuals, details_of, drafted, invoices, sales
from tests.line import CONTRACT_ADATUM, Breaker, Line, ProcessDied
from tests.workflows.adatum import LABOR

ON = date(2026, 8, 31)
GIFT = NewLine("gift", 1, TransactionClass.FEE, Decimal(1), Decimal(300), date(2026, 8, 28), category=LABOR)
EDITS: tuple[dict[str, object], ...] = (
    {"quantity": "6"},
    {"quantity": "10", "price": "33.333"},
    {"billing_type": BillingType.COMPLIMENTARY},
    {"quantity": "0"},
    {"tax": "5"},
)


def edited_draft() -> tuple[Line, str]:
    line = Line.in_memory()
    invoice = drafted(line, *sales(len(EDITS))).invoice
    edits = {detail.detail: changes for detail, changes in zip(details_of(line), EDITS, strict=True)}
    edit_details(line.store, invoice=invoice, edits=edits)
    add_line(line.store, invoice=invoice, entry=GIFT)
    return line, invoice


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_call_and_another_delivery_end_as_one_delivery(after: bool) -> None:
    line, invoice = edited_draft()
    line.confirm(invoice, on=ON)
    counter = Breaker(line)
    command = line.queues.take()
    assert command is not None
    confirm_invoice(line.store, line.queues, command)  # type: ignore[arg-type] # it is what was sent
    count = counter.requests
    line.drain()
    ended = {name: rows for name, rows in line.snapshot().items() if name.startswith("Dataverse")}
    for at in range(1, count + 1):
        line, invoice = edited_draft()
        line.confirm(invoice, on=ON)
        Breaker(line, at=at, after=after, error=ProcessDied())
        line.drain()
        assert line.dead == []
        assert {name: rows for name, rows in line.snapshot().items() if name.startswith("Dataverse")} == ended, at


def test_every_chain_of_unbilled_sales_ends_at_zero_and_the_billed_ones_at_the_total() -> None:
    line, invoice = edited_draft()
    line.confirm(invoice, on=ON)
    line.drain()
    rows = actuals(line)
    unbilled = [each for each in rows if each.transaction_type == TransactionType.UNBILLED_SALES]
    assert sum(each.quantity for each in unbilled) == 0
    assert sum(each.amount for each in unbilled) == 0
    billed = [each for each in rows if each.transaction_type == TransactionType.BILLED_SALES]
    (header,) = invoices(line)
    assert header.status == ProjectInvoiceStatus.CONFIRMED
    assert header.amount == sum(each.amount for each in billed if each.billing_type == BillingType.CHARGEABLE)
    assert (header.tax, header.total) == (Decimal(5), header.amount + 5)
    # what crosses to finance takes back the originals that were edited, and nothing else
    reversed_keys = {each.reverses for each in unbilled if each.reverses is not None}
    adjusted = {each.backlog_key.text for each in unbilled if each.adjustment_status == AdjustmentStatus.ADJUSTED}
    assert reversed_keys == adjusted
    assert len(adjusted) == 4


def test_the_whole_line_of_an_edited_sample_ends_posted_to_the_cent() -> None:
    line = Line.in_memory()
    line.load_samples()
    line.finish()
    line.mark_ready(CONTRACT_ADATUM)
    line.create_proforma(CONTRACT_ADATUM)
    line.drain()
    (header,) = invoices(line)
    first = details_of(line)[0]
    edit_details(line.store, invoice=header.invoice, edits={first.detail: {"quantity": "1"}})
    add_line(
        line.store,
        invoice=header.invoice,
        entry=replace(GIFT, transaction_class=first.transaction_class, category=first.category),
    )
    line.confirm(header.invoice, on=ON)
    line.finish()
    line.finish()
    (header,) = invoices(line)
    assert (header.status, line.dead) == (ProjectInvoiceStatus.POSTED, [])
    assert line.rows(Table.INVOICING_PROBLEMS) == []


@pytest.mark.parametrize("crosses", [True, False])
def test_q4_the_policy_decides_and_whoever_goes_on_decides_as_begun(crosses: bool) -> None:
    line, invoice = edited_draft()
    command = line.confirm(invoice, on=ON)
    line.queues.take()
    Breaker(line, at=12, error=ProcessDied())
    with pytest.raises(ProcessDied):
        perform(line.store, line.queues, command, Policy(adjustments_cross=crosses))
    # the setting is another one when the message comes again
    perform(line.store, line.queues, command, Policy(adjustments_cross=not crosses))
    taken_back = [each for each in actuals(line) if each.adjustment_status == AdjustmentStatus.UNADJUSTABLE]
    assert any(not each.skip_sync for each in taken_back) is crosses
    (header,) = invoices(line)
    assert bool(header.keeps_adjustments) is not crosses
