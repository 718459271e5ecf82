"""The work index of the billing backlog: items are put on it when they are ready, and taken off when a draft has them.

An item without its entry would be forgotten, an entry whose item is not ready is passed over. So an entry is written
before its item becomes ready, anew when it stands already, and taken off by the version that was read before.
"""

from collections.abc import Iterable, Mapping

from domain.backlog import ITEM_TABLES, BacklogEntry, ItemKind
from domain.errors import ChangedMeanwhile, RowMissing
from domain.ports import RowStore
from domain.rows import Columns, Delete, Insert, Merge, Operation, RowKey
from domain.saving import ROUNDS_MAX, read_keys, save, save_across
from domain.tables import Table

INDEX = Table.DATAVERSE_BILLING_BACKLOG
_KIND, _INVOICE = ("Kind",), ("msdyn_invoice",)

# row keys of entries with the versions that were read; None takes any version
type Entries = Iterable[tuple[str, str | None]]


def put_on_index(store: RowStore, entries: Mapping[RowKey, BacklogEntry]) -> None:
    """Put items on the work index; an entry that stands is written anew.

    So it has another version, and whoever was about to take it off for a draft that has the item no more leaves it.

    Raises:
        RowMissing: others keep taking them off.
    """
    columns = {key: entry.to_columns() for key, entry in entries.items()}
    for tries in range(1, ROUNDS_MAX + 1):
        standing = read_keys(store, INDEX, columns, _KIND)
        writes = ((key.partition, _entry(key, each, key in standing)) for key, each in columns.items())
        try:
            save_across(store, INDEX, writes)
        except RowMissing:
            if tries == ROUNDS_MAX:
                raise
            continue
        return


def _entry(key: RowKey, columns: Columns, stands: bool) -> Operation:
    return Merge(key.row, columns) if stands else Insert(key.row, columns)


def take_off_index(store: RowStore, contract: str, entries: Entries) -> None:
    """Take items off the work index that stand on a draft, unless they were put on it anew since it was read."""
    mine = dict(entries)
    try:
        save(store, INDEX, contract, (Delete(row, version) for row, version in mine.items()))
    except ChangedMeanwhile:
        standing = read_keys(store, INDEX, (RowKey(contract, row) for row in mine), _KIND)
        versions = {key.row: row.etag for key, row in standing.items()}
        take_off_index(store, contract, [each for each in mine.items() if versions.get(each[0]) == each[1]])


def take_invoice_off_index(store: RowStore, contract: str, invoice: str) -> None:
    """Take everything off the work index that stands on a draft, page by page."""
    for page in store.read_pages(INDEX, contract):
        versions = {row.key: row.etag for row in page}
        kinds = {row.key: BacklogEntry.from_columns(row.columns).kind for row in page}
        for kind in ItemKind:
            keys = (key for key, each in kinds.items() if each == kind)
            rows = read_keys(store, ITEM_TABLES[kind], keys, _INVOICE)
            mine = (key for key, row in rows.items() if row.columns.get("msdyn_invoice") == invoice)
            take_off_index(store, contract, ((key.row, versions[key]) for key in mine))
