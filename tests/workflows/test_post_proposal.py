"""A proposal becomes the customer invoice: once, with numbers without gaps, or it is refused and nothing is written."""

from datetime import date
from decimal import Decimal
from itertools import count

import pytest

from domain.commands import PostProposal
from domain.errors import NotYet
from domain.finance_parties import Blocked, FinanceCustomer
from domain.identifiers import derive_id
from domain.invoice_proposal import ProjectInvoice, ProposalStatus
from domain.ledger import CustomerTransaction, LedgerEntry, ProjectTransaction
from domain.outcome import Action, Outcome
from domain.pending_work import WorkKind
from domain.rows import Merge, RowKey
from domain.tables import Table
from domain.workflows.dispatch import perform
from functions.storage.memory import Call, Hook
from tests.finance_builders import PROPOSAL, fixed_rate_row, period_row, rate_row, tax_rows, voucher_of
from tests.line import CONTRACT_DANISH, DANISH, Line
from tests.workflows.restless import dying, nothing, numbers
from tests.workflows.staged_work import (
    ACCRUES,
    add_setup,
    finance,
    overwrite,
    problems,
    proposal_lines,
    propose,
    read_proposal,
    sale,
    stage,
    voucher,
    without,
    works,
)

END = date(2026, 8, 31)
SALES = [sale(number) for number in range(2)]


def open_proposal(line: Line, *, currency: str = "USD") -> Line:
    """A proposal whose lines stand: two times four hours at 250."""
    mine = [each.changed(currency=currency) for each in SALES]
    stage(line, *mine)
    line.tick()
    # no proposal is pending yet, so this posts the journals
    line.post_all()
    propose(line, *mine, currency=currency)
    line.tick()
    assert read_proposal(line).status == ProposalStatus.OPEN
    return line


def post(line: Line, on: date = END) -> Outcome:
    command = PostProposal(
        command=derive_id("post", PROPOSAL, on),
        correlation=PROPOSAL,
        requested_at=line.clock.now(),
        proposal=PROPOSAL,
        invoice_date=on,
    )
    return perform(line.store, line.queues, command)


def invoices(line: Line) -> list[ProjectInvoice]:
    return line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)


def assert_nothing_written(line: Line) -> None:
    assert invoices(line) == []
    assert line.rows(Table.FINANCE_PROJECT_INVOICE_LINES) == []
    assert line.rows(Table.FINANCE_CUSTOMER_TRANSACTIONS) == []
    assert not any("invoice" in sequence for sequence in numbers(line))


def test_g19e_the_voucher_of_the_invoice_at_the_fixed_rate() -> None:
    line = open_proposal(finance(ACCRUES, fixed_rate_row("125"), currency="GBP"), currency="GBP")
    post(line)
    assert voucher(line, "PIV-0001") == voucher_of("""
        161300 WIP sales value: -2000.00 GBP = -2500.00 USD at 1.25, 129
        420200 Accrued revenue: 2000.00 GBP = 2500.00 USD at 1.25, 128
        411100 Revenue - labor: -2000.00 GBP = -2500.00 USD at 1.25, 126
        130100 Accounts receivable: 2000.00 GBP = 2500.00 USD at 1.25, 31
    """)


def test_the_accrual_is_reversed_at_its_own_rate_and_the_revenue_at_that_of_the_invoice() -> None:
    rates = (rate_row("GBP", "USD", "2026-08-01", "120"), rate_row("GBP", "USD", "2026-08-31", "140"))
    line = open_proposal(finance(ACCRUES, *rates, currency="GBP"), currency="GBP")
    post(line)
    assert voucher(line, "PIV-0001") == voucher_of("""
        161300 WIP sales value: -2000.00 GBP = -2400.00 USD at 1.2, 129
        420200 Accrued revenue: 2000.00 GBP = 2400.00 USD at 1.2, 128
        411100 Revenue - labor: -2000.00 GBP = -2800.00 USD at 1.4, 126
        130100 Accounts receivable: 2000.00 GBP = 2800.00 USD at 1.4, 31
    """)
    entries = line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)
    wip = [each.accounting_amount for each in entries if each.main_account == "161300"]
    assert sum(wip) == Decimal(0)


def test_the_danish_milestone_with_25_per_cent() -> None:
    line = Line.in_memory()
    line.load_samples(DANISH)
    line.drain()
    line.tick()
    line.bill(CONTRACT_DANISH)
    line.finish()
    (invoice,) = invoices(line)
    assert (invoice.amount, invoice.tax, invoice.total) == (Decimal(5000), Decimal(1250), Decimal(6250))
    table = [row.rsplit(",", 1) for row in voucher(line, invoice.voucher)]
    assert sorted((row[0].partition(": ")[2], int(row[1])) for row in table) == [
        ("-1250.00 DKK = -1250.00 DKK at 1", 4),
        ("-5000.00 DKK = -5000.00 DKK at 1", 127),
        ("6250.00 DKK = 6250.00 DKK at 1", 31),
    ]


def test_posting_twice_and_with_another_date_changes_nothing() -> None:
    line = open_proposal(finance(ACCRUES))
    post(line)
    line.drain()
    before = line.snapshot()
    assert post(line, on=date(2026, 9, 30)).action == Action.PROPOSAL_POSTED
    line.drain()
    assert line.snapshot() == before
    assert invoices(line)[0].invoice_date == END


def test_a_proposal_that_is_not_known_is_waited_for() -> None:
    with pytest.raises(NotYet, match="is not known"):
        post(finance())


