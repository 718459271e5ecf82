"""Putting due items on drafts: what stands afterwards, and what stays behind and why."""

from collections import Counter
from datetime import date

import pytest

from domain.actuals import TransactionConnection
from domain.contract import Milestone
from domain.errors import ReasonCode
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    MilestoneStatus,
    TransactionClass,
)
from domain.outcome import Action
from domain.rows import Delete
from domain.tables import Table
from domain.workflows.backlog_index import INDEX
from domain.workflows.create_proforma import create_proforma
from tests.builders import (
    ORIGINS,
    SECOND_ACCOUNT,
    SECOND_LINE,
    SECOND_PAYER,
    actuals,
    contract_line,
    contract_on,
    cost_of,
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
    second_payer,
    stored_problems,
)
from tests.line import Line
from tests.workflows.adatum import ADATUM as ADATUM_ACCOUNT
from tests.workflows.adatum import CONTRACT, PAYER, guid, milestone
from tests.workflows.restless import overtake

READY = BillingStatus.READY_TO_INVOICE
ACCEPTED = milestone(invoice_status=MilestoneStatus.NOT_READY)


def test_g07_no_actual_is_made_and_the_unbilled_sale_stands_on_the_invoice() -> None:
    unbilled = sale(1)
    cost, connection = cost_of(unbilled, 2)
    line = Line.in_memory()
    contract_on(line, cost, connection)
    header = drafted(line, unbilled)
    assert actuals(line) == [
        unbilled.changed(billing_status=BillingStatus.CUSTOMER_INVOICE_CREATED, invoice=header.invoice),
        cost,
    ]
    (detail,) = details_of(line)
    assert (detail.quantity, detail.price, detail.amount) == (unbilled.quantity, unbilled.price, unbilled.amount)
    assert (detail.origins, detail.source) == (ORIGINS, unbilled.actual)
    made = [
        each
        for each in line.records(Table.DATAVERSE_TRANSACTION_CONNECTIONS, TransactionConnection)
        if each != connection
    ]
    assert [
        (each.transaction1, each.transaction1_role, each.transaction1_type, each.transaction2, each.transaction2_role)
        for each in made
    ] == [(detail.detail, "Billed Sales", "msdyn_invoicelinetransaction", unbilled.actual, "Unbilled Sales")]
    assert index(line) == []


def test_the_header_is_a_draft_in_the_contracts_currency_for_its_customer() -> None:
    line = Line.in_memory()
    header = drafted(line, sale(1), sale(2, billing_type=BillingType.NON_CHARGEABLE))
    assert (header.number, header.status.name, header.details) == ("PRO-000001", "DRAFT", 2)
    assert (str(header.amount), str(header.tax), str(header.total)) == ("1600.00", "0", "1600.00")
    assert (header.contract, header.contract_customer, header.customer) == (CONTRACT, PAYER, ADATUM_ACCOUNT)
    assert (header.currency, header.owning_company) == (sale(1).currency, sale(1).owning_company)
    assert (header.name, header.confirmed_on) == ("Arm Installation - FS-Adatum", None)
    command = line.queues.sent[0]
    assert header.created_by == command.command


def test_every_class_goes_on_the_draft_and_only_chargeable_counts() -> None:
    line = Line.in_memory()
    classes = [TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE]
    rows = [sale(number, transaction_class=each) for number, each in enumerate(classes)]
    free = [
        sale(8, billing_type=BillingType.COMPLIMENTARY, amount="200.00"),
        sale(9, billing_type=BillingType.NON_CHARGEABLE, amount="400.00"),
    ]
    header = drafted(line, *rows, *free, ACCEPTED)
    assert (header.details, str(header.amount)) == (7, "11400.00")
    (made,) = lines(line)
    sums = (made.chargeable, made.non_chargeable, made.complimentary)
    assert [str(each) for each in sums] == ["11400.00", "400.00", "200.00"]
    assert {each.transaction_class for each in details_of(line)} == {*classes, TransactionClass.MILESTONE}


def test_g30_a_milestone_stands_on_the_invoice_without_a_connection() -> None:
    line = Line.in_memory()
    header = drafted(line, ACCEPTED)
    (stands,) = line.records(Table.DATAVERSE_MILESTONES, Milestone)
    assert stands == ACCEPTED.changed(invoice_status=MilestoneStatus.CUSTOMER_INVOICE_CREATED, invoice=header.invoice)
    assert line.rows(Table.DATAVERSE_TRANSACTION_CONNECTIONS) == []


def test_one_invoice_for_each_customer_and_one_line_for_each_contract_line() -> None:
    line = contract_on(Line.in_memory(), contract_line(2), *second_payer())
    mine, theirs = sale(1), sale(2, contract_customer=SECOND_PAYER, contract_line=SECOND_LINE, amount="100.00")
    put_all(line, mine, theirs)
    line.mark_ready(CONTRACT)
    outcome = create(line)
    by_customer = {header.contract_customer: header for header in invoices(line)}
    assert set(by_customer) == {PAYER, SECOND_PAYER}
    assert {header.customer for header in invoices(line)} == {ADATUM_ACCOUNT, SECOND_ACCOUNT}
    assert sorted(header.number for header in invoices(line)) == ["PRO-000001", "PRO-000002"]
    assert outcome.facts["items"] == 2
    told = {(each.invoice, each.number, str(each.chargeable)) for each in lines(line)}
    first, second = by_customer[PAYER].invoice, by_customer[SECOND_PAYER].invoice
    assert told == {(first, 1, "1600.00"), (first, 2, "0"), (second, 1, "0"), (second, 2, "100.00")}


