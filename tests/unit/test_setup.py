"""The set-up of a legal entity: read once, everything that is missing named, the most specific row wins."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.option_sets import FinanceBillingType, TransactionClass
from domain.posting_types import PostingType
from domain.rows import RowKey
from domain.setup import SETUP_KINDS, LegalEntitySetup, read_item, valid_on
from domain.setup_items import SetupItem
from domain.setup_posting import FinanceBillingMethod
from tests.finance_builders import (
    ACCRUES_ALL,
    PROJECT,
    make_setup,
    period_row,
    profile_row,
    rate_row,
    setup_rows,
    tax_rows,
)

TIME_AND_MATERIAL = FinanceBillingMethod.TIME_AND_MATERIAL


def problems_of(rows: list[Mapping[str, object]]) -> tuple[Problem, ...]:
    setup = LegalEntitySetup.from_rows("usmf", rows)
    assert isinstance(setup, tuple)
    return setup


def account_row(number: int, account: str, **place: object) -> Mapping[str, object]:
    return {"Kind": "ProjPosting", "PostingType": number, "MainAccount": account, "AccountName": account, **place}


def test_a_company_without_rows_is_not_set_up() -> None:
    assert [problem.code for problem in problems_of([])] == [ReasonCode.COMPANY_NOT_SET_UP]


@pytest.mark.parametrize(
    "billing_type", ["NotSpecified", "Chargeable", "NonChargeable", "Complimentary", "NotAvailable"]
)
def test_a_line_property_that_is_missing_stops_nothing_but_its_own_billing_type(billing_type: str) -> None:
    rows = [row for row in setup_rows() if row.get("BillingType") != billing_type]
    setup = LegalEntitySetup.from_rows("usmf", rows)
    assert isinstance(setup, LegalEntitySetup)
    found = {kind: setup.line_property(kind) for kind in FinanceBillingType}
    problem = found.pop(FinanceBillingType(billing_type))
    assert isinstance(problem, Problem)
    assert (problem.code, problem.ids) == (ReasonCode.LINE_PROPERTY_MISSING, (billing_type,))
    assert not any(isinstance(each, Problem) for each in found.values())


def test_wrong_rows_are_all_named_first() -> None:
    rows = setup_rows()
    wrong = {"DataAreaId": "usmf", "Kind": "PaymTerm", "PaymTermId": "N", "NumOfDay": 3}
    problems = problems_of([*rows, wrong, {"DataAreaId": "usmf", "Kind": "Misspelt"}])
    codes = [problem.code for problem in problems]
    assert codes == [ReasonCode.ROW_COLUMN_WRONG, ReasonCode.ROW_COLUMN_WRONG]
    assert "NumOfDay" in problems[0].sentence


def test_a_row_of_another_company_is_refused() -> None:
    item = read_item("usmf", {"Kind": "TaxGroupHeading", "DataAreaId": "gbsi", "TaxGroup": "A"})
    assert isinstance(item, Problem)
    assert "DataAreaId" in item.sentence


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (profile_row(ProjId="P-1"), "ProjRevenueProfile|TimeAndMaterial|project|P-1"),
        (account_row(129, "1", CategoryId="LABOR"), "ProjPosting|129|*|*|LABOR"),
        (account_row(129, "1", FundingSourceId="FS-1"), "ProjPosting|129|*|*|*|FS-1"),
        (rate_row("GBP", "USD", "2026-01-01", "125"), "ExchangeRate|Default|GBP|USD|2026-01-01"),
        (tax_rows("25")[0], "TaxData|VAT|2020-01-01"),
        (period_row("2026-01-01", "2026-01-31"), "FiscalCalendarPeriod|2026-01-01"),
    ],
)
def test_a_row_key_is_the_kind_and_the_natural_key(row: Mapping[str, object], key: str) -> None:
    item = read_item("USMF", {**row, "DataAreaId": "USMF"})
    assert isinstance(item, SetupItem), item
    assert item.key == RowKey("usmf", key)
    assert read_item("usmf", item.to_columns()) == item


@pytest.mark.parametrize(
    "row",
    [
        profile_row(ProjId="P-1", ProjGroupId="TM"),
        period_row("2026-02-01", "2026-01-31"),
        rate_row("GBP", "USD", "2026-01-01", "0"),
        rate_row("GBP", "USD", "2026-01-01", "-125"),
        {**rate_row("GBP", "USD", "2026-01-01", "125"), "ExchangeRateDisplayFactor": 99},
        {"Kind": "PaymTerm", "PaymTermId": "C", "PaymMethod": "CutOffDay"},
        {"Kind": "ProjPosting", "PostingType": 9999, "MainAccount": "1", "AccountName": "x"},
        {"Kind": "TaxData", "TaxCode": "A", "TaxFromDate": "2026-01-01", "TaxValue": "-1"},
        {"Kind": "ProjParameters", "AccountingCurrency": "dollars"},
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row: Mapping[str, object]) -> None:
    item = read_item("usmf", {**row, "DataAreaId": "usmf"})
    assert isinstance(item, Problem)
    assert item.code is ReasonCode.ROW_COLUMN_WRONG


def test_every_kind_can_be_read() -> None:
    assert {kind: item.KIND for kind, item in SETUP_KINDS.items()} == {kind: kind for kind in SETUP_KINDS}


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        (("company",), "company"),
        (("company", "contract"), "contract"),
        (("company", "contract", "group"), "group"),
        (("company", "contract", "group", "project"), "project"),
    ],
)
def test_the_revenue_profile_with_the_highest_granularity_wins(profiles: tuple[str, ...], expected: str) -> None:
    scopes = {
        "company": {},
        "contract": {"ProjInvoiceProjId": "C-1"},
        "group": {"ProjGroupId": "TM"},
        "project": {"ProjId": "P-1"},
    }
    rows = [{**profile_row(), **scopes[name], "ProfileName": name} for name in profiles]
    found = make_setup(*rows).revenue_profile(TIME_AND_MATERIAL, PROJECT, "C-1")
    assert not isinstance(found, Problem)
    assert found.profile == expected


def test_a_project_without_a_group_takes_the_contract_profile() -> None:
    setup = make_setup({**profile_row(ProjInvoiceProjId="C-1"), **ACCRUES_ALL, "ProfileName": "contract"})
    found = setup.revenue_profile(TIME_AND_MATERIAL, PROJECT.changed(group=None), "C-1")
    assert not isinstance(found, Problem)
    assert found.profile == "contract"


def test_no_revenue_profile_is_a_problem() -> None:
    found = make_setup(without="ProjRevenueProfile").revenue_profile(TIME_AND_MATERIAL, PROJECT, "C-1")
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (ReasonCode.REVENUE_PROFILE_MISSING, ("P-1", "C-1"))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        # in order of appearance the weaker ones first: the last one wins
        (("all",), "all"),
        (("all", "category"), "category"),
        (("all", "category", "group"), "group"),
        (("all", "category", "group", "group and category"), "group and category"),
        (("all", "category", "group", "group and category", "project"), "project"),
        (("all", "category", "group", "project", "project and category"), "project and category"),
    ],
)
def test_the_most_specific_account_wins(places: tuple[str, ...], expected: str) -> None:
    columns = {
        "all": {},
        "category": {"CategoryId": "FEE"},
        "group": {"ProjGroupId": "TM"},
        "group and category": {"ProjGroupId": "TM", "CategoryId": "FEE"},
        "project": {"ProjId": "P-1"},
        "project and category": {"ProjId": "P-1", "CategoryId": "FEE"},
    }
    setup = make_setup(*(account_row(126, place, **columns[place]) for place in places), without="ProjPosting")
    found = setup.account(PostingType.INVOICED_REVENUE, PROJECT, "FEE")
    assert not isinstance(found, Problem)
    assert found.main_account == expected


def test_a_missing_account_names_type_project_and_category() -> None:
    found = make_setup(without="ProjPosting").account(PostingType.WIP_SALES_VALUE, PROJECT, "LABOR")
    assert isinstance(found, Problem)
    assert found.code is ReasonCode.POSTING_ACCOUNT_MISSING
    assert found.sentence == (
        "Posting type 129 (WIP sales value) has no main account for P-1, LABOR in usmf; add a ProjPosting"
    )


@pytest.mark.parametrize(
    ("category", "transaction_class", "expected"),
    [
        (None, TransactionClass.TIME, "LABOR"),
        (None, TransactionClass.EXPENSE, "TRAVEL"),
        (None, TransactionClass.MATERIAL, "MATERIAL"),
        (None, TransactionClass.FEE, "FEE"),
        (None, TransactionClass.MILESTONE, "MILESTONE"),
        ("LABOR", TransactionClass.TIME, "LABOR"),
        ("TRAVEL", TransactionClass.TIME, None),
        ("UNKNOWN", TransactionClass.TIME, None),
    ],
)
def test_a_category_is_the_actuals_own_or_the_default_of_its_class(
    category: str | None, transaction_class: TransactionClass, expected: str | None
) -> None:
    found = make_setup().category(category, transaction_class)
    if expected is None:
        assert isinstance(found, Problem)
        assert (found.code, found.ids) == (ReasonCode.CATEGORY_MISSING, (category,))
    else:
        assert not isinstance(found, Problem)
        assert found.category == expected


def test_no_category_and_no_default_is_a_problem() -> None:
    found = make_setup(TimeCategory=None).category(None, TransactionClass.TIME)
    assert isinstance(found, Problem)
    assert found.sentence.startswith("Project category of Hour transactions without one is not set up in usmf")


@pytest.mark.parametrize(
    ("day", "percent"),
    [("2025-12-31", None), ("2026-01-01", "20"), ("2026-06-30", "20"), ("2026-07-01", None), ("2026-08-01", "25")],
)
def test_what_is_dated_counts_from_its_day_to_its_day(day: str, percent: str | None) -> None:
    first = {
        "Kind": "TaxData",
        "TaxCode": "V",
        "TaxFromDate": "2026-01-01",
        "TaxToDate": "2026-06-30",
        "TaxValue": "20",
    }
    second = {"Kind": "TaxData", "TaxCode": "V", "TaxFromDate": "2026-08-01", "TaxValue": "25"}
    found = valid_on(make_setup(second, first).tax_values["V"], date.fromisoformat(day))
    assert (found.percent if found else None) == (Decimal(percent) if percent else None)
