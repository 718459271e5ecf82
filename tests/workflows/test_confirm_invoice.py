"""Confirming a draft: the documented rows, what finance is sent, and what is refused without a trace."""

from collections import Counter
from datetime import date

import pytest

from domain.actuals import Actual
from domain.commands import SyncTableMap
from domain.confirmation import digest_of
from domain.contract import Milestone
from domain.errors import ReasonCode
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    MilestoneStatus,
    OrderType,
    ProjectInvoiceStatus,
    TransactionClass,
    TransactionType,
)
from domain.outcome import Action, Outcome
from domain.problems import OpenProblem
from domain.proforma import InvoiceLineDetail
from domain.tables import Table
from domain.workflows.confirm_invoice import confirm_invoice
from functions.storage.memory_queues import MemoryQueues
from tests.builders import (
    ORIGINS,
    actuals,
    connections,
    contract_on,
    cost_of,
    details_of,
    drafted,
    edit,
    invoices,
    sale,
    sales,
    stored_problems,
)
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.small_pages import PAGE_ROWS, SmallPages
from tests.line import START, Line
from tests.workflows.adatum import CONTRACT, guid, milestone

ON = date(2026, 8, 31)
ACCEPTED = milestone(invoice_status=MilestoneStatus.NOT_READY)


def confirm(line: Line, *, on: date = ON, wish: object = "") -> Outcome:
    (header,) = invoices(line)
    command = line.confirm(header.invoice, on=on, wish=wish)
    return next(outcome for outcome in line.drain() if outcome.document == command.invoice)


def told(actual: Actual) -> tuple[object, ...]:
    adjustment = actual.adjustment_status.name if actual.adjustment_status else None
    billing = actual.billing_status.name if actual.billing_status else None
    figures = (str(actual.quantity), str(actual.amount))
    return (actual.transaction_type.name, *figures, adjustment, billing, actual.skip_sync)


def test_g02_g08_the_four_rows_of_an_hour_that_was_invoiced_unedited() -> None:
    line = Line.in_memory()
    unbilled = sale(1)
    cost, connection = cost_of(unbilled, 2)
    contract_on(line, cost, connection)
    header = drafted(line, unbilled)
    confirm(line)
    assert Counter(told(each) for each in actuals(line)) == Counter(
        [
            ("COST", "8", "800.00", None, None, False),
            ("UNBILLED_SALES", "8", "1600.00", None, "CUSTOMER_INVOICE_POSTED", False),
            ("UNBILLED_SALES", "-8", "-1600.00", "UNADJUSTABLE", None, True),
            ("BILLED_SALES", "8", "1600.00", None, None, False),
        ]
    )
    a, b = (next(each for each in actuals(line) if each.actual == row.actual) for row in (cost, unbilled))
    assert a == cost
    assert b == unbilled.changed(billing_status=BillingStatus.CUSTOMER_INVOICE_POSTED, invoice=header.invoice)
    assert sum(each.amount for each in actuals(line) if each.transaction_type == TransactionType.UNBILLED_SALES) == 0


def test_g08_connections_and_origins() -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    confirm(line)
    (detail,) = details_of(line)
    b, c, d = sorted(actuals(line), key=lambda each: (each.transaction_type, -each.amount))
    ends = {
        (each.transaction1, each.transaction1_role, each.transaction2, each.transaction2_role)
        for each in connections(line)
    }
    assert ends == {
        (detail.detail, "Billed Sales", b.actual, "Unbilled Sales"),
        (c.actual, "Reversing", b.actual, "Original"),
        (d.actual, "Billed Sales", b.actual, "Unbilled Sales"),
    }
    assert (b.origins, c.origins) == (ORIGINS, ORIGINS)
    of_invoice = (header.invoice, detail.line, detail.detail)
    assert [origin.partition(":")[2] for origin in d.origins[:3]] == list(of_invoice)
    assert d.origins[3:] == ORIGINS


