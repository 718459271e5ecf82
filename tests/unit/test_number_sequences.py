"""What numbers look like and where their rows stand."""

import pytest

from domain.errors import BadRow
from domain.number_sequences import Allocation, Counter, allocation_key, counter_key, formatted, owner_key


@pytest.mark.parametrize(
    ("pattern", "number", "text"),
    [
        ("PRO-######", 12, "PRO-000012"),
        ("PRO-######", 999_999, "PRO-999999"),
        ("PRO-######", 1_000_000, "PRO-1000000"),
        ("##/2026", 7, "07/2026"),
        ("INV", 7, "INV7"),
        ("", 7, "7"),
    ],
)
def test_a_number_is_written_in_its_format(pattern: str, number: int, text: str) -> None:
    assert formatted(pattern, number) == text


def test_all_rows_of_a_sequence_share_a_partition_and_none_shares_a_key() -> None:
    keys = [
        counter_key("usmf|invoice"),
        allocation_key("usmf|invoice", "a"),
        allocation_key("usmf|invoice", "b"),
        owner_key("usmf|invoice", "INV-1"),
    ]
    assert {key.partition for key in keys} == {"usmf|invoice"}
    assert len({key.row for key in keys}) == len(keys)
    assert counter_key("gbsi|invoice").row != counter_key("usmf|invoice").row


@pytest.mark.parametrize("columns", [{"NextRec": 0}, {"NextRec": "x"}, {}])
def test_a_spoilt_counter_is_refused_and_named(columns: dict[str, object]) -> None:
    with pytest.raises(BadRow, match="NextRec"):
        Counter.from_columns(columns)


def test_an_allocation_has_at_least_one_number() -> None:
    with pytest.raises(BadRow, match="Count"):
        Allocation.from_columns({"Document": "a", "First": 1, "Count": 0})
