"""Amounts and counts as people read them."""

from decimal import Decimal

from domain.money import minor_units


def amount_text(amount: Decimal | int, currency: str) -> str:
    """Write an amount with its currency: `1,600.00 USD`; more digits than the currency has are shown, not rounded."""
    number = Decimal(amount)
    places = max(minor_units(currency), -int(number.normalize().as_tuple().exponent))
    return f"{number:,.{places}f} {currency}".rstrip()


def count_text(number: int, noun: str) -> str:
    """Write a count with its noun: `1 item`, `2 items`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