@pytest.mark.parametrize("on_hold", [Blocked.INVOICE, Blocked.ALL])
def test_a_customer_on_hold_is_refused_and_takes_no_number(on_hold: Blocked) -> None:
    line = open_proposal(finance(ACCRUES))
    customer = FinanceCustomer(company="usmf", account="US-1", name="Adatum", on_hold=on_hold)
    overwrite(line, Table.FINANCE_CUSTOMERS, RowKey("usmf", "US-1"), customer)
    assert [problem.code.value for problem in post(line).problems] == ["customer_on_hold"]
    assert_nothing_written(line)
    assert [problem.code.value for problem in problems(line)] == ["customer_on_hold"]
    released = customer.changed(on_hold=Blocked.NO)
    overwrite(line, Table.FINANCE_CUSTOMERS, RowKey("usmf", "US-1"), released)
    post(line)
    line.drain()
    assert invoices(line)[0].number == "INV-0001"
    assert [problem for problem in problems(line) if problem.stage == "post-proposal"] == []


def test_a_proposal_without_lines_is_refused() -> None:
    line = finance(ACCRUES)
    stage(line, *SALES)
    propose(line, *SALES)
    assert [problem.code.value for problem in post(line).problems] == ["proposal_without_lines"]
    assert_nothing_written(line)


@pytest.mark.parametrize(("moves", "expected"), [(False, None), (True, date(2027, 1, 1))])
def test_a_closed_period_is_refused_or_moved(moves: bool, expected: date | None) -> None:
    line = open_proposal(finance(ACCRUES, IsAccountingDateUpdateAllowed=moves))
    add_setup(line, period_row("2026-01-01", "2026-12-31", "Closed"), period_row("2027-01-01", "2027-12-31"))
    outcome = post(line)
    if expected is None:
        assert [problem.code.value for problem in outcome.problems] == ["period_closed"]
        assert_nothing_written(line)
        return
    (owed,) = line.records(Table.FINANCE_CUSTOMER_TRANSACTIONS, CustomerTransaction)
    assert (owed.transaction_date, owed.document_date) == (expected, END)
    assert owed.due_date == date(2026, 9, 30)


def test_a_refused_posting_takes_no_number() -> None:
    line = open_proposal(finance(ACCRUES))
    without(line, PostingType=126)
    assert [problem.code.value for problem in post(line).problems] == ["posting_account_missing"]
    assert_nothing_written(line)
    assert read_proposal(line).status == ProposalStatus.OPEN


def test_lines_that_do_not_add_up_to_the_header_are_refused() -> None:
    line = open_proposal(finance(ACCRUES))
    extra = proposal_lines(line)[0].changed(number=3)
    line.put(Table.FINANCE_INVOICE_PROPOSAL_LINES, extra.key, extra)
    problems = post(line).problems
    assert [problem.code.value for problem in problems] == ["content_differs"]
    assert "says 2 line(s), 2000.00 USD in all, but 3 of 3000.00 stand" in problems[0].sentence
    assert_nothing_written(line)


def test_tax_is_posted_and_owed() -> None:
    line = finance(ACCRUES, *tax_rows("6.5"))
    groups = {"TaxGroupId": "DOM", "TaxItemGroupId": "FULL"}
    open_proposal(line)
    for each in proposal_lines(line):
        line.store.write(Table.FINANCE_INVOICE_PROPOSAL_LINES, PROPOSAL, (Merge(each.key.row, groups),))
    post(line)
    (invoice,) = invoices(line)
    assert (invoice.amount, invoice.tax, invoice.total) == (Decimal(2000), Decimal(130), Decimal(2130))


def test_the_sales_behind_an_invoice_are_invoiced() -> None:
    line = open_proposal(finance(ACCRUES))
    post(line)
    transactions = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
    assert {(each.status.value, each.invoice) for each in transactions} == {("Invoiced", "INV-0001")}


def test_set_up_that_changes_after_the_numbers_were_taken_moves_no_date() -> None:
    for fatal in count(1):
        line = open_proposal(finance(ACCRUES, IsAccountingDateUpdateAllowed=True))
        with dying(line, fatal) as death:
            post(line)
        decided = read_proposal(line).accounting_date
        add_setup(line, period_row("2026-01-01", "2026-12-31", "Closed"), period_row("2027-01-01", "2027-12-31"))
        post(line)
        dates = {
            each.transaction_date for each in line.records(Table.FINANCE_CUSTOMER_TRANSACTIONS, CustomerTransaction)
        }
        assert dates == {decided or date(2027, 1, 1)}, f"call {fatal}"
        if not death.died:
            break
    assert fatal > 20


def test_another_worker_with_another_date_at_any_call_makes_one_invoice() -> None:
    for call in count(1):
        line = open_proposal(finance(ACCRUES))
        calls = count(1)
        line.memory.before_call = other_worker(line, calls, call)
        try:
            post(line)
        except NotYet:
            post(line)
        line.memory.before_call = nothing
        line.drain()
        (invoice,) = invoices(line)
        assert invoice.number == "INV-0001"
        assert numbers(line)["usmf|customer-invoice"] == [1]
        assert {each.invoice_date for each in invoices(line)} <= {END, date(2026, 8, 30)}
        entries = [
            each for each in line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry) if each.document == PROPOSAL
        ]
        assert sum(each.accounting_amount for each in entries) == Decimal(0)
        assert {each.document_date for each in entries} == {invoice.invoice_date}
        assert works(line, WorkKind.POST_PROPOSAL) == []
        if next(calls) <= call:
            break
    assert call > 20


def other_worker(line: Line, calls: "count[int]", call: int) -> Hook:
    """Another worker posts the proposal whole at a call, with the day before."""

    def other(_: Call) -> None:
        if next(calls) == call:
            line.memory.before_call = nothing
            post(line, on=date(2026, 8, 30))

    return other
