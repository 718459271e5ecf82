"""How many calls saving and reading cost, and what decides when an answer is in doubt."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import pytest

from domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    ContentDiffers,
    LimitExceeded,
    OutcomeUnknown,
    RowMissing,
)
from domain.limits import TEXT_UNITS_MAX
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, Value
from domain.saving import read_keys, replace_status, save, save_across, save_together
from domain.tables import Table
from functions.storage.memory import Call, MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.stores_at_once import Backwards
from tests.line import START

TABLE = Table.FINANCE_INTEGRATION_JOURNAL_LINES


def lines(count: int, start: int = 0) -> list[Operation]:
    return [Insert(f"{number:07}|line", {"number": number}) for number in range(start, start + count)]


def counts(store: MemoryRowStore) -> dict[str, int]:
    return {method: sum(call.method == method for call in store.calls) for method in ("write", "read_pages", "find")}


def once(error: Exception) -> Callable[[Call], None]:
    """Make a hook that answers the first write with this error."""
    errors = [error]

    def hook(call: Call) -> None:
        if call.method == "write" and errors:
            raise errors.pop()

    return hook


@pytest.mark.parametrize(("count", "writes"), [(0, 0), (1, 1), (10, 1), (100, 1), (101, 2), (1000, 10), (1001, 11)])
def test_a_clean_save_is_one_write_for_each_hundred_rows_and_no_read(
    memory_store: MemoryRowStore, count: int, writes: int
) -> None:
    save(memory_store, TABLE, "journal", lines(count))
    assert counts(memory_store) == {"write": writes, "read_pages": 0, "find": 0}
    assert len(memory_store.rows(TABLE)) == count


@pytest.mark.parametrize(("count", "calls"), [(100, (1, 1)), (1000, (10, 10))])
def test_saving_again_costs_one_more_read_for_each_transaction(
    memory_store: MemoryRowStore, count: int, calls: tuple[int, int]
) -> None:
    save(memory_store, TABLE, "journal", lines(count))
    memory_store.calls.clear()
    save(memory_store, TABLE, "journal", lines(count))
    assert counts(memory_store) == {"write": calls[0], "read_pages": calls[1], "find": 0}


def test_operations_are_taken_as_they_are_written(memory_store: MemoryRowStore) -> None:
    taken = 0

    def endless() -> Iterator[Operation]:
        nonlocal taken
        for operation in lines(10_000):
            taken += 1
            yield operation

    seen: list[int] = []
    memory_store.after_call = lambda call: seen.append(taken - call.rows)
    save(memory_store, TABLE, "journal", endless())
    # one operation is looked at before a transaction is known to be full
    assert seen[:3] == [1, 101, 201]
    assert max(taken_ahead - 100 * number for number, taken_ahead in enumerate(seen)) == 1


def test_large_rows_make_smaller_transactions(memory_store: MemoryRowStore) -> None:
    heavy: dict[str, Value] = {f"c{number}": "x" * TEXT_UNITS_MAX for number in range(10)}
    save(memory_store, TABLE, "journal", [Insert(f"{number:07}", heavy) for number in range(30)])
    assert [call.rows for call in memory_store.calls] == [12, 12, 6]


def test_a_row_that_comes_again_starts_the_next_transaction(memory_store: MemoryRowStore) -> None:
    operations: list[Operation] = [Insert("a", {"n": 1}), Insert("b", {}), Merge("a", {"n": 2}), Delete("b")]
    save(memory_store, TABLE, "journal", operations)
    assert [call.rows for call in memory_store.calls] == [2, 2]
    assert {row.key.row: row.columns for row in memory_store.rows(TABLE)} == {"a": {"n": 2}}


def test_an_operation_that_never_fits_is_refused(memory_store: MemoryRowStore) -> None:
    with pytest.raises(LimitExceeded, match="over 32,767"):
        save(memory_store, TABLE, "journal", [Insert("a", {"text": "x" * 40_000})])
    assert memory_store.calls == []


def test_what_is_saved_in_any_order_is_left_to_a_store_that_can_do_several_at_once() -> None:
    store = Backwards(FrozenClock(START))
    save(store, TABLE, "journal", lines(250), in_any_order=True)
    assert [call.row for call in store.calls] == ["0000200|line", "0000100|line", "0000000|line"]
    save_across(store, TABLE, [("p", Insert("a", {})), ("q", Insert("b", {}))], in_any_order=True)
    assert [call.partition for call in store.calls[3:]] == ["q", "p"]


def test_everything_else_is_saved_in_turn() -> None:
    store = Backwards(FrozenClock(START))
    save(store, TABLE, "journal", lines(250))
    save_across(store, TABLE, [("q", Insert("b", {})), ("p", Insert("a", {}))])
    assert [call.row for call in store.calls] == ["0000000|line", "0000100|line", "0000200|line", "a", "b"]


def test_what_must_stand_together_is_one_transaction_or_refused(memory_store: MemoryRowStore) -> None:
    save_together(memory_store, TABLE, "journal", lines(100))
    assert counts(memory_store)["write"] == 1
    with pytest.raises(LimitExceeded, match="not 101"):
        save_together(memory_store, TABLE, "other", lines(101))


def test_only_what_is_not_done_is_written_again(memory_store: MemoryRowStore) -> None:
    save(memory_store, TABLE, "journal", lines(30))
    memory_store.calls.clear()
    save(memory_store, TABLE, "journal", lines(100))
    assert [call.rows for call in memory_store.calls if call.method == "write"] == [100, 70]
    assert len(memory_store.rows(TABLE)) == 100


def test_an_insert_that_lost_its_answer_and_was_not_done_is_done(memory_store: MemoryRowStore) -> None:
    memory_store.before_call = once(OutcomeUnknown("no answer"))
    save(memory_store, TABLE, "journal", lines(2))
    assert len(memory_store.rows(TABLE)) == 2


def test_a_merge_into_nothing_is_told_at_once(memory_store: MemoryRowStore) -> None:
    with pytest.raises(RowMissing, match=r"journal/a: .* never written, or it was deleted"):
        save(memory_store, TABLE, "journal", [Merge("a", {"n": 1})])
    assert counts(memory_store) == {"write": 1, "read_pages": 0, "find": 1}


def test_a_replace_of_nothing_is_told_at_once(memory_store: MemoryRowStore) -> None:
    with pytest.raises(RowMissing, match="journal/status"):
        replace_status(memory_store, TABLE, RowKey("journal", "status"), {"status": "Posted"}, "etag")


def test_a_delete_of_nothing_is_done(memory_store: MemoryRowStore) -> None:
    save(memory_store, TABLE, "journal", [Insert("a", {}), Delete("gone"), Delete("gone too", "etag")])
    assert [row.key.row for row in memory_store.rows(TABLE)] == ["a"]


def test_another_version_is_told_after_one_look(memory_store: MemoryRowStore) -> None:
    save(memory_store, TABLE, "journal", [Insert("a", {"n": 1})])
    memory_store.calls.clear()
    for operation in (Merge("a", {"n": 2}, "another"), Replace("a", {"n": 2}, "another")):
        with pytest.raises(ChangedMeanwhile, match="read the row and decide again"):
            save(memory_store, TABLE, "journal", [operation])
    assert [call.method for call in memory_store.calls] == ["write", "find"] * 2


def test_a_delete_of_another_version_is_told(memory_store: MemoryRowStore) -> None:
    save(memory_store, TABLE, "journal", [Insert("a", {})])
    with pytest.raises(ChangedMeanwhile, match="journal/a"):
        save(memory_store, TABLE, "journal", [Delete("a", "another")])
    assert len(memory_store.rows(TABLE)) == 1


def test_clearing_a_column_is_not_done_before_it_is_empty_text(memory_store: MemoryRowStore) -> None:
    save(memory_store, TABLE, "journal", [Insert("a", {"n": 1})])
    memory_store.before_call = once(OutcomeUnknown("no answer"))
    # the row has no such column, but a run without faults would have left empty text: so must this one
    save(memory_store, TABLE, "journal", [Merge("a", {"voucher": None})])
    assert memory_store.rows(TABLE)[0].columns == {"n": 1, "voucher": ""}


def test_a_replace_is_compared_whole(memory_store: MemoryRowStore) -> None:
    save(memory_store, TABLE, "journal", [Insert("a", {"n": 1, "m": 2})])
    (before,) = memory_store.rows(TABLE)
    memory_store.before_call = once(OutcomeUnknown("no answer"))
    # what stands has every column that we want, and one more
    save(memory_store, TABLE, "journal", [Replace("a", {"n": 1}, before.etag)])
    assert memory_store.rows(TABLE)[0].columns == {"n": 1}


def test_what_somebody_writes_between_our_tries_is_seen(memory_store: MemoryRowStore) -> None:
    other = MemoryRowStore.write

    def come_first(call: Call) -> None:
        if call.method == "write":
            memory_store.before_call = lambda _: None
            other(memory_store, TABLE, "journal", [Insert("a", {"who": "they"})])

    memory_store.before_call = come_first
    with pytest.raises(ContentDiffers, match="column who stands as 'they' and should be 'we'"):
        save(memory_store, TABLE, "journal", [Insert("a", {"who": "we"})])


def test_a_row_that_comes_and_goes_is_given_up_after_five_rounds(memory_store: MemoryRowStore) -> None:
    def vanish(call: Call) -> None:
        if call.method == "write":
            raise AlreadyExists("somebody else's, gone when we look")

    memory_store.before_call = vanish
    with pytest.raises(AlreadyExists):
        save(memory_store, TABLE, "journal", [Insert("a", {})])
    assert counts(memory_store)["find"] == 5


# -- reading known keys


def fill(store: MemoryRowStore, partition: str, rows: Iterable[str]) -> list[RowKey]:
    keys = [RowKey(partition, row) for row in rows]
    save(store, TABLE, partition, [Insert(key.row, {"a": key.row, "b": 1}) for key in keys])
    store.calls.clear()
    return keys


def test_neighbouring_keys_are_one_read(memory_store: MemoryRowStore) -> None:
    keys = fill(memory_store, "journal", (f"{number:07}|x" for number in range(1000)))
    found = read_keys(memory_store, TABLE, reversed(keys))
    assert list(found) == keys
    assert counts(memory_store) == {"write": 0, "read_pages": 1, "find": 0}


def test_few_keys_are_read_one_by_one(memory_store: MemoryRowStore) -> None:
    keys = fill(memory_store, "journal", "abcdefgh")
    assert list(read_keys(memory_store, TABLE, [keys[7], keys[0], keys[0]])) == [keys[0], keys[7]]
    assert counts(memory_store) == {"write": 0, "read_pages": 0, "find": 2}


def test_partitions_and_distant_dates_are_read_apart(memory_store: MemoryRowStore) -> None:
    days = [f"2026-{month:02}-{day:02}|x" for month in (1, 3, 12) for day in range(1, 11)]
    first, second = fill(memory_store, "contract-1", days), fill(memory_store, "contract-2", days)
    found = read_keys(memory_store, TABLE, chain(second, first))
    assert list(found) == first + second
    assert counts(memory_store) == {"write": 0, "read_pages": 6, "find": 0}
    assert [call.row[:7] for call in memory_store.calls] == ["2026-01", "2026-03", "2026-12"] * 2


def test_dates_a_month_apart_are_one_range(memory_store: MemoryRowStore) -> None:
    keys = fill(memory_store, "contract", [f"2026-{month:02}-01|x" for month in (7, 8, 9, 10, 11, 12)])
    assert list(read_keys(memory_store, TABLE, keys)) == keys
    assert counts(memory_store)["read_pages"] == 1


def test_what_only_looks_like_a_date_splits_nothing(memory_store: MemoryRowStore) -> None:
    keys = fill(memory_store, "contract", ["2026-13-01|x", "2026-99-99|x", "abcd-ef-gh|x", "zzzz-01-01|x"])
    assert list(read_keys(memory_store, TABLE, keys)) == keys
    assert counts(memory_store)["read_pages"] == 1


def test_a_range_full_of_other_rows_is_given_up(memory_store: MemoryRowStore) -> None:
    keys = fill(memory_store, "journal", (f"{number:07}|x" for number in range(5000)))
    wanted = keys[::1000]
    assert list(read_keys(memory_store, TABLE, wanted)) == wanted
    # one page of a thousand rows brought one of them; the rest is cheaper one by one
    assert counts(memory_store) == {"write": 0, "read_pages": 1, "find": 4}


def test_rows_that_do_not_exist_are_left_out(memory_store: MemoryRowStore) -> None:
    keys = fill(memory_store, "journal", "abc")
    missing = [RowKey("journal", row) for row in ("0", "bb", "x", "y", "z")]
    assert list(read_keys(memory_store, TABLE, [*missing, *keys])) == keys
    assert counts(memory_store) == {"write": 0, "read_pages": 1, "find": 0}


def test_nothing_asked_or_nothing_there_is_nothing(memory_store: MemoryRowStore) -> None:
    assert read_keys(memory_store, TABLE, []) == {}
    assert memory_store.calls == []
    assert read_keys(memory_store, TABLE, [RowKey("nowhere", "a")]) == {}


@pytest.mark.parametrize("count", [2, 5])
def test_only_the_named_columns_come_either_way(memory_store: MemoryRowStore, count: int) -> None:
    keys = fill(memory_store, "journal", "abcdefgh")[:count]
    found = read_keys(memory_store, TABLE, keys, ("b", "absent"))
    assert [row.columns for row in found.values()] == [{"b": 1}] * count
