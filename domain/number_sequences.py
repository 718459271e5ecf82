"""Number sequences without gaps: who got which number stands in the same transaction that took it.

One partition is one sequence. It holds the counter, one row for each document that got numbers, and one row for each
number that people search by. A document that asks again finds what it got.
"""

from pydantic import Field

from domain.record import KeyText, Record
from domain.rows import RowKey

FIRST_NUMBER = 1


class Counter(Record):
    """The next number of a sequence."""

    next: int = Field(alias="NextRec", ge=1)


class Allocation(Record):
    """The numbers that one document got: `count` of them from `first`."""

    document: KeyText = Field(alias="Document")
    first: int = Field(alias="First", ge=1)
    count: int = Field(alias="Count", ge=1)


class NumberOwner(Record):
    """Which document a number belongs to: how people find a document by its number."""

    number: KeyText = Field(alias="Number")
    document: KeyText = Field(alias="Document")


def counter_key(sequence: str) -> RowKey:
    """Locate the counter of a sequence."""
    return RowKey(sequence, f"next|{sequence}")


def allocation_key(sequence: str, document: str) -> RowKey:
    """Locate what a document got from a sequence."""
    return RowKey(sequence, f"document|{sequence}|{document}")


def owner_key(sequence: str, number: str) -> RowKey:
    """Locate the owner of a number."""
    return RowKey(sequence, f"number|{number}")


def formatted(pattern: str, number: int) -> str:
    """Write a number in the format of its sequence: `INV-######` and 12 give INV-000012.

    A number that has more digits than the format has places is written in full; a format without places ends with it.
    """
    head, hash_sign, rest = pattern.partition("#")
    tail = rest.lstrip("#")
    places = len(hash_sign) + len(rest) - len(tail)
    return f"{head}{number:0{places}d}{tail}"
