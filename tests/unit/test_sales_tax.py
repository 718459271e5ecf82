"""Sales tax: the group by the company's method, the codes that both groups share, each rounded for itself."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.finance_parties import Parties
from domain.sales_tax import LineTax, TaxGroups, line_taxes, sales_tax_group
from domain.setup import LegalEntitySetup
from tests.finance_builders import CONTRACT, CUSTOMER, PROJECT, make_setup, tax_rows

DAY = date(2026, 8, 27)
ONE = Decimal(1)


def taxes(
    setup: LegalEntitySetup,
    amount: str,
    currency: str = "USD",
    rate: str = "1",
    groups: tuple[str | None, str | None] = ("DOM", "FULL"),
) -> tuple[LineTax, ...]:
    found = line_taxes(setup, TaxGroups(*groups), DAY, Decimal(amount), currency, Decimal(rate))
    assert not isinstance(found, Problem), found
    return found


def two_codes(state: str, city: str) -> LegalEntitySetup:
    return make_setup(
        {"Kind": "TaxData", "TaxCode": "STATE", "TaxFromDate": "2026-01-01", "TaxValue": state},
        {"Kind": "TaxData", "TaxCode": "CITY", "TaxFromDate": "2026-01-01", "TaxValue": city},
        {"Kind": "TaxGroupHeading", "TaxGroup": "DOM", "TaxCodes": ["STATE", "CITY", "EXPORT"]},
        {"Kind": "TaxItemGroupHeading", "TaxItemGroup": "FULL", "TaxCodes": ["CITY", "STATE", "FOOD"]},
        {"Kind": "TaxItemGroupHeading", "TaxItemGroup": "SERVICE", "TaxCodes": ["CITY"]},
        {"Kind": "TaxItemGroupHeading", "TaxItemGroup": "FREE"},
    )


@pytest.mark.parametrize(
    ("method", "project", "contract", "customer", "expected"),
    [
        ("Project", "P", "K", "C", "P"),
        ("Project", None, "K", "C", None),
        ("InvoiceProject", "P", "K", "C", "K"),
        ("InvoiceProject", "P", None, "C", None),
        ("AccountReceivable", "P", "K", "C", "C"),
        ("AccountReceivable", "P", "K", None, None),
        ("Search", "P", "K", "C", "P"),
        ("Search", None, "K", "C", "K"),
        ("Search", None, None, "C", "C"),
        ("Search", None, None, None, None),
    ],
)
def test_the_sales_tax_group_comes_from(
    method: str, project: str | None, contract: str | None, customer: str | None, expected: str | None
) -> None:
    parties = Parties(
        PROJECT.changed(tax_group=project), CONTRACT.changed(tax_group=contract), CUSTOMER.changed(tax_group=customer)
    )
    assert sales_tax_group(make_setup(TaxGroupMethod=method), parties) == expected


def test_what_finance_does_not_know_has_no_group() -> None:
    assert sales_tax_group(make_setup(), Parties()) is None


def test_twenty_five_per_cent_of_the_danish_milestone() -> None:
    setup = make_setup(*tax_rows("25"), currency="DKK")
    assert taxes(setup, "5000", "DKK") == (
        LineTax("VAT", "DOM", "FULL", Decimal(25), Decimal(5000), Decimal(1250), Decimal(5000), Decimal(1250)),
    )


@pytest.mark.parametrize(
    ("amount", "percent", "tax"),
    [
        ("0.10", "25", "0.03"),  # 0.025 is rounded away from zero
        ("-0.10", "25", "-0.03"),
        ("99.99", "20", "20.00"),
        ("297.00", "6.5", "19.31"),
        ("100", "0", "0.00"),
        ("-1600", "6.5", "-104.00"),
    ],
)
def test_tax_is_rounded_half_away_from_zero(amount: str, percent: str, tax: str) -> None:
    (found,) = taxes(make_setup(*tax_rows(percent)), amount)
    assert str(found.tax) == tax


def test_each_code_is_rounded_for_itself_and_then_added() -> None:
    # 10.10 at 2.5 % is 0.2525, twice; 5 % at once would be 0.505 and round to 0.51
    found = taxes(two_codes("2.5", "2.5"), "10.10")
    assert [(tax.code, str(tax.tax)) for tax in found] == [("CITY", "0.25"), ("STATE", "0.25")]


@pytest.mark.parametrize(
    ("groups", "codes"),
    [
        (("DOM", "FULL"), ["CITY", "STATE"]),
        (("DOM", "SERVICE"), ["CITY"]),
        (("DOM", "FREE"), []),
        (("DOM", None), []),
        ((None, "FULL"), []),
        ((None, None), []),
    ],
)
def test_a_code_counts_when_both_groups_have_it(groups: tuple[str | None, str | None], codes: list[str]) -> None:
    assert [tax.code for tax in taxes(two_codes("6", "1"), "100", groups=groups)] == codes


def test_tax_in_the_accounting_currency_is_the_rounded_tax_at_the_rate() -> None:
    # 20 % of 33.33 GBP is 6.67; at 1.25 that is 8.3375, so 8.34
    (found,) = taxes(make_setup(*tax_rows("20")), "33.33", "GBP", "1.25")
    assert (str(found.tax), str(found.accounting_tax), str(found.accounting_base)) == ("6.67", "8.34", "41.66")


def test_the_percentage_is_the_one_of_the_tax_date() -> None:
    changed = {"Kind": "TaxData", "TaxCode": "VAT", "TaxFromDate": "2026-08-01", "TaxValue": "30"}
    setup = make_setup(*tax_rows("25"), changed)
    groups = TaxGroups("DOM", "FULL")
    percents = []
    for day in (date(2026, 7, 31), date(2026, 8, 1)):
        found = line_taxes(setup, groups, day, Decimal(100), "USD", ONE)
        assert not isinstance(found, Problem)
        percents.append(found[0].percent)
    assert percents == [25, 30]


@pytest.mark.parametrize(
    ("groups", "day", "about"),
    [
        (("DOM", "FULL"), date(2019, 12, 31), "Sales tax code VAT has no percentage on 2019-12-31"),
        (("DMO", "FULL"), DAY, "Sales tax group DMO is not set up"),
        (("DOM", "FUL"), DAY, "Item sales tax group FUL is not set up"),
    ],
)
def test_what_is_missing_is_named(groups: tuple[str, str], day: date, about: str) -> None:
    found = line_taxes(make_setup(*tax_rows("25")), TaxGroups(*groups), day, Decimal(100), "USD", ONE)
    assert isinstance(found, Problem)
    assert found.code is ReasonCode.SALES_TAX_CODE_MISSING
    assert found.sentence.startswith(about)
