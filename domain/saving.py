"""Saving rows for good: the one place where an ambiguous answer is resolved, by reading back.

A write can have happened although its answer was an error: the answer was lost, or the client tried again by itself and
the second try met the first one's rows. So no error is believed that another try of the same write could have caused.
The rows are read: what stands as wanted is done, what does not is written again, and what stands otherwise is somebody
else's, which is an error.

A clean save of N rows is ceil(N / 100) writes and no read.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, groupby, pairwise

from domain.errors import AlreadyExists, ChangedMeanwhile, ContentDiffers, OutcomeUnknown, RowMissing
from domain.limits import TRANSACTION_BYTES_MAX, CheckedTransaction, check_operation, key_order
from domain.ports import PAGE_ROWS_MAX, TRANSACTION_OPERATIONS_MAX, RowStore, SeveralAtOnce
from domain.rows import Columns, Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow, Value
from domain.tables import Table

# times that a transaction is tried before its last error is believed
ROUNDS_MAX = 5
# so many rows are read one by one; more are read as a range
FINDS_MAX = 3
# reading a page of 1,000 rows costs about as much as reading 20 rows one by one
FINDS_PER_PAGE = 20
# known keys that begin with dates further apart than this are not read as one range
GAP_DAYS_MAX = 31
# the envelope of a transaction and a margin
_TRANSACTION_BYTES = TRANSACTION_BYTES_MAX - 64 * 1024
_DATE_LENGTH = len("2026-08-27")
_QUOTED_LENGTH_MAX = 200

type Transaction = tuple[Operation, ...]


def save(
    store: RowStore, table: Table, partition: str, operations: Iterable[Operation], *, in_any_order: bool = False
) -> None:
    """Make the operations true, however often this or another worker has tried before.

    Args:
        store: where to.
        table: the one table.
        partition: the one document.
        operations: any number, taken lazily, so that a long document never stands in memory. They are written in this
            order, in transactions as full as they go; a row that comes again starts the next transaction.
        in_any_order: nothing depends on which transaction is first, and no row comes twice; then a store that can do
            several at a time does (`SeveralAtOnce`), and a worker that dies leaves any of them undone.

    Raises:
        ContentDiffers: an insert found its row with another value in a column that it would have written.
        ChangedMeanwhile: a conditional write found another version with other content; the caller decides again.
        RowMissing: a merge or a replace found no row.
        LimitExceeded: an operation that the storage does not take.
        OutcomeUnknown: the storage gave no clear answer five times, or none to reading back.

    Repeating it: an insert whose row stands, a merge whose columns stand and a delete whose row is gone are done.
        Columns that stand and that an insert does not name are left alone: later stages have merged them.
    """
    _write_all(store, _chunks(table, partition, operations), in_any_order=in_any_order)


def save_across(
    store: RowStore, table: Table, operations: Iterable[tuple[str, Operation]], *, in_any_order: bool = False
) -> None:
    """Make operations of several partitions true, partition by partition; otherwise as `save`.

    Args:
        store: where to.
        table: the one table.
        operations: each with its partition; those of one partition keep their order.
        in_any_order: as for `save`; then the partitions do not wait for each other either.
    """
    # sorting is stable, so what belongs together stays in order
    ordered = sorted(operations, key=lambda pair: pair[0])
    chunks = (
        _chunks(table, partition, (operation for _, operation in group))
        for partition, group in groupby(ordered, key=lambda pair: pair[0])
    )
    _write_all(store, chain.from_iterable(chunks), in_any_order=in_any_order)


def save_together(store: RowStore, table: Table, partition: str, operations: Sequence[Operation]) -> None:
    """Make 1 to 100 operations true in one transaction, all or none; otherwise as `save`.

    Raises:
        LimitExceeded: they do not fit in one transaction. All other errors as for `save`.
    """
    _write_chunk(store, table, partition, tuple(operations))


def replace_status(store: RowStore, table: Table, key: RowKey, columns: Columns, etag: str) -> None:
    """Replace a status row if its version still stands: the commit point of a document.

    Raises:
        ChangedMeanwhile: another version stands, and it is not exactly what we would have written.
        RowMissing: there is no such row. OutcomeUnknown: as for `save`.

    Repeating it: a row that stands exactly with these columns is success, whoever wrote it.
    """
    _write_chunk(store, table, key.partition, (Replace(key.row, columns, etag),))


def read_keys(
    store: RowStore, table: Table, keys: Iterable[RowKey], columns: Sequence[str] = ()
) -> dict[RowKey, StoredRow]:
    """Read many rows whose keys are known, with few calls.

    Keys of one partition are read as ranges. A range ends where two neighbours begin with dates (`YYYY-MM-DD`) over 31
    days apart, and it is given up for single reads when it brings too many rows that nobody asked for.

    Args:
        store: where from.
        table: the one table.
        keys: of any partitions, in any order; the same key twice is read once.
        columns: names of the columns to bring; empty brings all.

    Returns:
        The rows that exist, ordered by key.

    Bounds: N keys of one run cost at most N + N / 20 + 1 calls, and 1 for each 1,000 rows when they stand together.
    """
    ordered = sorted(set(keys), key=lambda key: (key_order(key.partition), key_order(key.row)))
    found: dict[RowKey, StoredRow] = {}
    for partition, group in groupby(ordered, key=lambda key: key.partition):
        for run in _runs([key.row for key in group]):
            found |= _read_run(store, table, partition, run, columns)
    return found


def _write_all(store: RowStore, transactions: Iterable[CheckedTransaction], *, in_any_order: bool) -> None:
    def write(transaction: CheckedTransaction) -> None:
        _write_chunk(store, *transaction.place, transaction)

    if in_any_order and isinstance(store, SeveralAtOnce):
        store.each_at_once(write, transactions)
        return
    for transaction in transactions:
        write(transaction)


def _chunks(table: Table, partition: str, operations: Iterable[Operation]) -> Iterator[CheckedTransaction]:
    chunk: dict[str, Operation] = {}
    size = 0
    for operation in operations:
        added = check_operation(table, partition, operation)
        is_full = len(chunk) == TRANSACTION_OPERATIONS_MAX or size + added > _TRANSACTION_BYTES
        if chunk and (is_full or operation.row in chunk):
            yield CheckedTransaction.of(table, partition, chunk.values())
            chunk, size = {}, 0
        chunk[operation.row] = operation
        size += added
    if chunk:
        yield CheckedTransaction.of(table, partition, chunk.values())


def _write_chunk(store: RowStore, table: Table, partition: str, operations: Transaction) -> None:
    pending = operations
    doubt: Exception | None = None
    for _ in range(ROUNDS_MAX):
        try:
            store.write(table, partition, pending)
        except (AlreadyExists, RowMissing, ChangedMeanwhile, OutcomeUnknown) as error:
            doubt = error
        else:
            return
        pending = _not_done(store, table, partition, pending)
        if not pending:
            return
    if doubt is not None:
        raise doubt


def _not_done(store: RowStore, table: Table, partition: str, operations: Transaction) -> Transaction:
    # a replace is compared whole, the others by what they write
    whole = any(isinstance(operation, Replace) for operation in operations)
    names = {} if whole else {name: None for operation in operations for name in _written(operation)}
    keys = [RowKey(partition, operation.row) for operation in operations]
    rows = read_keys(store, table, keys, tuple(names))
    pairs = zip(keys, operations, strict=True)
    return tuple(operation for key, operation in pairs if not _is_done(table, key, operation, rows.get(key)))


def _is_done(table: Table, key: RowKey, operation: Operation, row: StoredRow | None) -> bool:
    if row is None:
        if isinstance(operation, Merge | Replace):
            raise RowMissing(f"{table} {key.text}: there is no row to change; it was never written, or it was deleted")
        return isinstance(operation, Delete)
    written = _written(operation)
    match operation:
        case Insert():
            return _holds_all(table, key, written, row)
        case Merge() if all(_is_same(row.columns.get(name), value) for name, value in written.items()):
            return True
        case Replace() if row.columns.keys() == written.keys() and _differing(written, row) is None:
            return True
    if operation.etag is not None and operation.etag != row.etag:
        raise ChangedMeanwhile(
            f"{table} {key.text}: another version stands ({row.etag}); read the row and decide again"
        )
    return False


def _holds_all(table: Table, key: RowKey, written: Mapping[str, Value], row: StoredRow) -> bool:
    name = _differing(written, row)
    if name is None:
        return True
    stands, wanted = (_quoted(columns.get(name)) for columns in (row.columns, written))
    raise ContentDiffers(
        f"{table} {key.text}: column {name} stands as {stands} and should be {wanted}; "
        "something else was written under this key, compare both before either is changed"
    )


def _written(operation: Operation) -> dict[str, Value]:
    match operation:
        case Insert(columns=columns) | Replace(columns=columns):
            return {name: value for name, value in columns.items() if value is not None}
        case Merge(columns=columns):
            return {name: "" if value is None else value for name, value in columns.items()}
        case Delete():
            return {}


def _differing(written: Mapping[str, Value], row: StoredRow) -> str | None:
    return next((name for name, value in written.items() if not _is_same(row.columns.get(name), value)), None)


def _is_same(left: Value, right: Value) -> bool:
    # True == 1 in Python, but not in the storage
    return type(left) is type(right) and left == right


def _runs(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    start = 0
    for end, (left, right) in enumerate(pairwise(rows), start=1):
        if _is_far(left, right):
            yield rows[start:end]
            start = end
    yield rows[start:]


def _is_far(left: str, right: str) -> bool:
    days = _day_of(left), _day_of(right)
    if days[0] is None or days[1] is None:
        return days != (None, None)
    return (days[1] - days[0]).days > GAP_DAYS_MAX


def _day_of(row: str) -> date | None:
    try:
        return date.fromisoformat(row[:_DATE_LENGTH]) if row[4:5] == "-" else None
    except ValueError:
        return None


def _read_run(
    store: RowStore, table: Table, partition: str, rows: Sequence[str], columns: Sequence[str]
) -> dict[RowKey, StoredRow]:
    wanted, found = set(rows), dict[RowKey, StoredRow]()
    rest: Sequence[str] = rows
    if len(rows) > FINDS_MAX:
        rest = ()
        pages = store.read_pages(table, partition, first=rows[0], last=rows[-1], columns=columns)
        for count, page in enumerate(pages, start=1):
            found |= {row.key: row for row in page if row.key.row in wanted}
            # a page that is not full is the last one, and asking for what follows costs nothing
            if len(page) == PAGE_ROWS_MAX and count > len(rows) // FINDS_PER_PAGE:
                rest = rows[bisect_right(rows, key_order(page[-1].key.row), key=key_order) :]
                break
    for row in rest:
        stored = store.find(table, RowKey(partition, row))
        if stored is not None:
            found[stored.key] = _projected(stored, columns)
    return found


def _projected(row: StoredRow, columns: Sequence[str]) -> StoredRow:
    if not columns:
        return row
    return replace(row, columns={name: row.columns[name] for name in columns if name in row.columns})


def _quoted(value: Value) -> str:
    text = repr(value)
    return text if len(text) <= _QUOTED_LENGTH_MAX else f"{text[:_QUOTED_LENGTH_MAX]}..."