def test_the_header_says_what_was_confirmed_and_when() -> None:
    line = Line.in_memory()
    before = drafted(line, sale(1), sale(2, billing_type=BillingType.COMPLIMENTARY))
    confirm(line, on=date(2026, 9, 1))
    (after,) = invoices(line)
    billed = [each.actual for each in actuals(line) if each.transaction_type == TransactionType.BILLED_SALES]
    assert after == before.changed(
        status=ProjectInvoiceStatus.CONFIRMED,
        confirmed_on="2026-09-01",
        confirmed_by=after.confirmed_by,
        billed_sales=2,
        billed_sales_digest=digest_of(billed),
    )
    assert (str(after.amount), str(after.total)) == ("1600.00", "1600.00")
    assert {each.accounting_date for each in actuals(line) if each.actual in billed} == {date(2026, 9, 1)}


def test_g18e_a_milestone_is_billed_and_posted_and_cost_stays() -> None:
    line = Line.in_memory()
    cost, _ = cost_of(sale(1), 2)
    contract_on(line, cost)
    drafted(line, ACCEPTED)
    confirm(line)
    (stands,) = line.records(Table.DATAVERSE_MILESTONES, Milestone)
    assert stands.invoice_status == MilestoneStatus.CUSTOMER_INVOICE_POSTED
    assert [told(each) for each in actuals(line) if each.transaction_type == TransactionType.BILLED_SALES] == [
        ("BILLED_SALES", "1", "5000.00", None, None, False)
    ]
    assert cost in actuals(line)
    assert len(actuals(line)) == 2
    assert connections(line) == []


def test_the_non_chargeable_and_the_complimentary_are_billed_and_not_counted() -> None:
    line = Line.in_memory()
    kinds = (BillingType.CHARGEABLE, BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY)
    drafted(line, *(sale(number, billing_type=kind) for number, kind in enumerate(kinds)))
    confirm(line)
    (header,) = invoices(line)
    assert (str(header.amount), header.billed_sales) == ("1600.00", 3)
    for wanted in (TransactionType.BILLED_SALES, TransactionType.UNBILLED_SALES):
        made = [each for each in actuals(line) if each.transaction_type == wanted and each.invoice == header.invoice]
        assert {each.billing_type for each in made} == set(kinds)


def test_finance_is_sent_the_header_the_actuals_and_the_connections() -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    line.queues.sent.clear()
    confirm(line)
    syncs = [each for each in line.queues.sent if isinstance(each, SyncTableMap)]
    assert [each.map for each in syncs] == [
        "project_invoice_proposal_v2",
        "project_operations_integration_actuals",
        "project_transaction_relationships",
    ]
    assert {(each.partition, each.correlation) for each in syncs} == {(header.invoice, header.correlation)}
    rows = [
        row.key.row
        for table in (Table.DATAVERSE_ACTUALS, Table.DATAVERSE_TRANSACTION_CONNECTIONS)
        for row in line.rows(table)
        if row.key.partition == header.invoice
    ]
    assert all(syncs[1].first <= row <= syncs[1].last for row in rows)


EDITS: dict[str, tuple[dict[str, object], ReasonCode]] = {
    "quantity without its amount": ({"quantity": "6"}, ReasonCode.LINE_EDIT_NOT_SUPPORTED),
    "day": ({"transaction_date": "2026-08-04"}, ReasonCode.LINE_EDIT_NOT_SUPPORTED),
    "retainer": ({"transaction_class": TransactionClass.RETAINER}, ReasonCode.BACKING_ACTUAL_MISSING),
}


