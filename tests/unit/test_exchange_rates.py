"""Exchange rates: a contract's fixed agreement before the ledger's rate of the day; cost never has the agreement."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.exchange_rates import Rate, ledger_rate, sales_rate
from domain.money import multiply, round_amount, total
from tests.finance_builders import fixed_rate_row, make_setup, rate_row

# the market moves between 1.20 and 1.40
MARKET = (
    rate_row("GBP", "USD", "2026-01-01", "120"),
    rate_row("GBP", "USD", "2026-08-01", "128.4"),
    rate_row("GBP", "USD", "2026-09-01", "140"),
)
COHO = (*MARKET, fixed_rate_row("125"))


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        ("2026-01-01", "1.20"),
        ("2026-07-31", "1.20"),
        ("2026-08-01", "1.284"),
        ("2026-08-27", "1.284"),
        ("2026-09-30", "1.4"),
    ],
)
def test_the_ledgers_rate_is_the_one_valid_on_the_day(day: str, rate: str) -> None:
    assert ledger_rate(make_setup(*MARKET), "GBP", date.fromisoformat(day)) == Rate(Decimal(rate))


@pytest.mark.parametrize("day", ["2025-01-01", "2026-08-27", "2026-09-30"])
def test_a_fixed_agreement_counts_on_every_day(day: str) -> None:
    assert sales_rate(make_setup(*COHO), "C-1", "GBP", date.fromisoformat(day)) == Rate(Decimal("1.25"), fixed=True)


def test_a_fixed_agreement_counts_for_its_contract_its_currency_and_sales_alone() -> None:
    setup, day = make_setup(*COHO, rate_row("EUR", "USD", "2026-01-01", "108")), date(2026, 8, 27)
    assert sales_rate(setup, "C-2", "GBP", day) == Rate(Decimal("1.284"))
    assert sales_rate(setup, "C-1", "EUR", day) == Rate(Decimal("1.08"))
    assert ledger_rate(setup, "GBP", day) == Rate(Decimal("1.284"))


def test_the_accounting_currency_is_one_whatever_is_agreed() -> None:
    setup = make_setup(fixed_rate_row("125", currency="USD"))
    assert sales_rate(setup, "C-1", "USD", date(2026, 8, 27)) == Rate(Decimal(1))


@pytest.mark.parametrize(
    ("shown", "factor", "rate"),
    [("125", 100, "1.25"), ("1.25", 1, "1.25"), ("12.5", 10, "1.25"), ("872.5", 10000, "0.08725")],
)
def test_a_rate_is_shown_for_as_many_units_as_the_display_factor_says(shown: str, factor: int, rate: str) -> None:
    setup = make_setup({**fixed_rate_row(shown), "ExchangeRateDisplayFactor": factor})
    assert sales_rate(setup, "C-1", "GBP", date(2026, 8, 27)) == Rate(Decimal(rate), fixed=True)


def test_a_missing_rate_names_pair_day_and_what_to_enter() -> None:
    found = sales_rate(make_setup(*MARKET), "C-1", "GBP", date(2025, 12, 31))
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (ReasonCode.EXCHANGE_RATE_MISSING, ("GBP-USD", "2025-12-31"))
    assert found.sentence == (
        "No exchange rate GBP to USD is valid on 2025-12-31 in usmf;"
        " add an ExchangeRate of type Default from GBP to USD, valid from 2025-12-31 or earlier"
    )


def test_only_the_companys_type_of_rate_counts() -> None:
    setup = make_setup({**MARKET[0], "ExchangeRateType": "Budget"})
    assert isinstance(ledger_rate(setup, "GBP", date(2026, 8, 27)), Problem)


def test_g19a_the_forecast_of_seven_hours_at_the_fixed_rate() -> None:
    rate = sales_rate(make_setup(*COHO), "C-1", "GBP", date(2026, 8, 27))
    assert isinstance(rate, Rate)
    sales = multiply(Decimal(7), Decimal(250), "GBP")
    assert (sales, multiply(sales, rate.value, "USD")) == (Decimal("1750.00"), Decimal("2187.50"))


def test_g26_amounts_are_rounded_half_away_from_zero() -> None:
    # 160,000 JPY at 1/123 twice, 250 and 150 EUR at 1/0.94; rates as multipliers with ten digits
    jpy, eur = Decimal("0.0081300813"), Decimal("1.0638297872")
    amounts = ((160000, jpy), (160000, jpy), (250, eur), (150, eur))
    parts = [multiply(Decimal(amount), rate, "USD") for amount, rate in amounts]
    assert [str(part) for part in parts] == ["1300.81", "1300.81", "265.96", "159.57"]
    assert total(parts) == Decimal("3027.15")
    assert [str(round_amount(Decimal(text), "USD")) for text in ("0.005", "-0.005", "2.675")] == [
        "0.01",
        "-0.01",
        "2.68",
    ]
