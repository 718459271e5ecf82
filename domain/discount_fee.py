"""Discount and fee of a sale: what they are of its amount, and what of them belongs to a part of it.

Project Operations documentation, manage-discount-fee-calculations: percentages of a time-and-material contract line
make amounts on the actual and on the line detail; the extended amount is amount less discount plus fee. Both have the
sign of the amount and are never more than it. No value: there is none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from domain.money import ZERO, percent_of, prorated_alike, round_amount, total

NAMES = ("discount", "fee")


class Shared(Protocol):
    """A row that may have a discount and a fee."""

    @property
    def discount(self) -> Decimal | None:
        """What is taken off; None: nothing."""
        ...

    @property
    def fee(self) -> Decimal | None:
        """What is added; None: nothing."""
        ...


class Charged(Shared, Protocol):
    """A row with an amount that a discount reduces and a fee increases."""

    @property
    def amount(self) -> Decimal:
        """Before discount and fee."""
        ...


@dataclass(frozen=True, slots=True)
class Percents:
    """What a contract line takes off and adds, percent; None: nothing."""

    discount: Decimal | None = None
    fee: Decimal | None = None

    def of(self, amount: Decimal, currency: str) -> Mapping[str, Decimal | None]:
        """Calculate discount and fee of an amount, each rounded once to the currency (ISO code)."""
        both = ((name, getattr(self, name)) for name in NAMES)
        return {name: percent_of(amount, percent, currency) or None if percent else None for name, percent in both}


class Worth(NamedTuple):
    """What a row is worth, in money that is rounded to its currency."""

    amount: Decimal
    discount: Decimal
    fee: Decimal

    @property
    def net(self) -> Decimal:
        """What the customer is asked for, without tax."""
        return total((self.amount, -self.discount, self.fee))

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing at all stands here; a discount of the whole amount is not nothing."""
        return not any(self)


NOTHING = Worth(ZERO, ZERO, ZERO)


def net_of(row: Charged) -> Decimal:
    """Give amount less discount plus fee: 1,600 less 160 plus 32 is 1,472."""
    if row.discount is None and row.fee is None:
        return row.amount
    return total((row.amount, -(row.discount or ZERO), row.fee or ZERO))


def worth_of(row: Charged, currency: str) -> Worth:
    """Round amount, discount and fee, each for itself, to the currency (ISO code)."""
    parts = (row.amount, row.discount or ZERO, row.fee or ZERO)
    return Worth(*(round_amount(part, currency) for part in parts))


def has_any(row: Shared) -> bool:
    """Tell whether a row has a discount or a fee."""
    return bool(row.discount or row.fee)


def turned(row: Shared) -> Mapping[str, Decimal | None]:
    """Give discount and fee of what takes a row back."""
    return {name: None if (value := getattr(row, name)) is None else -value for name in NAMES}


def shares(row: Charged, amount: Decimal) -> Mapping[str, Decimal | None]:
    """Give discount and fee of a part of a row, or of more than it: in proportion to the amounts, each rounded once."""
    return {name: _share(getattr(row, name), amount, row.amount) for name in NAMES}


def rests(row: Shared, part: Shared) -> Mapping[str, Decimal | None]:
    """Give what is left of a row's discount and fee beside a part of it, so that no cent is lost."""
    return {name: (getattr(row, name) or ZERO) - (getattr(part, name) or ZERO) or None for name in NAMES}


def out_of_bounds(row: Charged) -> Iterator[str]:
    """Name what can't be: discount or fee of the other sign than the amount, or more than it."""
    return (name for name in NAMES if not _fits(getattr(row, name) or ZERO, row.amount))


def _fits(part: Decimal, amount: Decimal) -> bool:
    return ZERO <= part <= amount if amount >= ZERO else amount <= part <= ZERO


def _share(part: Decimal | None, amount: Decimal, whole: Decimal) -> Decimal | None:
    if not part or not amount or not whole:
        return None
    return prorated_alike(part, amount, whole) or None
