"""The lean path and azure-data-tables over one account: what one writes the other reads, to the last byte."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import pytest
from azure.data.tables import EdmType, EntityProperty, TableServiceClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import StoreError
from domain.limits import INTEGER_MAX, INTEGER_MIN, TEXT_UNITS_MAX
from domain.ports import RowStore
from domain.rows import Columns, Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow, Value
from domain.tables import Table
from tests.contract.conftest import AzureStoreUnderTest

TABLE = Table.DATAVERSE_ACTUALS
# the emulator is asked for each example; what it takes depends on the machine
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = count()

letters = st.characters(codec="utf-8", exclude_characters="/\\#?", exclude_categories=("Cc", "Cs"))
keys = st.text(letters, min_size=1, max_size=20) | st.text("'%\"@+&=;:,()$ .~|é日😀", min_size=1, max_size=20)
odd_texts = st.sampled_from(
    ("", "'", "%27", '"', "\\", "\\u0041", "\x00", "\r\n", "HTTP/1.1 409 Conflict", "\r\n--changeset_", "{", "}{",
     "\u2028\u2029", "\ufeff", "😀", "null", "true", "1", "1.5", "2026-08-27T12:00:00Z", "@odata.type",
     "x" * TEXT_UNITS_MAX, "é" * TEXT_UNITS_MAX, "😀" * (TEXT_UNITS_MAX // 2))
)  # fmt: skip
texts = st.text(st.characters(codec="utf-8"), max_size=60) | odd_texts
numbers = st.integers(INTEGER_MIN, INTEGER_MAX) | st.sampled_from((INTEGER_MIN, INTEGER_MAX, 0, 1))
values: st.SearchStrategy[Value] = texts | numbers | st.booleans() | st.none()
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: name not in ("PartitionKey", "RowKey", "Timestamp")
)
rows_of_columns = st.dictionaries(names, values, max_size=6)

type Wish = Callable[[str, str | None], Operation]
# a row key and the version that stands become an operation; the version is taken, ignored or wrong
STALE = "W/\"datetime'2026-08-27T12%3A00%3A00.0000000Z'\""
versions = st.sampled_from(("stands", "any", "stale"))


def wish(kind: str, columns: Columns, version: str) -> Wish:
    def make(row: str, stands: str | None) -> Operation:
        etag = {"stands": stands, "any": None, "stale": STALE}[version]
        match kind:
            case "insert":
                return Insert(row, columns)
            case "merge":
                return Merge(row, columns, etag)
            case "replace":
                return Replace(row, columns, etag or STALE)
            case _:
                return Delete(row, etag)

    return make


wishes = st.builds(wish, st.sampled_from(("insert", "insert", "merge", "replace", "delete")), rows_of_columns, versions)
# which of four rows each operation is for, and the operation: one transaction
transactions = st.dictionaries(st.integers(0, 3), wishes, min_size=1, max_size=4)


def told_by(act: Callable[[], object], document: str) -> str:
    try:
        act()
    except StoreError as error:
        return f"{type(error).__name__}: {error}".replace(document, "<document>")
    return "done"


def read(store: RowStore, document: str) -> list[StoredRow]:
    return [row for page in store.read_pages(TABLE, document) for row in page]


def without_versions(rows: Sequence[StoredRow]) -> list[tuple[str, Columns]]:
    return [(row.key.row, row.columns) for row in rows]


@EXAMPLES
@given(partition_key=keys, row_key=keys, columns=rows_of_columns)
def test_what_one_writes_both_read_alike(
    azure_store: AzureStoreUnderTest,
    lean_store: AzureStoreUnderTest,
    partition_key: str,
    row_key: str,
    columns: dict[str, Value],
) -> None:
    official, lean = azure_store.store, lean_store.store
    expected = {name: value for name, value in columns.items() if value is not None}
    for writer in (official, lean):
        number = next(NUMBERS)
        document = f"{partition_key}{number}"
        alone, beside = RowKey(document, f"a{row_key}{number}"), RowKey(document, f"b{row_key}{number}")
        writer.write(TABLE, document, [Insert(alone.row, columns)])
        writer.write(TABLE, document, [Insert(beside.row, columns), Insert(f"c{number}", {})])
        found = official.find(TABLE, alone)
        assert found is not None
        assert found.columns == expected
        assert [type(value) for value in found.columns.values()] == [type(value) for value in expected.values()]
        # key, columns, version and instant
        assert lean.find(TABLE, alone) == found
        assert read(lean, document) == read(official, document)
        chosen = tuple(columns)[:2]
        for first, last in ((alone.row, alone.row), (beside.row, None)):
            pages = [list(store.read_pages(TABLE, document, first=first, last=last, columns=chosen, page_rows=1))
                     for store in (official, lean)]  # fmt: skip
            assert pages[0] == pages[1]
            assert pages[0]


@EXAMPLES
@given(row_key=keys, history=st.lists(transactions, min_size=1, max_size=5))
def test_the_same_operations_have_the_same_ends(
    azure_store: AzureStoreUnderTest, lean_store: AzureStoreUnderTest, row_key: str, history: list[dict[int, Wish]]
) -> None:
    number = next(NUMBERS)
    stores = {f"{side}'{number}": under_test.store for side, under_test in (("o", azure_store), ("l", lean_store))}
    for transaction in history:
        told = []
        for document, store in stores.items():
            stands = {row.key.row: row.etag for row in read(store, document)}
            wanted = {place: f"{place}{row_key}{number}" for place in transaction}
            operations = [make(wanted[place], stands.get(wanted[place])) for place, make in transaction.items()]
            told.append(told_by(lambda: store.write(TABLE, document, operations), document))  # noqa: B023  # called here
        assert told[0] == told[1]
    official, lean = (without_versions(read(store, document)) for document, store in stores.items())
    assert official == lean


FOREIGN = (
    datetime(2026, 8, 27, tzinfo=UTC),
    UUID("5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01"),
    b"bytes",
    1.5,
    EntityProperty(2**40, EdmType.INT64),
)


@pytest.mark.parametrize("value", FOREIGN, ids=lambda value: type(value).__name__)
def test_what_we_never_write_is_refused_by_both(
    table_store: AzureStoreUnderTest, tables: TableServiceClient, partition: str, value: object
) -> None:
    key = RowKey(partition, f"foreign|{partition}")
    client = tables.get_table_client(TABLE.value)
    client.upsert_entity({"PartitionKey": partition, "RowKey": key.row, "text": "@odata.type", "odd": value})
    store = table_store.store
    for act in (lambda: store.find(TABLE, key), lambda: list(store.read_pages(TABLE, partition))):
        with pytest.raises(StoreError, match=r"column odd holds a .*, which we never write") as caught:
            act()
        assert type(caught.value) is StoreError
    chosen = next(iter(store.read_pages(TABLE, partition, columns=("text",))))
    assert [row.columns for row in chosen] == [{"text": "@odata.type"}]


def test_half_a_surrogate_pair_of_somebody_else_is_read_by_both(
    azure_store: AzureStoreUnderTest, lean_store: AzureStoreUnderTest, tables: TableServiceClient, partition: str
) -> None:
    # the official client sends it escaped, and so does the emulator
    key = RowKey(partition, f"half|{partition}")
    tables.get_table_client(TABLE.value).create_entity(
        {"PartitionKey": partition, "RowKey": key.row, "text": "\ud83d", "beside": json.dumps("é")}
    )
    official = azure_store.store.find(TABLE, key)
    assert official is not None
    assert lean_store.store.find(TABLE, key) == official
    assert official.columns == {"text": "\ud83d", "beside": '"\\u00e9"'}


def test_an_order_of_pages_over_many_rows_is_the_same(
    azure_store: AzureStoreUnderTest, lean_store: AzureStoreUnderTest, partition: str
) -> None:
    official, lean = azure_store.store, lean_store.store
    for start in range(0, 1100, 100):
        writer = lean if start % 200 else official
        writer.write(TABLE, partition, [Insert(f"{n:05}|{partition}", {"n": n}) for n in range(start, start + 100)])
    pages = [[list(page) for page in store.read_pages(TABLE, partition)] for store in (official, lean)]
    assert [len(page) for page in pages[0]] == [1000, 100]
    assert pages[0] == pages[1]
