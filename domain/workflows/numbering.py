"""Take numbers from a sequence, once for each document and without gaps."""

from domain.errors import AlreadyExists, ChangedMeanwhile, ContentDiffers, OutcomeUnknown
from domain.number_sequences import (
    FIRST_NUMBER,
    Allocation,
    Counter,
    NumberOwner,
    allocation_key,
    counter_key,
    formatted,
    owner_key,
)
from domain.ports import RowStore
from domain.rows import Insert, Merge, Operation, StoredRow
from domain.tables import Table

# competing documents that may get their numbers before this one does, in one call
COMPETITORS_MAX = 200


def allocate(store: RowStore, table: Table, sequence: str, document: str, *, count: int = 1, pattern: str = "") -> int:
    """Give a document its numbers, or tell which ones it has.

    Args:
        store: where the sequence stands.
        table: `DataverseNumberSequences` or `FinanceNumberSequences`.
        sequence: name of the sequence, as `usmf|customer-invoice`.
        document: id of the document.
        count: how many numbers in a row; the same in every call for a document.
        pattern: the format, if people search by the number; only for `count` 1.

    Returns:
        The first number.

    Raises:
        ContentDiffers: the document has another count of numbers; more would be somebody else's.
        OutcomeUnknown: 200 competitors came first, or the storage gave no clear answer.

    Repeating it: the same document gets the same numbers.
    """
    for attempt in range(COMPETITORS_MAX):
        # a document that has its numbers already makes the first write fail, so nobody else pays for looking
        found = store.find(table, allocation_key(sequence, document)) if attempt else None
        if found is not None:
            return _allocated(table, sequence, Allocation.from_columns(found.columns), count)
        first, operations = _take(store.find(table, counter_key(sequence)), sequence, document, count, pattern)
        try:
            store.write(table, sequence, operations)
        except (AlreadyExists, ChangedMeanwhile, OutcomeUnknown):
            # somebody else got numbers, or our own answer was lost: the allocation row tells
            continue
        return first
    raise OutcomeUnknown(f"{table} {sequence}: no number for {document} after {COMPETITORS_MAX} tries; try again")


def _allocated(table: Table, sequence: str, allocation: Allocation, count: int) -> int:
    if allocation.count != count:
        raise ContentDiffers(
            f"{table} {sequence}: document {allocation.document} has {allocation.count} number(s) and wants {count}; "
            "what it is numbered for has changed since"
        )
    return allocation.first


def _take(
    counter: StoredRow | None, sequence: str, document: str, count: int, pattern: str
) -> tuple[int, tuple[Operation, ...]]:
    first = Counter.from_columns(counter.columns).next if counter else FIRST_NUMBER
    allocation = Allocation(document=document, first=first, count=count)
    moved = Counter(next=first + count).to_columns()
    row = counter_key(sequence).row
    operations: list[Operation] = [Insert(allocation_key(sequence, document).row, allocation.to_columns())]
    operations.append(Merge(row, moved, counter.etag) if counter else Insert(row, moved))
    if pattern:
        owner = NumberOwner(number=formatted(pattern, first), document=document)
        operations.append(Insert(owner_key(sequence, owner.number).row, owner.to_columns()))
    return first, tuple(operations)
