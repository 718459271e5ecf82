"""What a credit puts back on the backlog of its contract: new unbilled sales, and milestones that are ready again.

Both are on the backlog as soon as they stand, perhaps before the confirmation that put them there has come to its end.
So whoever goes on with it leaves alone what somebody has marked, invoiced or claimed since.
"""

from collections.abc import Iterable, Sequence

from domain.actual_making import Made
from domain.backlog import item_of_milestone
from domain.confirmed import Release
from domain.contract import Milestone
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import read_keys, save
from domain.tables import Table
from domain.workflows.due_items import put_back_indexed
from domain.workflows.milestone_headers import follow_items


def add_sales(store: RowStore, contract: str, made: Iterable[Made]) -> None:
    """Put unbilled sales on the backlog of a contract; those that stand already stay as they are."""
    new = {each.key: each.actual for each in made}
    standing = read_keys(store, Table.DATAVERSE_ACTUALS, new, ("msdyn_actualid",))
    missing = (Insert(key.row, actual.to_columns()) for key, actual in new.items() if key not in standing)
    save(store, Table.DATAVERSE_ACTUALS, contract, missing)


def release_milestones(store: RowStore, released: Sequence[Release]) -> None:
    """Make milestones Ready to invoice again, if they still stand on the invoice that was credited."""
    invoices = {each.key: each.invoice for each in released}
    rows = read_keys(store, Table.DATAVERSE_MILESTONES, invoices)
    items = [item_of_milestone(Milestone.from_columns(row.columns), key, row.etag) for key, row in rows.items()]
    put_back_indexed(store, [item for item in items if item.invoice == invoices[item.key]])
    follow_items(store, items)
