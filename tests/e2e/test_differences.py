"""What a failing comparison of tables says."""

from tests.e2e.differences import differences
from tests.line import Snapshot

EXPECTED: Snapshot = {
    "Invoices": {"a/1": {"Number": "1"}, "a/2": {"Number": "2", "Tax": ""}},
    "Lines": {"a/1": {"Text": "x"}},
}


def test_the_same_tables_have_no_difference() -> None:
    assert differences(EXPECTED, {**EXPECTED}) == []


def test_a_difference_names_table_row_and_column() -> None:
    found: Snapshot = {"Invoices": {"a/2": {"Number": 2}, "a/3": {}}, "Lines": {"a/1": {"Text": "x"}}}
    assert differences(EXPECTED, found) == [
        "Invoices: 3 of 2 rows differ",
        "  - a/1",
        "  ~ a/2: Number 2 instead of '2'; Tax absent instead of ''",
        "  + a/3",
    ]


def test_a_table_that_is_missing_differs_in_every_row() -> None:
    assert differences(EXPECTED, {"Lines": EXPECTED["Lines"]}) == ["Invoices: 2 of 2 rows differ", "  - a/1", "  - a/2"]
