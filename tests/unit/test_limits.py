"""The limits of the storage, at their edges; the contract suite shows that both stores refuse the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import LimitExceeded
from domain.limits import (
    COLUMNS_MAX,
    KEY_UNITS_MAX,
    MESSAGE_BYTES_MAX,
    ROW_BYTES_MAX,
    TEXT_UNITS_MAX,
    check_columns,
    check_delay,
    check_key,
    check_message,
    check_operation,
    check_transaction,
    key_order,
)
from domain.option_sets import TransactionClass
from domain.rows import Delete, Insert, Merge, RowKey, Value
from domain.tables import Table

TABLE = Table.DATAVERSE_ACTUALS
KEY = RowKey("contract", "2026-08-27|actual")


def test_what_fits_exactly_is_taken() -> None:
    assert check_columns(TABLE, KEY, {f"c{number}": "" for number in range(COLUMNS_MAX)}) > 0
    assert check_columns(TABLE, KEY, {"text": "x" * TEXT_UNITS_MAX}) > TEXT_UNITS_MAX
    assert check_columns(TABLE, KEY, {"c" * 255: 2**31 - 1, "low": -(2**31), "yes": True}) > 0
    check_key(TABLE, RowKey("p" * KEY_UNITS_MAX, "\U0001f600" * (KEY_UNITS_MAX // 2)))
    check_transaction(TABLE, "contract", [Insert(f"{number}", {}) for number in range(100)])
    check_message("confirm-invoice", "invoice", "x" * MESSAGE_BYTES_MAX)
    check_delay(0)


def test_a_row_is_weighed_by_the_platforms_formula() -> None:
    # 4 a row, 34 the Timestamp column, 2 a key character; 8 a column, 2 a name character, 4 a text and 2 its character
    fixed = 4 + 34 + 2 * len("contract") + 2 * len("2026-08-27|actual")
    full = 8 + 2 * len("c00") + 4 + 2 * TEXT_UNITS_MAX
    rest = (ROW_BYTES_MAX - fixed - 15 * full - 8 - 2 * len("last") - 4) // 2
    columns: dict[str, Value] = {f"c{number:02}": "x" * TEXT_UNITS_MAX for number in range(15)}
    check_columns(TABLE, KEY, columns | {"last": "x" * rest})
    with pytest.raises(LimitExceeded, match=r"1,048,57[78] bytes, over 1,048,576; split it"):
        check_columns(TABLE, KEY, columns | {"last": "x" * (rest + 1)})


def test_none_is_not_counted_because_it_is_not_sent() -> None:
    empty: dict[str, Value] = {f"c{number}": None for number in range(300)}
    assert check_columns(TABLE, KEY, empty) == 0
    # but a merge sends empty text for it
    with pytest.raises(LimitExceeded, match="300 columns, over 252"):
        check_operation(TABLE, KEY.partition, Merge(KEY.row, empty))


def test_a_refusal_tells_table_key_limit_and_way_out() -> None:
    with pytest.raises(LimitExceeded) as caught:
        check_transaction(TABLE, KEY.partition, [Insert(KEY.row, {"msdyn_description": "x" * 40_000})])
    assert str(caught.value) == (
        "DataverseActuals 'contract/2026-08-27|actual': "
        "the row has 40,000 UTF-16 units in column msdyn_description, over 32,767; shorten it"
    )


def test_a_huge_key_is_not_told_in_full() -> None:
    with pytest.raises(LimitExceeded) as caught:
        check_key(TABLE, RowKey("p" * 100_000, "row"))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [1.5, b"bytes", TransactionClass.TIME, ("a",), {"a": "b"}])
def test_only_plain_values_are_stored(value: object) -> None:
    columns: dict[str, Value] = {"column": value}  # type: ignore[dict-item]  # what a caller without types would pass
    with pytest.raises(LimitExceeded, match=f"{type(value).__name__} in column column; only plain text"):
        check_columns(TABLE, KEY, columns)


def test_truth_values_are_plain_although_they_are_integers() -> None:
    assert check_columns(TABLE, KEY, {"yes": True, "no": False}) > 0


def test_a_delete_weighs_only_its_key() -> None:
    assert (
        0
        < check_operation(TABLE, KEY.partition, Delete(KEY.row))
        < check_operation(TABLE, KEY.partition, Insert(KEY.row, {"a": "1"}))
    )


@pytest.mark.parametrize("operations", [[], [Insert(f"{number}", {}) for number in range(101)]])
def test_a_transaction_has_one_to_a_hundred_operations(operations: list[Insert]) -> None:
    with pytest.raises(LimitExceeded, match=f"1 to 100 operations, not {len(operations)}; save them in several"):
        check_transaction(TABLE, "contract", operations)


def test_a_message_is_measured_in_bytes() -> None:
    with pytest.raises(LimitExceeded, match="confirm-invoice of i-1: a message of 49,154 bytes"):
        check_message("confirm-invoice", "i-1", "é" * (MESSAGE_BYTES_MAX // 2 + 1))


def test_keys_sort_by_utf_16_units() -> None:
    assert sorted(["\uffee", "\U0001f600", "b", "B", "1"], key=key_order) == ["1", "B", "b", "\U0001f600", "\uffee"]


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True).filter(lambda name: name != "none"),
        st.one_of(st.text(max_size=30), st.booleans(), st.integers(-(2**31), 2**31 - 1)),
    )
)
def test_rows_measured_together_and_one_by_one_weigh_the_same(columns: dict[str, Value]) -> None:
    # a column without a value weighs nothing, and is why the others are looked at one by one
    assert check_columns(TABLE, KEY, columns) == check_columns(TABLE, KEY, {**columns, "none": None})


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, "x" * (TEXT_UNITS_MAX + 1), 1.5, "\ud800"])
def test_one_wrong_value_among_good_ones_is_refused(value: object) -> None:
    columns: dict[str, Value] = {"good": "text", "wrong": value, "number": 1}  # type: ignore[dict-item]
    with pytest.raises(LimitExceeded, match="in column wrong"):
        check_columns(TABLE, KEY, columns)
