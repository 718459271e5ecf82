"""Whatever happens to an answer, the rows are right: no row twice, none lost, nobody else's overwritten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier

import pytest

from domain.errors import ChangedMeanwhile, ContentDiffers, OutcomeUnknown
from domain.ports import RowStore
from domain.rows import Delete, Insert, Merge, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, replace_status, save, save_together
from domain.tables import Table
from tests.contract.conftest import StoreUnderTest
from tests.contract.faulty_transport import DOUBTS, Fault

TABLE = Table.FINANCE_INTEGRATION_JOURNAL_LINES
type MakeKey = Callable[[object], str]

FAULTS = (*((fault,) for fault in Fault), *product(DOUBTS, repeat=2))
NAMES = ["-".join(fault.name for fault in faults) for faults in FAULTS]
every_fault = pytest.mark.parametrize("faults", FAULTS, ids=NAMES)


def stands(store: RowStore, partition: str) -> dict[str, object]:
    pages = store.read_pages(TABLE, partition)
    return {row.key.row: dict(row.columns) for page in pages for row in page}


def found(store: RowStore, partition: str, row: str) -> StoredRow:
    stored = store.find(TABLE, RowKey(partition, row))
    assert stored is not None
    return stored


@every_fault
def test_inserts_stand_once(
    under_test: StoreUnderTest, partition: str, row: MakeKey, faults: tuple[Fault, ...]
) -> None:
    inserts = [Insert(row(number), {"number": number, "text": None}) for number in range(5)]
    under_test.plan(*faults)
    save(under_test.store, TABLE, partition, inserts)
    assert stands(under_test.store, partition) == {row(number): {"number": number} for number in range(5)}


@every_fault
def test_one_insert_stands_once(
    under_test: StoreUnderTest, partition: str, row: MakeKey, faults: tuple[Fault, ...]
) -> None:
    under_test.plan(*faults)
    save(under_test.store, TABLE, partition, [Insert(row(1), {"number": 1})])
    assert stands(under_test.store, partition) == {row(1): {"number": 1}}


@every_fault
def test_a_transaction_of_everything_is_done_once(
    under_test: StoreUnderTest, partition: str, row: MakeKey, faults: tuple[Fault, ...]
) -> None:
    store = under_test.store
    save(store, TABLE, partition, [Insert(row(number), {"a": "old", "b": "kept"}) for number in range(3)])
    version = found(store, partition, row(1)).etag
    under_test.plan(*faults)
    save_together(
        store,
        TABLE,
        partition,
        [Merge(row(0), {"a": None}), Merge(row(1), {"a": "new"}, version), Delete(row(2)), Insert(row(3), {"a": "x"})],
    )
    assert stands(store, partition) == {
        row(0): {"a": "", "b": "kept"},
        row(1): {"a": "new", "b": "kept"},
        row(3): {"a": "x"},
    }


@every_fault
def test_the_commit_point_is_passed_once(
    under_test: StoreUnderTest, partition: str, row: MakeKey, faults: tuple[Fault, ...]
) -> None:
    store, key = under_test.store, RowKey(partition, row("status"))
    save(store, TABLE, partition, [Insert(key.row, {"status": "Draft", "note": "gone afterwards"})])
    version = found(store, partition, key.row).etag
    under_test.plan(*faults)
    replace_status(store, TABLE, key, {"status": "Posted", "lines": 3}, version)
    assert stands(store, partition) == {key.row: {"status": "Posted", "lines": 3}}


@every_fault
def test_a_fault_in_a_long_document_hits_its_own_transaction(
    under_test: StoreUnderTest, partition: str, row: MakeKey, faults: tuple[Fault, ...]
) -> None:
    store = under_test.store
    inserts = (Insert(row(number), {"number": number}) for number in range(210))
    under_test.plan(*faults)
    save(store, TABLE, partition, inserts)
    assert stands(store, partition) == {row(number): {"number": number} for number in range(210)}


def test_saving_again_changes_nothing(store: RowStore, partition: str, row: MakeKey) -> None:
    inserts = [Insert(row(number), {"number": number}) for number in range(120)]
    save(store, TABLE, partition, inserts)
    first = [each for page in store.read_pages(TABLE, partition) for each in page]
    save(store, TABLE, partition, inserts)
    assert [each for page in store.read_pages(TABLE, partition) for each in page] == first


def test_what_another_worker_did_partly_is_finished(store: RowStore, partition: str, row: MakeKey) -> None:
    inserts = [Insert(row(number), {"number": number}) for number in range(150)]
    # another worker cut the document otherwise and died
    save(store, TABLE, partition, inserts[40:70])
    save(store, TABLE, partition, inserts)
    assert stands(store, partition) == {row(number): {"number": number} for number in range(150)}


def test_columns_that_a_later_stage_merged_are_left_alone(store: RowStore, partition: str, row: MakeKey) -> None:
    insert = Insert(row(1), {"amount": "100.00", "voucher": None})
    save(store, TABLE, partition, [insert])
    save(store, TABLE, partition, [Merge(row(1), {"voucher": "V-1"})])
    save(store, TABLE, partition, [insert])
    assert stands(store, partition) == {row(1): {"amount": "100.00", "voucher": "V-1"}}


def test_other_content_under_the_same_key_is_told(store: RowStore, partition: str, row: MakeKey) -> None:
    save(store, TABLE, partition, [Insert(row(1), {"amount": "100.00"})])
    with pytest.raises(ContentDiffers) as caught:
        save(store, TABLE, partition, [Insert(row(0), {}), Insert(row(1), {"amount": "100.01"})])
    for told in (TABLE, partition, row(1), "amount", "'100.00'", "'100.01'"):
        assert told in str(caught.value)
    assert stands(store, partition) == {row(1): {"amount": "100.00"}}


def test_a_number_and_a_truth_value_are_not_the_same_content(store: RowStore, partition: str, row: MakeKey) -> None:
    save(store, TABLE, partition, [Insert(row(1), {"flag": True})])
    with pytest.raises(ContentDiffers, match="flag"):
        save(store, TABLE, partition, [Insert(row(1), {"flag": 1})])


def test_somebody_elses_status_is_not_overwritten(store: RowStore, partition: str, row: MakeKey) -> None:
    key = RowKey(partition, row("status"))
    save(store, TABLE, partition, [Insert(key.row, {"status": "Draft"})])
    version = found(store, partition, key.row).etag
    replace_status(store, TABLE, key, {"status": "Posted", "by": "other"}, version)
    with pytest.raises(ChangedMeanwhile, match=partition):
        replace_status(store, TABLE, key, {"status": "Posted", "by": "us"}, version)
    # more columns than ours are another row too
    with pytest.raises(ChangedMeanwhile, match=partition):
        replace_status(store, TABLE, key, {"status": "Posted"}, version)
    # exactly what we wanted is success, whoever wrote it
    replace_status(store, TABLE, key, {"status": "Posted", "by": "other"}, version)
    assert stands(store, partition) == {key.row: {"status": "Posted", "by": "other"}}


def test_two_workers_on_one_document_leave_it_as_one_would(store: RowStore, partition: str, row: MakeKey) -> None:
    inserts = [Insert(row(number), {"number": number}) for number in range(250)]
    barrier = Barrier(2)

    def work(start: int) -> None:
        barrier.wait()
        # cut differently, so that their transactions overlap
        save(store, TABLE, partition, inserts[start:])
        save(store, TABLE, partition, inserts[:start])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, (0, 130))) == [None, None]
    assert stands(store, partition) == {row(number): {"number": number} for number in range(250)}


def test_of_two_workers_one_passes_the_commit_point(store: RowStore, partition: str, row: MakeKey) -> None:
    key = RowKey(partition, row("status"))
    save(store, TABLE, partition, [Insert(key.row, {"status": "Draft"})])
    version, barrier = found(store, partition, key.row).etag, Barrier(2)

    def work(who: int) -> int:
        barrier.wait()
        try:
            replace_status(store, TABLE, key, {"status": "Posted", "by": who}, version)
        except ChangedMeanwhile:
            return 0
        return who

    with ThreadPoolExecutor(2) as pool:
        won = sum(pool.map(work, (1, 2)))
    assert won in {1, 2}
    assert stands(store, partition) == {key.row: {"status": "Posted", "by": won}}


@pytest.mark.parametrize("fault", [Fault.NEVER_SENT, Fault.ANSWER_LOST])
def test_a_conditional_change_never_lands_on_another_version(
    under_test: StoreUnderTest, partition: str, row: MakeKey, fault: Fault
) -> None:
    store = under_test.store
    save(store, TABLE, partition, [Insert(row(1), {"a": "old"})])
    version = found(store, partition, row(1)).etag
    save(store, TABLE, partition, [Merge(row(1), {"a": "theirs"})])
    under_test.plan(fault)
    with pytest.raises(ChangedMeanwhile, match=partition):
        save(store, TABLE, partition, [Merge(row(1), {"a": "ours"}, version)])
    assert stands(store, partition) == {row(1): {"a": "theirs"}}


def test_a_storage_that_stays_away_is_told_after_five_rounds(
    under_test: StoreUnderTest, partition: str, row: MakeKey
) -> None:
    inserts = [Insert(row(1), {}), Insert(row(2), {})]
    under_test.plan(*[Fault.NEVER_SENT] * ROUNDS_MAX)
    with pytest.raises(OutcomeUnknown):
        save(under_test.store, TABLE, partition, inserts)
    assert stands(under_test.store, partition) == {}
    under_test.plan(*[Fault.NEVER_SENT] * (ROUNDS_MAX - 1))
    save(under_test.store, TABLE, partition, inserts)
    assert stands(under_test.store, partition) == {row(1): {}, row(2): {}}
