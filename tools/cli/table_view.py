"""What `show` tells: the tables, or the rows of one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from domain.rows import StoredRow
from domain.tables import Table

# columns of a row that are shown when nobody asks for others
COLUMNS_DEFAULT = 7
KEY_COLUMNS = ("PartitionKey", "RowKey")

# table: the columns that people look for first
FIRST_COLUMNS: Mapping[Table, tuple[str, ...]] = MappingProxyType(
    {
        Table.DATAVERSE_CONTRACTS: ("ordernumber", "name", "salesorderid"),
        Table.DATAVERSE_ACTUALS: (
            "msdyn_transactiondate",
            "msdyn_transactiontypecode",
            "msdyn_description",
            "msdyn_quantity",
            "msdyn_amount",
            "msdyn_billingstatus",
            "msdyn_accountingcurrencyamount",
            "msdyn_vouchernumber",
        ),
        Table.DATAVERSE_INVOICES: (
            "invoicenumber",
            "name",
            "msdyn_projectinvoicestatus",
            "totalamount",
            "msdyn_customerinvoicenumber",
        ),
        Table.FINANCE_ACTUALS_STAGING: (
            "DocumentDate",
            "TransactionType",
            "ContractId",
            "Amount",
            "TransactionCurrencyId",
            "VoucherNumber",
            "ImportError",
        ),
        Table.FINANCE_INTEGRATION_JOURNALS: ("DataAreaId", "Description", "Status", "NumberOfLines", "PostedLines"),
        Table.FINANCE_INVOICE_PROPOSALS: (
            "ProposalId",
            "DataAreaId",
            "InvoiceAccount",
            "ProposalStatus",
            "SalesOrderbalance",
            "CurrencyId",
            "ProjInvoiceId",
        ),
        Table.FINANCE_PROJECT_INVOICES: (
            "ProjInvoiceId",
            "ProposalId",
            "InvoiceAccount",
            "InvoiceDate",
            "DueDate",
            "InvoiceAmount",
            "CurrencyId",
            "LedgerVoucher",
        ),
        Table.FINANCE_LEDGER_ENTRIES: (
            "Voucher",
            "MainAccount",
            "AccountName",
            "TransactionCurrencyAmount",
            "TransactionCurrencyCode",
            "AccountingCurrencyAmount",
            "PostingTypeName",
        ),
        Table.INVOICING_PROBLEMS: ("Stage", "Code", "Sentence"),
    }
)


@dataclass(frozen=True, slots=True)
class TableView:
    """Rows of a table, as texts."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    # columns that the rows have and that are not shown
    hidden: tuple[str, ...]
    # True: there are more rows than were asked for
    is_cut: bool


def build_table(
    table: Table, rows: Sequence[StoredRow], *, limit: int, columns: Sequence[str] = (), has_partition: bool = False
) -> TableView:
    """Build the view of a table.

    Args:
        table: which table.
        rows: at most one more than the limit.
        limit: rows to show.
        columns: names of columns; `all` shows every one; empty shows those that people look for first.
        has_partition: True: one partition was asked for, so its key is not repeated in every row.
    """
    present = tuple(dict.fromkeys(name for row in rows for name in row.columns))
    shown = _shown(table, columns, present, has_partition)
    return TableView(
        table=table.value,
        columns=shown,
        rows=tuple(tuple(_cell(row, name) for name in shown) for row in rows[:limit]),
        hidden=tuple(name for name in present if name not in shown),
        is_cut=len(rows) > limit,
    )


def _shown(table: Table, columns: Sequence[str], present: tuple[str, ...], has_partition: bool) -> tuple[str, ...]:
    if columns and "all" not in columns:
        return tuple(columns)
    keys = KEY_COLUMNS[1:] if has_partition else KEY_COLUMNS
    if columns:
        return (*keys, *present)
    first = FIRST_COLUMNS.get(table)
    # what people look for says more than the row key, which only repeats it
    return (*keys[:-1], *first) if first else (*keys, *present[:COLUMNS_DEFAULT])


def _cell(row: StoredRow, name: str) -> str:
    if name in KEY_COLUMNS:
        return row.key.partition if name == KEY_COLUMNS[0] else row.key.row
    value = row.columns.get(name)
    return "" if value is None else str(value)


def unknown_columns(columns: Iterable[str], rows: Sequence[StoredRow]) -> list[str]:
    """Name the columns that were asked for and that no row has."""
    present = {*KEY_COLUMNS, "all", *(name for row in rows for name in row.columns)}
    return [name for name in columns if name not in present]


def table_groups() -> Mapping[str, tuple[str, ...]]:
    """Group the names of all tables by the system that owns them."""
    systems = {"Dataverse": "Dataverse", "Finance": "finance", "Invoicing": "this product"}
    return {
        system: tuple(table.value for table in Table if table.value.startswith(start))
        for start, system in systems.items()
    }


def find_table(name: str) -> Table | None:
    """Find a table by its name, whatever its capitals."""
    return next((table for table in Table if table.value.lower() == name.lower()), None)
