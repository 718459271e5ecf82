"""What is remembered of set-up, for how long, and what never is."""

from collections.abc import Callable

import pytest

from domain.errors import AlreadyExists
from domain.rows import Insert, Merge, RowKey
from domain.tables import Table
from functions.storage.memory import MemoryRowStore
from functions.storage.remembering import ANSWERS_MAX, REMEMBERED, ROWS_MAX, RememberingRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.line import START

SETUP, KEY = Table.FINANCE_SETUP, RowKey("usmf", "parameters")
SECONDS = 5.0


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def inner() -> MemoryRowStore:
    store = MemoryRowStore(FrozenClock(START))
    store.write(SETUP, KEY.partition, [Insert(KEY.row, {"Value": "before"})])
    store.calls.clear()
    return store


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def store(inner: MemoryRowStore, seconds: Seconds) -> RememberingRowStore:
    return RememberingRowStore(inner, SECONDS, seconds)


def by_key(store: RememberingRowStore) -> object:
    found = store.find(SETUP, KEY)
    assert found is not None
    return found.columns["Value"]


def by_range(store: RememberingRowStore) -> object:
    (row,) = [row for page in store.read_pages(SETUP, KEY.partition) for row in page]
    return row.columns["Value"]


ways = pytest.mark.parametrize("read", [by_key, by_range])
type Read = Callable[[RememberingRowStore], object]


@ways
def test_set_up_is_asked_for_once(store: RememberingRowStore, inner: MemoryRowStore, read: Read) -> None:
    assert [read(store) for _ in range(3)] == ["before"] * 3
    assert len(inner.calls) == 1


@ways
def test_a_change_by_somebody_else_counts_after_the_seconds(
    store: RememberingRowStore, inner: MemoryRowStore, seconds: Seconds, read: Read
) -> None:
    read(store)
    inner.write(SETUP, KEY.partition, [Merge(KEY.row, {"Value": "after"})])
    seconds.now = SECONDS - 0.1
    assert read(store) == "before"
    seconds.now = SECONDS
    assert read(store) == "after"


@ways
def test_a_change_of_our_own_counts_at_once(store: RememberingRowStore, read: Read) -> None:
    read(store)
    store.write(SETUP, KEY.partition, [Merge(KEY.row, {"Value": "after"})])
    assert read(store) == "after"


@ways
def test_a_write_that_fails_forgets_too(store: RememberingRowStore, inner: MemoryRowStore, read: Read) -> None:
    read(store)
    inner.write(SETUP, KEY.partition, [Merge(KEY.row, {"Value": "after"})])
    with pytest.raises(AlreadyExists):
        store.write(SETUP, KEY.partition, [Insert(KEY.row, {"Value": "mine"})])
    assert read(store) == "after"


def test_what_is_missing_is_asked_for_each_time(store: RememberingRowStore, inner: MemoryRowStore) -> None:
    missing = RowKey("usmf", "rates")
    assert store.find(SETUP, missing) is None
    assert list(store.read_pages(SETUP, "gbsi")) == []
    inner.write(SETUP, "usmf", [Insert("rates", {"Value": "there"})])
    inner.write(SETUP, "gbsi", [Insert("rates", {"Value": "there"})])
    assert store.find(SETUP, missing) is not None
    assert len(list(store.read_pages(SETUP, "gbsi"))) == 1


def test_another_question_has_another_answer(store: RememberingRowStore, inner: MemoryRowStore) -> None:
    inner.write(SETUP, "usmf", [Insert("rates", {"Value": "1.25", "Other": "x"})])
    assert [row.key.row for row in next(store.read_pages(SETUP, "usmf"))] == ["parameters", "rates"]
    assert [row.key.row for row in next(store.read_pages(SETUP, "usmf", first="r"))] == ["rates"]
    assert [row.key.row for row in next(store.read_pages(SETUP, "usmf", last="q"))] == ["parameters"]
    assert next(store.read_pages(SETUP, "usmf", first="r", columns=("Other",)))[0].columns == {"Other": "x"}
    assert len(next(store.read_pages(SETUP, "usmf", page_rows=1))) == 1


@pytest.mark.parametrize("table", [table for table in Table if table not in REMEMBERED])
def test_a_document_is_never_remembered(store: RememberingRowStore, inner: MemoryRowStore, table: Table) -> None:
    inner.write(table, "p", [Insert("r", {"Value": "x"})])
    inner.calls.clear()
    for _ in range(2):
        assert store.find(table, RowKey("p", "r")) is not None
        assert len(list(store.read_pages(table, "p"))) == 1
    assert len(inner.calls) == 4


def test_a_long_range_is_not_kept(store: RememberingRowStore, inner: MemoryRowStore) -> None:
    for start in range(0, ROWS_MAX + 1, 100):
        rows = range(start, min(start + 100, ROWS_MAX + 1))
        inner.write(SETUP, "long", [Insert(f"{row:06d}", {"Value": "x"}) for row in rows])
    inner.calls.clear()
    for _ in range(2):
        assert sum(len(page) for page in store.read_pages(SETUP, "long")) == ROWS_MAX + 1
    assert len(inner.calls) == 4


def test_memory_has_a_bound(store: RememberingRowStore, inner: MemoryRowStore) -> None:
    first = RowKey("many", f"{0:06d}")
    for number in range(ANSWERS_MAX + 1):
        inner.write(Table.FINANCE_PROJECTS, "many", [Insert(f"{number:06d}", {"Value": "x"})])
        store.find(Table.FINANCE_PROJECTS, RowKey("many", f"{number:06d}"))
    inner.calls.clear()
    store.find(Table.FINANCE_PROJECTS, RowKey("many", f"{ANSWERS_MAX:06d}"))
    assert inner.calls == []
    store.find(Table.FINANCE_PROJECTS, first)
    assert len(inner.calls) == 1