def test_what_is_dated_later_stays_ready_on_the_backlog() -> None:
    line = ready_line(sale(1), sale(2, transaction_date="2026-08-20"))
    assert create(line, cut_off=date(2026, 8, 19)).facts["items"] == 1
    assert index(line) == [sale(2).actual]
    assert [each.billing_status for each in actuals(line)] == [BillingStatus.CUSTOMER_INVOICE_CREATED, READY]
    create(line, wish="the rest")
    assert (index(line), len(invoices(line))) == ([], 2)


def test_nothing_to_invoice_is_told_and_cleared_by_the_next_success() -> None:
    line = contract_on(Line.in_memory(), sale(1))
    outcome = create(line)
    assert (outcome.action, [each.code for each in outcome.problems]) == (
        Action.NOTHING_TO_DO,
        [ReasonCode.NOTHING_TO_INVOICE],
    )
    assert stored_problems(line) == [ReasonCode.NOTHING_TO_INVOICE]
    assert invoices(line) == []
    line.mark_ready(CONTRACT)
    create(line, wish="again")
    assert stored_problems(line) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contract_customer": None}, ReasonCode.ITEM_HAS_NO_CUSTOMER),
        ({"contract_customer": guid(70)}, ReasonCode.ITEM_HAS_NO_CUSTOMER),
        ({"contract_line": None}, ReasonCode.ITEM_NOT_ON_BACKLOG),
        ({"contract_line": guid(71)}, ReasonCode.ITEM_NOT_ON_BACKLOG),
        ({"currency": guid(72)}, ReasonCode.CURRENCY_NOT_OF_CONTRACT),
    ],
)
def test_an_item_that_does_not_fit_stays_behind_with_its_reason(changes: dict[str, object], code: ReasonCode) -> None:
    line = ready_line(sale(1), sale(2))
    edit(line, sale(2, billing_status=READY, **changes))
    outcome = create(line)
    assert [(each.code, each.ids) for each in outcome.problems] == [(code, (sale(2).actual,))]
    assert stored_problems(line) == [code]
    assert [each.source for each in details_of(line)] == [sale(1).actual]
    assert index(line) == [sale(2).actual]
    assert actuals(line)[1] == sale(2, billing_status=READY, **changes)


def test_an_item_that_leaves_the_backlog_while_it_is_looked_at_stays_behind_nobody() -> None:
    line = ready_line(sale(1), sale(2))
    edit(line, sale(2, billing_status=READY, contract_line=None))

    def leave() -> None:
        (entry,) = (row for row in line.rows(INDEX) if sale(2).actual in row.key.row)
        line.store.write(INDEX, entry.key.partition, (Delete(entry.key.row),))

    # the second look at the index is at what does not fit
    overtake(line, "find", INDEX, leave)
    assert create(line).problems == ()
    assert index(line) == []
    assert stored_problems(line) == []


def test_an_item_that_was_adjusted_after_it_was_marked_is_passed_over() -> None:
    line = ready_line(sale(1), sale(2))
    edit(line, sale(2, billing_status=READY, adjustment_status=AdjustmentStatus.ADJUSTED))
    assert create(line).problems == ()
    assert [each.source for each in details_of(line)] == [sale(1).actual]


def test_an_unknown_account_leaves_no_half_written_draft() -> None:
    payer, account = second_payer()
    line = contract_on(Line.in_memory(), payer, sale(1), sale(2, contract_customer=SECOND_PAYER))
    line.mark_ready(CONTRACT)
    outcome = create(line)
    assert [(each.code, each.ids) for each in outcome.problems] == [(ReasonCode.CUSTOMER_UNKNOWN, (SECOND_ACCOUNT,))]
    assert [header.contract_customer for header in invoices(line)] == [PAYER]
    assert actuals(line)[1].invoice is None
    put_all(line, account)
    create(line, wish="with the account")
    assert (len(invoices(line)), stored_problems(line)) == (2, [])


def test_an_unknown_contract_is_tried_five_times_and_its_reason_is_kept() -> None:
    line = Line.in_memory()
    line.create_proforma(CONTRACT)
    line.drain()
    assert [dead.command.document for dead in line.dead] == [CONTRACT]
    assert stored_problems(line) == [ReasonCode.CONTRACT_UNKNOWN]
    assert set(line.snapshot()) == {Table.INVOICING_PROBLEMS.value, Table.INVOICING_DEAD_LETTERS.value}


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_the_calls_grow_by_pages_and_transactions(count: int) -> None:
    line = ready_line(*sales(count))
    command = line.create_proforma(CONTRACT)
    line.memory.calls.clear()
    create_proforma(line.store, command)
    methods = Counter(call.method for call in line.memory.calls)
    hundreds = -(-count // 100)
    # claims, details, connections and the index; the lines, the number, the index of drafts and the header
    assert methods["write"] == 4 * hundreds + 5
    # lines, customers and retainers of the contract, the index, the items, the draft's lines and details
    assert methods["read_pages"] == (7 if count > 3 else 6)
    # the contract, its account, the draft twice and the counter; few items are read one by one
    assert methods["find"] == 5 + (count if count <= 3 else 0)


def test_more_than_a_page_of_items_goes_on_one_draft() -> None:
    line = ready_line(*sales(1_050))
    create(line)
    (header,) = invoices(line)
    assert header.details == 1_050
    assert header.amount == 1_050 * 1600
    assert index(line) == []
