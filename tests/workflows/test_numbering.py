"""Numbers without gaps, each for one document, whoever asks and how often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import ContentDiffers, OutcomeUnknown
from domain.number_sequences import Allocation, Counter, NumberOwner, counter_key, owner_key
from domain.tables import Table
from domain.workflows.numbering import allocate
from functions.storage.memory import Call, MemoryRowStore

TABLE = Table.FINANCE_NUMBER_SEQUENCES
SEQUENCE = "usmf|customer-invoice"


def take(store: MemoryRowStore, document: str, count: int = 1, pattern: str = "") -> int:
    return allocate(store, TABLE, SEQUENCE, document, count=count, pattern=pattern)


def next_number(store: MemoryRowStore) -> int:
    row = store.find(TABLE, counter_key(SEQUENCE))
    assert row is not None
    return Counter.from_columns(row.columns).next


def test_numbers_follow_each_other_and_a_document_keeps_its_own(memory_store: MemoryRowStore) -> None:
    assert [take(memory_store, document) for document in ("a", "b", "a", "c", "b")] == [1, 2, 1, 3, 2]
    assert next_number(memory_store) == 4


def test_a_document_may_take_several_in_a_row(memory_store: MemoryRowStore) -> None:
    assert [take(memory_store, "a", 5), take(memory_store, "b"), take(memory_store, "a", 5)] == [1, 6, 1]


def test_another_count_than_before_is_refused_because_the_next_numbers_are_taken(memory_store: MemoryRowStore) -> None:
    take(memory_store, "a", 2)
    take(memory_store, "b")
    with pytest.raises(ContentDiffers, match=r"document a has 2 number\(s\) and wants 3"):
        take(memory_store, "a", 3)
    assert next_number(memory_store) == 4


def test_two_sequences_do_not_share_their_numbers(memory_store: MemoryRowStore) -> None:
    assert take(memory_store, "a") == 1
    assert allocate(memory_store, TABLE, "gbsi|customer-invoice", "a") == 1


def test_a_number_that_people_search_by_says_whose_it_is(memory_store: MemoryRowStore) -> None:
    take(memory_store, "a", pattern="INV-####")
    row = memory_store.find(TABLE, owner_key(SEQUENCE, "INV-0001"))
    assert row is not None
    assert NumberOwner.from_columns(row.columns) == NumberOwner(number="INV-0001", document="a")


def test_twenty_threads_leave_no_gap_and_give_no_number_twice(memory_store: MemoryRowStore) -> None:
    documents = [f"document-{number}" for number in range(100)]
    # every document asks twice, as a message that is delivered twice does
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda document: take(memory_store, document), documents * 2))
    assert sorted(taken[:100]) == list(range(1, 101))
    assert taken[:100] == taken[100:]
    assert next_number(memory_store) == 101
    allocations = [row for row in memory_store.rows(TABLE) if "Document" in row.columns]
    assert sorted(Allocation.from_columns(row.columns).first for row in allocations) == list(range(1, 101))


def test_a_competitor_between_reading_and_writing_gets_a_number_of_its_own(memory_store: MemoryRowStore) -> None:
    take(memory_store, "first")
    given: list[int] = []

    def somebody_is_faster(call: Call) -> None:
        if call.method == "write":
            memory_store.before_call = lambda _: None
            given.append(take(memory_store, "faster"))

    memory_store.before_call = somebody_is_faster
    assert (take(memory_store, "slower"), given) == (3, [2])
    assert next_number(memory_store) == 4


@pytest.mark.parametrize("after", [True, False], ids=["answer lost", "never sent"])
def test_a_lost_answer_costs_no_number(memory_store: MemoryRowStore, after: bool) -> None:
    failures = [OutcomeUnknown("the connection was closed")]

    def lose(call: Call) -> None:
        if call.method == "write" and failures:
            raise failures.pop()

    if after:
        memory_store.after_call = lose
    else:
        memory_store.before_call = lose
    assert [take(memory_store, "a"), take(memory_store, "b")] == [1, 2]
    assert failures == []


def test_a_storage_that_never_answers_is_an_error_and_takes_no_number(memory_store: MemoryRowStore) -> None:
    def lose(call: Call) -> None:
        if call.method == "write":
            raise OutcomeUnknown("the connection was refused")

    memory_store.before_call = lose
    with pytest.raises(OutcomeUnknown, match="no number for a"):
        take(memory_store, "a")
    assert memory_store.rows(TABLE) == []


def test_a_number_costs_one_read_and_one_write(memory_store: MemoryRowStore) -> None:
    take(memory_store, "a")
    assert [call.method for call in memory_store.calls] == ["find", "write"]


def test_who_asks_again_is_told_by_a_write_that_changes_nothing(memory_store: MemoryRowStore) -> None:
    take(memory_store, "a")
    before = memory_store.rows(TABLE)
    memory_store.calls.clear()
    take(memory_store, "a")
    assert [call.method for call in memory_store.calls] == ["find", "write", "find"]
    assert memory_store.rows(TABLE) == before
