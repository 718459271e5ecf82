"""Several at a time: how many, in whose name, and what becomes of errors."""

from collections.abc import Iterator
from contextvars import ContextVar
from itertools import count
from threading import Barrier, Lock, current_thread

import pytest

from domain.errors import OutcomeUnknown
from domain.ports import SeveralAtOnce
from domain.rows import Insert, RowKey
from domain.tables import Table
from functions.storage.at_once import AtOnceRowStore
from functions.storage.memory import MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.line import START

TABLE = Table.FINANCE_INTEGRATION_JOURNAL_LINES
AT_ONCE = 4
WHO: ContextVar[str] = ContextVar("WHO")


@pytest.fixture
def store(memory_store: MemoryRowStore) -> AtOnceRowStore:
    return AtOnceRowStore(memory_store, AT_ONCE)


def test_as_many_as_allowed_are_under_way_and_never_more(store: AtOnceRowStore) -> None:
    together, lock = Barrier(AT_ONCE, timeout=30), Lock()
    now, most = 0, 0

    def do(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        # nobody passes before all that may be under way are
        together.wait()
        with lock:
            now -= 1

    store.each_at_once(do, range(5 * AT_ONCE))
    assert most == AT_ONCE


def test_things_are_taken_as_they_are_done(store: AtOnceRowStore) -> None:
    done: list[int] = []
    ahead = 0

    def things() -> Iterator[int]:
        nonlocal ahead
        for number in range(100):
            ahead = max(ahead, number + 1 - len(done))
            yield number

    store.each_at_once(done.append, things())
    assert sorted(done) == list(range(100))
    assert ahead <= AT_ONCE + 1


def test_one_thing_alone_is_done_by_the_caller(store: AtOnceRowStore) -> None:
    names: list[str] = []
    store.each_at_once(lambda _: names.append(current_thread().name), range(1))
    store.each_at_once(lambda _: names.append(current_thread().name), ())
    assert names == [current_thread().name]


def test_the_threads_know_for_whom_they_work(store: AtOnceRowStore) -> None:
    seen: list[str] = []
    for name in ("first", "second"):
        WHO.set(name)
        store.each_at_once(lambda _: seen.append(WHO.get()), range(10))
    assert seen == ["first"] * 10 + ["second"] * 10


def test_the_first_error_is_raised_when_all_under_way_have_ended(store: AtOnceRowStore) -> None:
    together, ended = Barrier(AT_ONCE, timeout=30), list[int]()

    def do(number: int) -> None:
        if number < AT_ONCE:
            together.wait()
        if number in {1, 2}:
            raise OutcomeUnknown(f"thing {number}")
        ended.append(number)

    # there is no end of things: it is the error that ends it
    with pytest.raises(OutcomeUnknown, match="thing 1"):
        store.each_at_once(do, count())
    assert {0, 3} <= set(ended)


def test_an_error_of_the_next_thing_waits_for_those_under_way(store: AtOnceRowStore) -> None:
    done: list[int] = []

    def things() -> Iterator[int]:
        yield from range(3)
        raise ValueError("no fourth thing")

    with pytest.raises(ValueError, match="no fourth thing"):
        store.each_at_once(done.append, things())
    assert sorted(done) == [0, 1, 2]


def test_the_store_is_the_one_behind_it(store: AtOnceRowStore, memory_store: MemoryRowStore) -> None:
    store.write(TABLE, "journal", (Insert("a", {"n": 1}), Insert("b", {"n": 2})))
    assert store.find(TABLE, RowKey("journal", "a")) == memory_store.find(TABLE, RowKey("journal", "a"))
    pages = store.read_pages(TABLE, "journal", first="a", last="b", columns=("n",), page_rows=1)
    assert [[row.columns for row in page] for page in pages] == [[{"n": 1}], [{"n": 2}]]
    assert isinstance(store, SeveralAtOnce)
    assert not isinstance(MemoryRowStore(FrozenClock(START)), SeveralAtOnce)
