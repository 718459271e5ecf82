"""The corrective details of a draft: made of the billed sales that are kept for it, and how these become free again."""

from collections.abc import Callable, Iterable, Sequence

from domain.actuals import Actual
from domain.errors import ContentDiffers
from domain.option_sets import AdjustmentStatus
from domain.ports import RowStore
from domain.proforma import InvoiceLineDetail
from domain.revision import FREED, Billed, correction_connection, corrective_detail, detail_row_of
from domain.rows import Insert, Merge, RowKey
from domain.saving import read_keys, save, save_across
from domain.tables import Table

DETAILS = Table.DATAVERSE_INVOICE_LINE_DETAILS
# raises when somebody has overtaken us
type Check = Callable[[], None]
# enough to see that a detail stands
_ID = ("msdyn_invoicelinetransactionid",)


def nobody() -> None:
    """Check nothing, where nobody can overtake us."""
    return


def read_billed(store: RowStore, keys: Iterable[RowKey]) -> list[Billed]:
    """Read billed sales with the line details that they were billed for."""
    sales = read_keys(store, Table.DATAVERSE_ACTUALS, keys, Actual.columns())
    details = read_keys(store, DETAILS, (_detail_key(key) for key in sales))
    return [
        Billed(InvoiceLineDetail.from_columns(details[_detail_key(key)].columns), Actual.from_columns(row.columns), key)
        for key, row in sales.items()
    ]


def save_corrections(store: RowStore, draft: str, billed: Sequence[Billed]) -> list[InvoiceLineDetail]:
    """Put corrections on a draft with their connections; one that stands may have been edited and stays.

    Returns:
        Those that were missing.
    """
    details = [corrective_detail(draft, each) for each in billed]
    try:
        missing = _save_missing(store, draft, details)
    except ContentDiffers:
        # a slow delivery: another one has written it just now, and somebody has edited it since
        missing = _save_missing(store, draft, details)
    connected = (correction_connection(detail) for detail in details)
    inserts = (Insert(each.key.row, each.connection.to_columns()) for each in connected)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, draft, inserts)
    return missing


def _save_missing(store: RowStore, draft: str, details: Sequence[InvoiceLineDetail]) -> list[InvoiceLineDetail]:
    standing = read_keys(store, DETAILS, (detail.key for detail in details), _ID)
    missing = [detail for detail in details if detail.key not in standing]
    save(store, DETAILS, draft, (Insert(detail.key.row, detail.to_columns()) for detail in missing))
    return missing


def not_standing(store: RowStore, draft: str, billed: Sequence[Billed]) -> list[Billed]:
    """Choose the billed sales whose corrections do not stand on a draft."""
    keys = {corrective_detail(draft, each).key: each for each in billed}
    standing = read_keys(store, DETAILS, keys, _ID)
    return [each for key, each in keys.items() if key not in standing]


def give_back(store: RowStore, draft: str, sales: Iterable[RowKey], check: Check = nobody) -> None:
    """Free billed sales that are kept for a draft; what it has adjusted, or another draft has, is left alone.

    Args:
        store: where they stand.
        draft: the corrective draft.
        sales: their keys.
        check: called after some were found that are kept; raises when somebody has overtaken us.
    """
    rows = read_keys(store, Table.DATAVERSE_ACTUALS, sales)
    kept = {key: row for key, row in rows.items() if _is_kept(Actual.from_columns(row.columns), draft)}
    if kept:
        check()
    merges = ((key.partition, Merge(key.row, FREED, row.etag)) for key, row in kept.items())
    save_across(store, Table.DATAVERSE_ACTUALS, merges)


def _is_kept(sale: Actual, draft: str) -> bool:
    return (sale.corrected_by, sale.adjustment_status) == (draft, AdjustmentStatus.IN_PROCESS)


def _detail_key(sale: RowKey) -> RowKey:
    return RowKey(sale.partition, detail_row_of(sale))
