"""Decimal in, Decimal out: the one door to numbers, and the one place that rounds.

Amounts are Decimal with their currency beside them and are stored as plain decimal text. Rounding is half away from
zero to the currency's minor units (Project Operations documentation, currency precision; ISO 4217 gives the units).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from functools import reduce
from types import MappingProxyType

# digits that any stored number may have: a quantity of 10**400 is refused, not stored
DIGITS_MAX = 28
ZERO = Decimal(0)
MINOR_UNITS_DEFAULT = 2
# ISO 4217 currencies whose minor units are not two
MINOR_UNITS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0),
        **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    }
)
# nearly every number at rest: needs no other check
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,10})?")
# wide enough that no product of two stored numbers is rounded before round_amount says so
_WORKING = Context(prec=2 * DIGITS_MAX + 8, rounding=ROUND_HALF_UP)


# the smallest amount, by the decimals of a currency
_UNITS = tuple(Decimal(1).scaleb(-decimals) for decimals in range(max(MINOR_UNITS.values()) + 1))


def decimal_from(value: object) -> Decimal:
    """Make a Decimal of text, an integer or a Decimal.

    Raises:
        ValueError: not a finite number, a binary float (its cents are already lost), or more than 28 digits.
    """
    if type(value) is str and _PLAIN_NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be a decimal number as text, without binary floating point")
    if isinstance(value, str) and len(value) > DIGITS_MAX * 2:
        raise ValueError(f"must have at most {DIGITS_MAX} digits")
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        # Python reads 1_000 and digits of other scripts; no system that we load from means a number by them
        raise ValueError("must be a decimal number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("must be a decimal number") from None
    return _bounded(number)


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError("must be a finite number")
    _, digits, exponent = number.as_tuple()
    if len(digits) > DIGITS_MAX or not -DIGITS_MAX <= int(exponent) <= DIGITS_MAX or number.adjusted() >= DIGITS_MAX:
        raise ValueError(f"must have at most {DIGITS_MAX} digits")
    return number


def plain_text(number: Decimal) -> str:
    """Write a number as plain decimal text: no exponent, no negative zero, cents kept as they are."""
    return format(abs(number) if number.is_zero() else number, "f")


def minor_units(currency: str) -> int:
    """Tell how many decimals amounts of the ISO currency have."""
    return MINOR_UNITS.get(currency, MINOR_UNITS_DEFAULT)


def round_amount(number: Decimal, currency: str) -> Decimal:
    """Round half away from zero to the currency's minor units: 265.957 USD is 265.96, -0.005 EUR is -0.01."""
    return number.quantize(_UNITS[minor_units(currency)], rounding=ROUND_HALF_UP, context=_WORKING)


def multiply(left: Decimal, right: Decimal, currency: str) -> Decimal:
    """Multiply (a quantity by a price, an amount by a rate) and round once, to the currency."""
    return round_amount(_WORKING.multiply(left, right), currency)


def multiply_alike(left: Decimal, right: Decimal, amounts: Iterable[Decimal]) -> Decimal:
    """Multiply and round once, to as many decimals as the finest of some amounts of the same currency has."""
    exponent = min(int(amount.as_tuple().exponent) for amount in amounts)
    with localcontext(_WORKING):
        return (left * right).quantize(Decimal(1).scaleb(exponent), rounding=ROUND_HALF_UP)


def percent_of(amount: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Take a percentage of an amount and round once: 25 % of 5,000.00 DKK is 1,250.00 DKK."""
    return portion(amount, percent, minor_units(currency))


def portion(amount: Decimal, percent: Decimal, places: int) -> Decimal:
    """Take a percentage of an amount or a quantity and round once, half away from zero, to so many decimals."""
    with localcontext(_WORKING):
        return (amount * percent.scaleb(-2)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def prorated(number: Decimal, part: Decimal, whole: Decimal, places: int) -> Decimal:
    """Take as much of a number as a part is of a whole, and round once to so many decimals."""
    with localcontext(_WORKING):
        return (number * part / whole).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def prorated_alike(number: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Take as much of a number as a part is of a whole, and round once to as many decimals as the finest has."""
    exponent = min(int(each.as_tuple().exponent) for each in (number, part, whole))
    return prorated(number, part, whole, -exponent)


def percentage(part: Decimal, whole: Decimal) -> Decimal:
    """Tell what percentage a part is of a whole, to two decimals; of nothing it is zero."""
    if not whole:
        return ZERO
    with localcontext(_WORKING):
        return (part.scaleb(2) / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def total(numbers: Iterable[Decimal]) -> Decimal:
    """Add numbers of one currency; nothing at all is zero."""
    return reduce(_WORKING.add, numbers, ZERO)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency. Adding two currencies raises."""

    # rounded to the currency's minor units by whoever made it
    amount: Decimal
    # ISO 4217 code
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Add money of the same currency."""
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(total((self.amount, other.amount)), self.currency)

    def __neg__(self) -> "Money":
        """Turn the sign."""
        return Money(-self.amount, self.currency)
