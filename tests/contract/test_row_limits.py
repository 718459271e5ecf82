"""What no RowStore takes, in memory or in Azure, whatever the emulator would have let through."""

from collections.abc import Callable

import pytest

from domain.errors import LimitExceeded
from domain.limits import TEXT_UNITS_MAX
from domain.option_sets import BillingType, FinanceTransactionType
from domain.ports import RowStore
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, Value
from domain.tables import Table

TABLE = Table.DATAVERSE_ACTUALS
type MakeKey = Callable[[object], str]


def is_empty(store: RowStore, partition: str) -> bool:
    return list(store.read_pages(TABLE, partition)) == []


WRONG_COLUMNS: tuple[tuple[str, dict[str, object]], ...] = (
    ("252", {f"c{number}": "" for number in range(253)}),
    ("1,048,576", {f"c{number}": "x" * TEXT_UNITS_MAX for number in range(17)}),
    ("32,767", {"text": "x" * (TEXT_UNITS_MAX + 1)}),
    ("32,767", {"text": "\U0001f600" * 16_384}),
    ("32 bits", {"number": 2**31}),
    ("32 bits", {"number": -(2**31) - 1}),
    ("float", {"amount": 1.5}),
    ("BillingType", {"type": BillingType.CHARGEABLE}),
    ("FinanceTransactionType", {"type": FinanceTransactionType.COST}),
    ("lone surrogate", {"text": "\ud800"}),
    ("name", {"with space": ""}),
    ("name", {"1st": ""}),
    ("name", {"odata.etag": ""}),
    ("name", {"x" * 256: ""}),
    ("storage's own", {"Timestamp": ""}),
)


@pytest.mark.parametrize(("told", "columns"), WRONG_COLUMNS)
def test_columns_over_a_limit_are_refused(
    store: RowStore, partition: str, row: MakeKey, told: str, columns: dict[str, Value]
) -> None:
    operations: tuple[Operation, ...] = (
        Insert(row(1), columns),
        Replace(row(1), columns, "etag"),
        Merge(row(1), columns),
    )
    for operation in operations:
        with pytest.raises(LimitExceeded, match=told) as caught:
            store.write(TABLE, partition, [operation])
        assert TABLE in str(caught.value)
        assert partition in str(caught.value)
    assert is_empty(store, partition)


@pytest.mark.parametrize(
    "bad", ["", "a/b", "a\\b", "a#b", "a?b", "a\tb", "a\x1fb", "a\x7fb", "a\x85b", "x" * 513, "\ud800"]
)
def test_keys_that_the_storage_cannot_have_are_refused(store: RowStore, partition: str, row: MakeKey, bad: str) -> None:
    for document, key in ((bad, row(1)), (partition, bad)):
        for operation in (Insert(key, {}), Merge(key, {}), Delete(key)):
            with pytest.raises(LimitExceeded, match=TABLE):
                store.write(TABLE, document, [operation])
        with pytest.raises(LimitExceeded, match=TABLE):
            store.find(TABLE, RowKey(document, key))


def test_keys_of_one_kibibyte_are_taken(store: RowStore, partition: str, row: MakeKey) -> None:
    document = partition.ljust(512, "p")
    key = row(1).ljust(512, "é")
    store.write(TABLE, document, [Insert(key, {"a": "1"}), Insert(row(2), {})])
    found = store.find(TABLE, RowKey(document, key))
    assert found is not None
    assert found.columns == {"a": "1"}


def test_a_transaction_over_a_limit_is_refused(store: RowStore, partition: str, row: MakeKey) -> None:
    heavy: dict[str, Value] = {f"c{number}": "x" * TEXT_UNITS_MAX for number in range(10)}
    refused: tuple[tuple[str, list[Operation]], ...] = (
        ("not 0", []),
        ("not 101", [Insert(row(number), {}) for number in range(101)]),
        ("stands twice", [Insert(row(1), {}), Merge(row(1), {"a": "1"})]),
        ("4,194,304", [Insert(row(number), heavy) for number in range(13)]),
    )
    for told, operations in refused:
        with pytest.raises(LimitExceeded, match=told):
            store.write(TABLE, partition, operations)
    assert is_empty(store, partition)
    store.write(TABLE, partition, [Insert(row(number), heavy) for number in range(12)])
    assert sum(len(page) for page in store.read_pages(TABLE, partition, columns=("c0",))) == 12
