"""What every RowStore does: run over the one in memory and, through both clients, over Table Storage as emulated."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from azure.data.tables import TableServiceClient

from domain.errors import AlreadyExists, ChangedMeanwhile, LimitExceeded, RowMissing, StoreError
from domain.limits import TEXT_UNITS_MAX, key_order
from domain.ports import RowStore
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow, Value
from domain.tables import Table
from tests.contract.conftest import AzureStoreUnderTest

TABLE = Table.DATAVERSE_ACTUALS
type MakeKey = Callable[[object], str]


def insert(store: RowStore, partition: str, rows: dict[str, dict[str, Value]]) -> None:
    operations = [Insert(row, columns) for row, columns in rows.items()]
    for start in range(0, len(operations), 100):
        store.write(TABLE, partition, operations[start : start + 100])


def read(store: RowStore, partition: str, **options: object) -> list[StoredRow]:
    pages = store.read_pages(TABLE, partition, **options)  # type: ignore[arg-type]  # options of one call, named there
    return [row for page in pages for row in page]


def columns_of(store: RowStore, partition: str, row: str) -> dict[str, Value]:
    found = store.find(TABLE, RowKey(partition, row))
    assert found is not None
    return dict(found.columns)


def test_what_is_inserted_is_found(store: RowStore, partition: str, row: MakeKey) -> None:
    columns: dict[str, Value] = {"text": "Ærø", "number": -(2**31), "high": 2**31 - 1, "yes": True, "no": False}
    insert(store, partition, {row(1): columns})
    found = store.find(TABLE, RowKey(partition, row(1)))
    assert found is not None
    assert found.key == (partition, row(1))
    assert found.columns == columns
    assert {name: type(value) for name, value in found.columns.items()} == {
        name: type(value) for name, value in columns.items()
    }
    assert found.etag
    assert found.changed_at is not None
    assert found.changed_at.utcoffset() is not None


def test_what_was_never_written_is_not_found(store: RowStore, partition: str, row: MakeKey) -> None:
    assert store.find(TABLE, RowKey(partition, row(1))) is None
    assert read(store, partition) == []
    assert list(store.read_pages(TABLE, partition)) == []


TEXTS = (
    "",
    " blank around ",
    "line\r\nbreak\ttab",
    "\x00\x01\x1f\x7f\x85",
    "quotes ' \" ` and \\ and / and <b>&amp;</b>",
    "日本語 Ελληνικά עברית",
    "\U0001f600 beyond the basic plane",
    "\u2028\ufffe\uffff",
    "2026-08-27T12:00:00Z",
    "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01",
    "100.00",
    "null",
    "x" * TEXT_UNITS_MAX,
    "\U0001f600" * (TEXT_UNITS_MAX // 2),
)


def test_texts_come_back_as_they_were(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(number): {"text": text} for number, text in enumerate(TEXTS)})
    assert [each.columns["text"] for each in read(store, partition)] == list(TEXTS)


ODD_KEYS = (
    "a'b", "a''b", "a b", "50%", "%2F", "%27", "a|b", "a+b", "a&b=c", "a;b", "a:b", "a,b", "(x)", '"q"', "@first",
    ".", "..", "~", "$batch", "é", "日本", "\U0001f600", "<x>", "{x}", "[x]", "^`",
)  # fmt: skip


def test_odd_keys_are_keys_like_others(store: RowStore, partition: str, row: MakeKey) -> None:
    for number, odd in enumerate(ODD_KEYS):
        document, key = f"{odd}{partition}", f"{odd}{row(number)}"
        store.write(TABLE, document, [Insert(key, {"text": odd})])
        store.write(TABLE, document, [Insert(f"{key}~", {}), Merge(key, {"more": "yes"})])
        assert columns_of(store, document, key) == {"text": odd, "more": "yes"}
        assert [each.key for each in read(store, document, first=key, last=key)] == [(document, key)]
        store.write(TABLE, document, [Delete(key)])
        assert store.find(TABLE, RowKey(document, key)) is None


def test_rows_come_in_order_of_their_utf_16_units(store: RowStore, partition: str) -> None:
    keys = [
        f"{first}{partition}" for first in ("b", "a", "B", "|", "~", "é", "\U0001f600", "\uffee", "1", "10", "2", "-")
    ]
    insert(store, partition, {key: {} for key in keys})
    ordered = [each.key.row for each in read(store, partition)]
    assert ordered == sorted(keys, key=key_order)
    # by code point these two would stand the other way round
    assert ordered.index(f"\U0001f600{partition}") < ordered.index(f"\uffee{partition}")


def test_a_range_includes_both_ends(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(number): {} for number in range(10)})

    def numbers(**options: object) -> list[int]:
        return [int(each.key.row[:5]) for each in read(store, partition, **options)]

    assert numbers(first=row(3), last=row(5)) == [3, 4, 5]
    assert numbers(first=row(8)) == [8, 9]
    assert numbers(last=row(1)) == [0, 1]
    assert numbers(first=row(5), last=row(4)) == []
    assert numbers(first="00003", last="00005") == [3, 4]


@pytest.mark.parametrize(("count", "sizes"), [(1000, [1000]), (1001, [1000, 1])])
def test_a_page_has_a_thousand_rows(
    store: RowStore, partition: str, row: MakeKey, count: int, sizes: list[int]
) -> None:
    insert(store, partition, {row(number): {"number": number} for number in range(count)})
    pages = list(store.read_pages(TABLE, partition, columns=("number",)))
    assert [len(page) for page in pages] == sizes
    assert [each.columns["number"] for page in pages for each in page] == list(range(count))


def test_pages_can_be_smaller_but_not_larger(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(number): {} for number in range(5)})
    assert [len(page) for page in store.read_pages(TABLE, partition, page_rows=2)] == [2, 2, 1]
    for wrong in (0, 1001):
        with pytest.raises(LimitExceeded, match="1 to 1000"):
            next(store.read_pages(TABLE, partition, page_rows=wrong))


def test_other_partitions_stay_out(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, f"{partition}0", {row("other"): {}})
    insert(store, partition, {row("mine"): {}})
    insert(store, f"{partition} ", {row("third"): {}})
    assert [each.key.row for each in read(store, partition)] == [row("mine")]


def test_only_the_named_columns_are_brought(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(1): {"a": "1", "b": 2, "c": True}, row(2): {"b": 3}})
    first, second = read(store, partition, columns=("c", "a"))
    assert first.columns == {"a": "1", "c": True}
    # a column that the row lacks is absent, and the row is there all the same
    assert second.columns == {}
    assert first.changed_at is not None
    whole = store.find(TABLE, first.key)
    assert whole is not None
    assert whole.etag == first.etag


def test_a_reader_cannot_change_what_is_stored(store: RowStore, partition: str, row: MakeKey) -> None:
    columns: dict[str, Value] = {"a": "1"}
    insert(store, partition, {row(1): columns})
    columns["a"] = "2"
    columns_of(store, partition, row(1))["a"] = "3"
    assert columns_of(store, partition, row(1)) == {"a": "1"}


def test_none_is_left_out_of_an_insert_and_a_replace(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(1): {"a": "1", "b": None, "c": ""}})
    found = store.find(TABLE, RowKey(partition, row(1)))
    assert found is not None
    assert found.columns == {"a": "1", "c": ""}
    store.write(TABLE, partition, [Replace(row(1), {"b": "2", "a": None}, found.etag)])
    assert columns_of(store, partition, row(1)) == {"b": "2"}


def test_none_in_a_merge_clears_the_column(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(1): {"a": "1", "b": 2, "kept": True}})
    store.write(TABLE, partition, [Merge(row(1), {"a": None, "b": 3, "c": "new", "d": None})])
    assert columns_of(store, partition, row(1)) == {"a": "", "b": 3, "kept": True, "c": "new", "d": ""}


def both(operation: Operation, row: MakeKey) -> Sequence[Sequence[Operation]]:
    """The operation alone and in a transaction: they go different ways and must mean the same."""
    return [operation], [Insert(row("beside"), {}), operation]


def test_an_insert_refuses_a_row_that_exists(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(1): {"a": "1"}})
    for operations in both(Insert(row(1), {"a": "1"}), row):
        with pytest.raises(AlreadyExists, match=partition):
            store.write(TABLE, partition, operations)
    assert [each.key.row for each in read(store, partition)] == [row(1)]


def test_what_changes_a_row_refuses_a_missing_one(store: RowStore, partition: str, row: MakeKey) -> None:
    etag = "W/\"datetime'2026-08-27T12%3A00%3A00.0000000Z'\""
    for operation in (
        Merge(row(1), {"a": "1"}),
        Merge(row(1), {"a": "1"}, etag),
        Replace(row(1), {"a": "1"}, etag),
        Delete(row(1)),
        Delete(row(1), etag),
    ):
        for operations in both(operation, row):
            with pytest.raises(RowMissing, match=partition):
                store.write(TABLE, partition, operations)
    assert read(store, partition) == []


def test_a_stale_version_is_refused_and_a_fresh_one_taken(store: RowStore, partition: str, row: MakeKey) -> None:
    key = RowKey(partition, row(1))
    insert(store, partition, {row(1): {"a": "1"}})
    stale = store.find(TABLE, key)
    store.write(TABLE, partition, [Merge(row(1), {"a": "2"})])
    fresh = store.find(TABLE, key)
    assert stale is not None
    assert fresh is not None
    assert stale.etag != fresh.etag
    merge, replace = Merge(row(1), {"a": "3"}, stale.etag), Replace(row(1), {"a": "3"}, stale.etag)
    for operation in (merge, replace, Delete(row(1), stale.etag)):
        for operations in both(operation, row):
            with pytest.raises(ChangedMeanwhile, match=partition):
                store.write(TABLE, partition, operations)
    assert [each.columns for each in read(store, partition)] == [{"a": "2"}]
    store.write(TABLE, partition, [Replace(row(1), {"a": "4"}, fresh.etag)])
    assert columns_of(store, partition, row(1)) == {"a": "4"}


def test_versions_work_inside_a_transaction(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(number): {"a": number} for number in range(4)})
    etags = [each.etag for each in read(store, partition)]
    store.write(
        TABLE,
        partition,
        [
            Merge(row(0), {"a": 10}, etags[0]),
            Replace(row(1), {"b": 11}, etags[1]),
            Delete(row(2), etags[2]),
            Delete(row(3)),
            Insert(row(4), {"a": 14}),
        ],
    )
    assert {each.key.row[:5]: each.columns for each in read(store, partition)} == {
        "00000": {"a": 10},
        "00001": {"b": 11},
        "00004": {"a": 14},
    }


def test_a_failed_transaction_leaves_nothing_behind(store: RowStore, partition: str, row: MakeKey) -> None:
    insert(store, partition, {row(1): {"a": "1"}, row(2): {"a": "2"}})
    before = read(store, partition)
    first, blamed, last = Insert(row(0), {}), Insert(row(2), {"a": "9"}), Insert(row(3), {})
    with pytest.raises(AlreadyExists) as caught:
        store.write(TABLE, partition, [first, Merge(row(1), {"a": "9"}), blamed, last])
    # the row that was to blame is named, not the first of the transaction
    assert row(2) in str(caught.value)
    assert read(store, partition) == before


def test_a_transaction_takes_a_hundred_operations(store: RowStore, partition: str, row: MakeKey) -> None:
    store.write(TABLE, partition, [Insert(row(number), {}) for number in range(100)])
    assert len(read(store, partition)) == 100


def test_of_fifty_racing_inserts_one_wins(store: RowStore, partition: str, row: MakeKey) -> None:
    barrier = Barrier(2)

    def compete(who: int) -> list[int]:
        won = []
        barrier.wait()
        for number in range(50):
            try:
                store.write(TABLE, partition, [Insert(row(number), {"who": who})])
            except AlreadyExists:
                continue
            won.append(number)
        return won

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(compete, (1, 2))
    assert sorted(first + second) == list(range(50))
    stands = {int(each.key.row[:5]): each.columns["who"] for each in read(store, partition)}
    assert stands == dict.fromkeys(first, 1) | dict.fromkeys(second, 2)


def test_of_racing_conditional_replaces_one_wins(store: RowStore, partition: str, row: MakeKey) -> None:
    for number in range(10):
        insert(store, partition, {row(number): {"who": 0}})
        found = store.find(TABLE, RowKey(partition, row(number)))
        assert found is not None
        barrier, etag = Barrier(2), found.etag

        def compete(who: int, barrier: Barrier = barrier, etag: str = etag, number: int = number) -> int:
            barrier.wait()
            try:
                store.write(TABLE, partition, [Replace(row(number), {"who": who}, etag)])
            except ChangedMeanwhile:
                return 0
            return who

        with ThreadPoolExecutor(2) as pool:
            won = sum(pool.map(compete, (1, 2)))
        # one of them and not both, which would be 3
        assert won in (1, 2)
        assert columns_of(store, partition, row(number)) == {"who": won}


def test_a_missing_table_is_named_with_the_way_out(
    table_store: AzureStoreUnderTest, tables: TableServiceClient, partition: str, row: MakeKey
) -> None:
    # only Azure can lack a table; in memory all of them exist
    missing = Table.DATAVERSE_CUSTOMER_INVOICES
    tables.delete_table(missing.value)
    key = RowKey(partition, row(1))
    store = table_store.store
    try:
        for call in (
            lambda: store.find(missing, key),
            lambda: list(store.read_pages(missing, partition)),
            lambda: store.write(missing, partition, [Insert(key.row, {})]),
            lambda: store.write(missing, partition, [Merge(key.row, {})]),
            lambda: store.write(missing, partition, [Delete(key.row)]),
            lambda: store.write(missing, partition, [Insert(key.row, {}), Insert(row(2), {})]),
        ):
            with pytest.raises(
                StoreError, match=r"DataverseCustomerInvoices.*does not exist.*ensure_storage"
            ) as caught:
                call()
            assert type(caught.value) is StoreError
            assert caught.value.__cause__ is not None
    finally:
        tables.create_table(missing.value)
