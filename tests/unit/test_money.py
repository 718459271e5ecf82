"""Money: one door in, one rounding place, no binary floating point."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import Money, decimal_from, minor_units, multiply, percent_of, plain_text, round_amount, total

few_examples = settings(max_examples=200, derandomize=True, deadline=None, database=None)
amounts = st.decimals(min_value=-(10**15), max_value=10**15, places=4, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("number", "currency", "rounded"),
    [
        ("265.957", "USD", "265.96"),
        ("-0.005", "EUR", "-0.01"),
        ("0.005", "EUR", "0.01"),
        ("2.675", "DKK", "2.68"),
        ("-2.675", "DKK", "-2.68"),
        ("1.2345", "KWD", "1.235"),
        ("1234.5", "JPY", "1235"),
        ("-1234.5", "JPY", "-1235"),
        ("100", "XXX", "100.00"),
    ],
)
def test_halves_go_away_from_zero_to_the_minor_unit(number: str, currency: str, rounded: str) -> None:
    assert plain_text(round_amount(Decimal(number), currency)) == rounded


def test_currencies_have_their_own_minor_units() -> None:
    assert [minor_units(currency) for currency in ("USD", "JPY", "BHD", "EUR")] == [2, 0, 3, 2]


def test_a_product_is_rounded_once() -> None:
    # 13.3333 x 19.99 is 266.532667; rounding the quantity first would give 266.47
    assert multiply(Decimal("13.3333"), Decimal("19.99"), "USD") == Decimal("266.53")
    assert percent_of(Decimal("5000.00"), Decimal(25), "DKK") == Decimal("1250.00")
    assert percent_of(Decimal("0.03"), Decimal("16.6667"), "EUR") == Decimal("0.01")


def test_products_of_the_longest_numbers_are_exact_before_rounding() -> None:
    long = Decimal("9" * 26 + ".99")
    assert multiply(long, Decimal("1.0000000001"), "USD") == Decimal("100000000009999999999999999.99")


@pytest.mark.parametrize("text", ["0", "1", "-1", "0.10", "100.00", "1234567890123456789012345.678", "1E+3", "5e-3"])
def test_plain_text_has_no_exponent(text: str) -> None:
    number = decimal_from(text)
    assert "e" not in plain_text(number).lower()
    assert decimal_from(plain_text(number)) == number


def test_cents_are_kept_and_there_is_no_negative_zero() -> None:
    assert [plain_text(decimal_from(text)) for text in ("100.00", "-0.00", "-0", "0.50")] == [
        "100.00",
        "0.00",
        "0",
        "0.50",
    ]


NOT_NUMBERS = (
    1.5,
    True,
    None,
    b"1",
    "",
    "abc",
    "1,000.00",
    "1_000",
    "٣",
    "NaN",
    "-sNaN",
    "Infinity",
    "1e400",
    "1e-400",
)


@pytest.mark.parametrize("value", [*NOT_NUMBERS, "9" * 29, "9" * 10_000, 10**400])
def test_what_is_not_a_number_of_28_digits_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        decimal_from(value)


def test_nothing_added_up_is_zero() -> None:
    assert total([]) == 0
    assert total([Decimal("0.1")] * 3) == Decimal("0.3")


def test_money_adds_in_one_currency_only() -> None:
    assert Money(Decimal("1.10"), "EUR") + -Money(Decimal("0.20"), "EUR") == Money(Decimal("0.90"), "EUR")
    with pytest.raises(ValueError, match="cannot add USD to EUR"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


@few_examples
@given(amounts, st.sampled_from(["USD", "JPY", "KWD"]))
def test_rounding_is_symmetric_settled_and_near(number: Decimal, currency: str) -> None:
    rounded = round_amount(number, currency)
    assert round_amount(-number, currency) == -rounded
    assert round_amount(rounded, currency) == rounded
    assert abs(rounded - number) * 2 <= Decimal(1).scaleb(-minor_units(currency))


@few_examples
@given(st.lists(amounts, max_size=50))
def test_a_total_does_not_depend_on_the_order(numbers: list[Decimal]) -> None:
    assert total(numbers) == total(reversed(numbers)) == total(sorted(numbers))


@few_examples
@given(amounts)
def test_a_number_survives_being_written(number: Decimal) -> None:
    assert decimal_from(plain_text(number)) == number
