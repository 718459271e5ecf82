"""Views are built from facts alone: what each stage says, and what it waits for."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.errors import ReasonCode
from domain.invoice_proposal import ProjectInvoice, Proposal, ProposalStatus
from domain.option_sets import ProjectInvoiceStatus
from domain.problems import OpenProblem
from domain.proforma import Invoice
from domain.rows import RowKey, StoredRow
from domain.tables import Table
from tools.cli.amounts import amount_text, count_text
from tools.cli.invoice_facts import Count, InvoiceFacts, StoredProblem
from tools.cli.status_view import StageView, State, StatusView, build_status
from tools.cli.table_view import build_table

ID = "0a1b2c3d-0000-4000-8000-000000000001"
AT = datetime(2026, 8, 31, 12, tzinfo=UTC)
DAY = date(2026, 8, 31)


def invoice(status: ProjectInvoiceStatus = ProjectInvoiceStatus.CONFIRMED) -> Invoice:
    return Invoice(
        invoice=ID,
        number="PRO-000001",
        name="Coho",
        contract=ID,
        contract_customer=ID,
        customer=ID,
        currency=ID,
        owning_company=ID,
        status=status,
        amount=Decimal(1000),
        tax=Decimal(0),
        total=Decimal(1000),
        details=1,
        created_by=ID,
        correlation=ID,
        confirmed_on=DAY,
    )


def proposal(status: ProposalStatus) -> Proposal:
    return Proposal(
        proposal=ID,
        number="PRO-000001",
        company="usmf",
        contract="C-COHO",
        contract_partition=ID,
        funding_source="FS",
        customer="US-COHO",
        currency="GBP",
        invoice_date=DAY,
        billed_sales=1,
        billed_sales_digest="x",
        correlation=ID,
        status=status,
        lines=1,
        amount=Decimal(1000),
    )


def posted() -> ProjectInvoice:
    return ProjectInvoice(
        proposal=ID,
        company="usmf",
        number="INV-1",
        proposal_number="PRO-000001",
        contract="C-COHO",
        customer="US-COHO",
        invoice_date=DAY,
        due_date=DAY,
        currency="GBP",
        exchange_rate=Decimal("1.25"),
        amount=Decimal(1000),
        tax=Decimal(0),
        total=Decimal(1000),
        voucher="V-1",
        lines=1,
    )


def facts(status: ProjectInvoiceStatus = ProjectInvoiceStatus.CONFIRMED) -> InvoiceFacts:
    return InvoiceFacts(invoice(status), AT)


def whole(number: int = 1) -> Count:
    return Count(number, number, AT)


def stage(view: StatusView, name: str) -> StageView:
    return next(each for each in view.stages if each.name == name)


def test_a_draft_waits_for_the_project_manager() -> None:
    view = build_status(facts(ProjectInvoiceStatus.DRAFT), "GBP")
    assert view.waits_for == "the project manager: invoicing confirm PRO-000001"
    assert {each.state for each in view.stages[2:]} == {State.LATER}


def test_a_confirmed_invoice_waits_for_its_header() -> None:
    view = build_status(facts(), "GBP")
    assert stage(view, "header synced").waits_for == "the table map Project invoice proposal V2"
    assert stage(view, "proposal lines").state is State.LATER


def test_rows_that_have_not_arrived_are_counted() -> None:
    found = facts()
    found.staged = Count(1, 3)
    assert (stage(build_status(found, "GBP"), "actuals staged").count) == "1 of 3"


def test_a_milestone_has_neither_connections_nor_unbilled_sales() -> None:
    found = facts()
    found.staged = whole()
    view = build_status(found, "GBP")
    assert stage(view, "connections staged").state is State.NONE
    assert stage(view, "unbilled sales posted").state is State.NONE


def test_a_journal_that_waits_is_named() -> None:
    found = facts()
    found.sales_posted = Count(0, 1)
    found.journals = {"j-1"}
    assert "integration journal j-1: invoicing post journals" in build_status(found, "GBP").waits_for + str(
        stage(build_status(found, "GBP"), "unbilled sales posted")
    )


def test_a_row_that_waits_says_why() -> None:
    found = facts()
    found.sales_posted = Count(0, 1)
    found.waits = {"no exchange rate from GBP to USD"}
    assert "no exchange rate" in stage(build_status(found, "GBP"), "unbilled sales posted").waits_for


def test_when_all_has_arrived_the_import_is_waited_for() -> None:
    found = facts()
    found.proposal = proposal(ProposalStatus.AWAITING_LINES)
    found.staged = found.connected = found.sales_posted = whole()
    assert stage(build_status(found, "GBP"), "proposal lines").waits_for == "the import from staging"


def test_an_open_proposal_waits_for_the_clerk() -> None:
    found = facts()
    found.proposal, found.lines = proposal(ProposalStatus.OPEN), whole()
    view = build_status(found, "GBP")
    assert stage(view, "proposal lines").what == "Open, 1,000.00 GBP"
    assert stage(view, "posted").waits_for == "the clerk: invoicing post proposals"


def test_a_proposal_without_revenue_has_nothing_to_post() -> None:
    found = facts()
    found.proposal = proposal(ProposalStatus.CLOSED)
    assert stage(build_status(found, "GBP"), "posted").state is State.NONE


@pytest.mark.parametrize(
    ("status", "state"),
    [(ProjectInvoiceStatus.CONFIRMED, State.WAITS), (ProjectInvoiceStatus.POSTED, State.DONE)],
)
def test_a_posted_invoice_waits_for_its_write_back(status: ProjectInvoiceStatus, state: State) -> None:
    found = facts(status)
    found.proposal, found.project_invoice = proposal(ProposalStatus.INVOICED), posted()
    view = build_status(found, "GBP")
    assert (view.status, stage(view, "written back").state) == ("posted as INV-1", state)
    assert stage(view, "posted").what == f"invoice INV-1, voucher V-1, 1,000.00 GBP, due {DAY}"


def test_problems_are_told_with_their_ids_and_since_when() -> None:
    found = facts()
    problem = OpenProblem(
        document=ID, stage="import", code=ReasonCode.PERIOD_CLOSED, sentence="open it", ids=("a",), correlation=ID
    )
    found.problems.append(StoredProblem(problem, AT))
    (told,) = build_status(found, "GBP").problems
    assert (told.code, told.ids, told.since) == ("period_closed", ("a",), AT)


def test_a_count_remembers_the_last_of_those_that_are_done() -> None:
    count = Count()
    count.add(True, AT)
    count.add(False, None)
    assert (count.done, count.all, count.at, count.is_whole) == (1, 2, AT, False)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1600", "USD", "1,600.00 USD"),
        ("-0.5", "GBP", "-0.50 GBP"),
        ("1", "JPY", "1 JPY"),
        ("1.234", "KWD", "1.234 KWD"),
        ("0.005", "USD", "0.005 USD"),
        ("1e3", "", "1,000.00"),
    ],
)
def test_amounts_have_the_digits_of_their_currency_and_lose_none(amount: str, currency: str, text: str) -> None:
    assert amount_text(Decimal(amount), currency) == text


def test_counts_have_their_number() -> None:
    assert (count_text(1, "row"), count_text(1_000, "row")) == ("1 row", "1,000 rows")


def test_a_table_without_preferences_shows_keys_and_the_first_columns() -> None:
    row = StoredRow(RowKey("p", "r"), {f"c{number}": number for number in range(9)}, "e")
    view = build_table(Table.DATAVERSE_ACCOUNTS, [row, row], limit=1)
    assert view.columns == ("PartitionKey", "RowKey", *(f"c{number}" for number in range(7)))
    assert (view.hidden, view.is_cut, len(view.rows)) == (("c7", "c8"), True, 1)
