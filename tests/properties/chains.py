"""What actuals come to together: quantity, amount, discount and fee."""

from collections.abc import Iterable
from decimal import Decimal

from domain.actuals import Actual
from domain.discount_fee import NAMES, net_of
from domain.money import ZERO
from domain.option_sets import BillingType

VALUES = ("quantity", "amount", *NAMES)


def values(actual: Actual) -> tuple[Decimal | None, ...]:
    """Quantity, amount, discount and fee of an actual."""
    return tuple(getattr(actual, name) for name in VALUES)


def left_over(chain: Iterable[Actual]) -> list[str]:
    """Name what does not come to nothing over a chain."""
    rows = [values(actual) for actual in chain]
    sums = (sum((value or ZERO for value in column), ZERO) for column in zip(*rows, strict=True))
    return [name for name, left in zip(VALUES, sums, strict=False) if left]


def asked_for(billed: Iterable[Actual]) -> Decimal:
    """What billed sales ask the customer for, without tax."""
    return sum((net_of(each) for each in billed if each.billing_type == BillingType.CHARGEABLE), ZERO)