@pytest.mark.parametrize(("changes", "code"), EDITS.values(), ids=EDITS.keys())
def test_what_cannot_be_confirmed_yet_is_refused_and_changes_nothing(
    changes: dict[str, object], code: ReasonCode
) -> None:
    line = Line.in_memory()
    drafted(line, sale(1), sale(2))
    first = details_of(line)[0]
    edit(line, first.changed(**changes))
    before = line.snapshot()
    outcome = confirm(line)
    assert outcome.action == Action.COMMAND_REFUSED
    (problem,) = outcome.problems
    assert (problem.code, problem.ids) == (code, (first.detail,))
    assert problem.sentence.startswith(f"invoice PRO-000001, line detail {first.detail}: ")
    after = dict(line.snapshot())
    stored = after.pop(Table.INVOICING_PROBLEMS.value)
    assert (after, len(stored), stored_problems(line)) == (before, 1, [code])
    # mended, it goes through and the problem is gone
    edit(line, first)
    assert confirm(line, wish="mended").action == Action.INVOICE_CONFIRMED
    assert stored_problems(line) == []


def test_g15_a_line_that_was_added_by_hand_gets_its_sale_and_is_billed() -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    (detail,) = details_of(line)
    added = detail.changed(detail=guid(50), source_key=None, source=None)
    line.put(Table.DATAVERSE_INVOICE_LINE_DETAILS, added.key, added)
    edit(line, header.changed(details=2))
    assert confirm(line).facts["billed_sales"] == 2
    made = [each for each in actuals(line) if added.detail in str(each.origins)]
    assert Counter(told(each) for each in made) == Counter(
        [
            ("UNBILLED_SALES", "8", "1600.00", None, "CUSTOMER_INVOICE_POSTED", False),
            ("UNBILLED_SALES", "-8", "-1600.00", "UNADJUSTABLE", None, True),
            ("BILLED_SALES", "8", "1600.00", None, None, False),
        ]
    )


def test_g09_an_edited_sale_is_adjusted_and_its_rows_stand_once_however_often_it_is_confirmed() -> None:
    line = Line.in_memory()
    drafted(line, sale(1))
    (detail,) = details_of(line)
    edit(line, detail.changed(quantity="6", amount="1200.00"))
    confirm(line)
    before = line.snapshot()
    assert len(actuals(line)) == 8
    original = actuals(line)[0]
    assert (original.adjustment_status, original.billing_status) == (AdjustmentStatus.ADJUSTED, BillingStatus.CANCELED)
    confirm(line, wish="again")
    assert line.snapshot() == before


def test_an_unbilled_sale_that_was_adjusted_meanwhile_is_refused() -> None:
    line = Line.in_memory()
    drafted(line, sale(1))
    (unbilled,) = actuals(line)
    edit(line, unbilled.changed(adjustment_status=AdjustmentStatus.ADJUSTED))
    assert [each.code for each in confirm(line).problems] == [ReasonCode.BACKING_ACTUAL_MISSING]


def test_several_reasons_are_one_problem_with_the_first_by_precedence() -> None:
    line = Line.in_memory()
    drafted(line, *sales(30))
    for detail in details_of(line)[:25]:
        edit(line, detail.changed(quantity="1"))
    edit(line, actuals(line)[29].changed(adjustment_status=AdjustmentStatus.ADJUSTED))
    (problem,) = confirm(line).problems
    assert problem.code == ReasonCode.BACKING_ACTUAL_MISSING
    assert problem.ids[0] == details_of(line)[29].detail
    assert problem.sentence.endswith("(25 more problems of this invoice)")


def test_an_empty_invoice_and_one_that_is_not_work_based_are_refused() -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    edit(line, header.changed(order_type=OrderType.ITEM_BASED))
    assert [each.code for each in confirm(line).problems] == [ReasonCode.DOCUMENT_WRONG_STATE]
    empty = header.changed(invoice=guid(60), number="PRO-9", details=0)
    line.put(Table.DATAVERSE_INVOICES, empty.key, empty)
    line.confirm(empty.invoice)
    (outcome,) = line.drain()
    assert [(each.code, each.ids) for each in outcome.problems] == [(ReasonCode.INVOICE_EMPTY, (guid(60),))]


def test_an_unknown_invoice_is_tried_five_times_and_its_reason_is_kept() -> None:
    line = Line.in_memory()
    line.confirm(guid(60))
    assert line.drain() == []
    assert [dead.command.document for dead in line.dead] == [guid(60)]
    (stored,) = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert (stored.code, stored.document, stored.stage) == (
        ReasonCode.DOCUMENT_UNKNOWN,
        guid(60),
        "confirm-invoice",
    )
    assert set(line.snapshot()) == {Table.INVOICING_PROBLEMS.value, Table.INVOICING_DEAD_LETTERS.value}


