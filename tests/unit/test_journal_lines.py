"""Journal lines: what a staged actual becomes, what is refused with which reason, and how lines form journals."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import ReasonCode
from domain.finance_parties import Parties
from domain.journal import JournalLineContent, LineStatus
from domain.journal_lines import journal_line, plan_journals
from domain.option_sets import FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.setup import LegalEntitySetup
from domain.setup_items import PeriodUnit
from domain.staging import StagedActual
from tests.finance_builders import (
    CONTRACT_GBP,
    JOURNAL,
    PARTIES,
    PARTIES_GBP,
    PROJECT,
    fixed_rate_row,
    key_of,
    make_setup,
    make_staged,
    period_row,
    rate_row,
    told,
)

COST, SALES = FinanceTransactionType.COST, FinanceTransactionType.SALES
COHO = (rate_row("GBP", "USD", "2026-01-01", "131"), fixed_rate_row("125"))


def line_of(setup: LegalEntitySetup, staged: StagedActual, parties: Parties = PARTIES) -> JournalLineContent:
    content = journal_line(setup, staged, key_of(staged), parties)
    assert not isinstance(content, tuple), content
    return content


def codes_of(setup: LegalEntitySetup, staged: StagedActual, parties: Parties = PARTIES) -> list[ReasonCode]:
    problems = journal_line(setup, staged, key_of(staged), parties)
    assert isinstance(problems, tuple)
    return [problem.code for problem in problems]


def lines_on(*days: str) -> list[JournalLineContent]:
    setup = make_setup()
    return [
        line_of(setup, make_staged(day=date.fromisoformat(day), name=number))
        for number, day in enumerate(days, start=1)
    ]


@pytest.mark.parametrize(
    ("kind", "price", "currency", "cost_amount", "sales_amount", "price_exchange_rate"),
    [
        # line        a unit  currency  cost   sales    shown as
        (COST, "120", "USD", "480.00", "0", 100),
        (SALES, "250", "GBP", "0", "1000.00", 125),
    ],
)
def test_g19b_journal_lines_of_four_hours_at_coho_winery(
    kind: FinanceTransactionType,
    price: str,
    currency: str,
    cost_amount: str,
    sales_amount: str,
    price_exchange_rate: int,
) -> None:
    line = line_of(make_setup(*COHO), make_staged(kind, price=price, currency=currency), PARTIES_GBP)
    assert (told(line.quantity), line.currency) == ("4", currency)
    assert (str(line.extended_cost), str(line.extended_price)) == (cost_amount, sales_amount)
    assert line.exchange_rate * 100 == price_exchange_rate


def test_cost_keeps_its_currency_and_the_ledgers_rate() -> None:
    line = line_of(make_setup(*COHO), make_staged(COST, price="96", currency="GBP"), PARTIES_GBP)
    assert (line.currency, line.extended_cost, line.exchange_rate) == ("GBP", Decimal(384), Decimal("1.31"))


@pytest.mark.parametrize(
    ("billing_type", "line_property", "price", "amount"),
    [
        (FinanceBillingType.CHARGEABLE, "Billable", "200", "400"),
        (FinanceBillingType.NOT_SPECIFIED, "Billable", "200", "400"),
        (FinanceBillingType.NON_CHARGEABLE, "NonBillable", "0", "0"),
        (FinanceBillingType.COMPLIMENTARY, "Free", "0", "0"),
        (FinanceBillingType.NOT_AVAILABLE, "NotAvail", "0", "0"),
    ],
)
def test_a_sale_that_is_not_to_be_invoiced_has_no_sales_value(
    billing_type: FinanceBillingType, line_property: str, price: str, amount: str
) -> None:
    line = line_of(make_setup(), make_staged(quantity="2", price="200", billing_type=billing_type))
    assert (line.line_property, told(line.quantity)) == (line_property, "2")
    assert (line.unit_price, line.extended_price) == (Decimal(price), Decimal(amount))


def test_the_cost_of_non_chargeable_work_stays() -> None:
    line = line_of(make_setup(), make_staged(COST, price="100", billing_type=FinanceBillingType.NON_CHARGEABLE))
    assert told(line.extended_cost, line.extended_price) == "400 0"


def test_an_actual_without_a_category_gets_the_default_of_its_class() -> None:
    assert line_of(make_setup(), make_staged(category=None)).category == "LABOR"


def test_only_sales_lines_have_billing_sales_tax_groups() -> None:
    taxed = {
        "Kind": "ProjCategory",
        "CategoryId": "LABOR",
        "Name": "x",
        "CategoryType": "Hour",
        "TaxItemGroupId": "FULL",
    }
    setup = make_setup(taxed)
    parties = Parties(PROJECT.changed(tax_group="DOM"), PARTIES.contract, PARTIES.customer)
    sale = line_of(setup, make_staged(), parties)
    cost = line_of(setup, make_staged(COST), parties)
    assert (sale.tax_group, sale.tax_item_group) == ("DOM", "FULL")
    assert (cost.tax_group, cost.tax_item_group) == (None, None)


@pytest.mark.parametrize(
    ("kind", "transaction_class", "code"),
    [
        (FinanceTransactionType.RESOURCING_UNIT_COST, TransactionClass.TIME, ReasonCode.INTERCOMPANY_NOT_SUPPORTED),
        (FinanceTransactionType.INTER_ORG_SALES, TransactionClass.EXPENSE, ReasonCode.INTERCOMPANY_NOT_SUPPORTED),
        (SALES, TransactionClass.RETAINER, ReasonCode.RETAINER_NOT_SUPPORTED),
        (COST, TransactionClass.FEE, ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED),
        (SALES, TransactionClass.MILESTONE, ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED),
        (SALES, TransactionClass.TAX, ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED),
        (FinanceTransactionType.BILLED_SALES, TransactionClass.TIME, ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED),
    ],
)
def test_what_the_journal_does_not_take_is_refused(
    kind: FinanceTransactionType, transaction_class: TransactionClass, code: ReasonCode
) -> None:
    assert codes_of(make_setup(), make_staged(kind, transaction_class)) == [code]


@pytest.mark.parametrize(
    ("kind", "transaction_class"),
    [(COST, name) for name in (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL)]
    + [
        (SALES, name)
        for name in (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE)
    ],
)
def test_what_the_journal_takes(kind: FinanceTransactionType, transaction_class: TransactionClass) -> None:
    assert line_of(make_setup(), make_staged(kind, transaction_class)).transaction_class is transaction_class


def test_g43_a_sale_without_an_exchange_rate_waits_and_its_cost_does_not() -> None:
    setup = make_setup()
    assert codes_of(setup, make_staged(currency="GBP"), PARTIES_GBP) == [ReasonCode.EXCHANGE_RATE_MISSING]
    assert line_of(setup, make_staged(COST, currency="USD"), PARTIES_GBP).exchange_rate == 1
    entered = make_setup(rate_row("GBP", "USD", "2026-08-27", "131"))
    assert line_of(entered, make_staged(currency="GBP"), PARTIES_GBP).exchange_rate == Decimal("1.31")


def test_all_problems_are_told_the_first_by_precedence_first() -> None:
    staged = make_staged(currency="GBP", category="UNKNOWN", project="P-9")
    assert codes_of(make_setup(), staged, Parties()) == [
        ReasonCode.CONTRACT_UNKNOWN,
        ReasonCode.CATEGORY_MISSING,
        ReasonCode.EXCHANGE_RATE_MISSING,
        ReasonCode.PROJECT_UNKNOWN,
    ]


def test_a_sale_in_another_currency_than_its_contract_is_refused() -> None:
    assert codes_of(make_setup(), make_staged(currency="USD"), PARTIES_GBP) == [ReasonCode.CURRENCY_NOT_OF_CONTRACT]


def test_a_cost_needs_no_contract() -> None:
    assert line_of(make_setup(), make_staged(COST), Parties(project=PROJECT)).contract == "C-1"


@pytest.mark.parametrize(
    ("moves", "accounted"),
    # without moving, the line stands with its date and posting tells the reason
    [(True, date(2026, 9, 1)), (False, date(2026, 8, 27))],
)
def test_the_accounting_date_leaves_a_closed_period(moves: bool, accounted: date) -> None:
    closed = (period_row("2026-08-01", "2026-08-31", "Closed"), period_row("2026-09-01", "2026-09-30"))
    setup = make_setup(*closed, without="FiscalCalendarPeriod", IsAccountingDateUpdateAllowed=moves)
    line = line_of(setup, make_staged())
    assert (line.transaction_date, line.accounting_date) == (date(2026, 8, 27), accounted)


def test_the_rate_is_the_one_of_the_accounting_date() -> None:
    rates = (rate_row("GBP", "USD", "2026-01-01", "120"), rate_row("GBP", "USD", "2026-09-01", "140"))
    staged = make_staged(currency="GBP", accounting_date=date(2026, 9, 2))
    assert line_of(make_setup(*rates), staged, PARTIES_GBP).exchange_rate == Decimal("1.4")


def test_amounts_are_rounded_to_the_currency() -> None:
    staged = make_staged(quantity="1", price="10.005")
    assert str(line_of(make_setup(), staged).extended_price) == "10.01"
    yen = make_staged(quantity="1", price="10.5", currency="JPY")
    parties = Parties(PROJECT, CONTRACT_GBP.changed(currency="JPY"))
    assert str(line_of(make_setup(currency="JPY"), yen, parties).extended_price) == "11"


def test_a_content_becomes_a_draft_line_of_a_journal() -> None:
    line = line_of(make_setup(), make_staged()).in_journal(JOURNAL, 7, "PJV-0007")
    assert (line.number, line.voucher, line.status) == (7, "PJV-0007", LineStatus.DRAFT)
    assert line.key.row == f"0000007|{line.actual}"


def test_g39_450_lines_of_a_day_make_journals_of_200_200_and_50() -> None:
    plans = plan_journals(lines_on(*["2026-08-27"] * 450), PeriodUnit.DAYS, 200)
    assert [len(plan.lines) for plan in plans] == [200, 200, 50]
    assert {plan.period_start for plan in plans} == {date(2026, 8, 27)}
    keys = [line.actual_key for plan in plans for line in plan.lines]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("unit", "journals"),
    [(PeriodUnit.DAYS, 3), (PeriodUnit.MONTHS, 2), (PeriodUnit.YEARS, 1), (PeriodUnit.ALL, 1)],
)
def test_g40_journals_of_31_january_1_february_and_28_february(unit: PeriodUnit, journals: int) -> None:
    lines = lines_on("2026-02-28", "2026-01-31", "2026-02-01")
    plans = plan_journals(lines, unit, 200)
    assert len(plans) == journals
    assert [line.transaction_date.isoformat() for plan in plans for line in plan.lines] == [
        "2026-01-31",
        "2026-02-01",
        "2026-02-28",
    ]


def test_lines_are_grouped_first_and_then_split() -> None:
    plans = plan_journals(lines_on("2026-08-01", "2026-08-01", "2026-08-01", "2026-08-02"), PeriodUnit.DAYS, 2)
    assert [(plan.period_start.day, len(plan.lines)) for plan in plans] == [(1, 2), (1, 1), (2, 1)]


def test_no_lines_make_no_journal() -> None:
    assert plan_journals([], PeriodUnit.ALL, 200) == ()