def test_a_confirmation_that_overtakes_the_draft_waits_for_it() -> None:
    whole = Line.in_memory()
    header = drafted(whole, sale(1))
    whole.confirm(header.invoice)
    whole.drain()
    line = contract_on(Line.in_memory(), sale(1))
    line.mark_ready(CONTRACT)
    line.confirm(header.invoice)
    line.create_proforma(CONTRACT)
    line.drain()
    assert line.snapshot() == whole.snapshot()


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_the_calls_grow_by_pages_and_transactions(count: int) -> None:
    line = Line.in_memory()
    header = drafted(line, *sales(count))
    command = line.confirm(header.invoice)
    line.memory.calls.clear()
    confirm_invoice(line.store, line.queues, command)
    methods = Counter(call.method for call in line.memory.calls)
    # two actuals and two connections for each detail, one change of each source; the header twice, the indexes of
    # drafts and of open documents
    assert methods["write"] == 2 * -(-2 * count // 100) + -(-count // 100) + 4
    # the details and their sources, once; few sources are read one by one
    assert methods["read_pages"] == (2 if count > 3 else 1)
    assert methods["find"] == 2 + (count if count <= 3 else 0)


def test_more_than_a_page_is_read_twice_and_confirmed_whole() -> None:
    line = Line.in_memory()
    header = drafted(line, *sales(1_050))
    command = line.confirm(header.invoice)
    line.memory.calls.clear()
    confirm_invoice(line.store, line.queues, command)
    read = [call for call in line.memory.calls if call.method == "read_pages"]
    assert Counter(call.table for call in read) == {
        Table.DATAVERSE_INVOICE_LINE_DETAILS: 4,
        Table.DATAVERSE_ACTUALS: 4,
    }
    (after,) = invoices(line)
    assert (after.billed_sales, str(after.amount)) == (1_050, "1680000.00")
    assert len(actuals(line)) == 3 * 1_050


def test_a_detail_that_changes_between_the_two_readings_stops_the_confirmation() -> None:
    clock = FrozenClock(START)
    line = Line(SmallPages(clock), MemoryQueues(clock), clock)
    header = drafted(line, *sales(PAGE_ROWS + 1))
    last = details_of(line)[-1]
    seen = 0

    def edit_before_the_third_page(call: object) -> None:
        nonlocal seen
        seen += getattr(call, "table", None) is Table.DATAVERSE_INVOICE_LINE_DETAILS
        if seen == 3:
            line.memory.before_call = lambda _: None
            edit(line, last.changed(quantity="1"))

    line.confirm(header.invoice)
    line.memory.before_call = edit_before_the_third_page
    outcome = line.drain()
    # what is wrong is told, and the invoice is not confirmed without the line
    assert [each.code for each in outcome[-1].problems] == [ReasonCode.LINE_EDIT_NOT_SUPPORTED]
    assert [each.status for each in invoices(line)] == [ProjectInvoiceStatus.DRAFT]
    edit(line, last)
    confirm(line, wish="mended")
    assert [each.billed_sales for each in invoices(line)] == [PAGE_ROWS + 1]


def test_a_detail_that_the_header_does_not_know_is_waited_for() -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    edit(line, header.changed(details=2))
    confirm_command = line.confirm(header.invoice)
    line.drain()
    assert [dead.command for dead in line.dead] == [confirm_command]
    assert stored_problems(line) == [ReasonCode.DOCUMENT_WRONG_STATE]
    assert len(actuals(line)) == 1


def test_details_read_back_as_they_were_written() -> None:
    line = Line.in_memory()
    drafted(line, sale(1), ACCEPTED)
    for detail in details_of(line):
        assert InvoiceLineDetail.from_columns(detail.to_columns()) == detail
