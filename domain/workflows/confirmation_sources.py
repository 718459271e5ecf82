"""What stands behind the line details of an invoice when it is confirmed: read with few calls, page by page."""

from collections.abc import Sequence
from dataclasses import replace

from domain.actuals import Actual
from domain.backlog import ItemKind, source_kind
from domain.confirmation import Source
from domain.confirmed import Terms
from domain.contract import Milestone
from domain.discount_fee import has_any
from domain.option_sets import BillingMethod
from domain.ports import RowStore
from domain.proforma import InvoiceLine, InvoiceLineDetail
from domain.rows import RowKey
from domain.saving import read_keys
from domain.tables import Table
from domain.workflows.confirmed_retainers import read_retainers
from domain.workflows.reading import read_records


def read_sources(
    store: RowStore, details: Sequence[InvoiceLineDetail]
) -> tuple[dict[RowKey, Source], dict[RowKey, str]]:
    """Read the unbilled sale, milestone or billed sale that each detail names, as far as they stand.

    Returns:
        What was read, and the versions of the milestones: a credit puts them back on the backlog, so a worker who was
        slow must not bill them a second time. Sales never come back.
    """
    keys: dict[ItemKind, list[RowKey]] = {kind: [] for kind in ItemKind}
    for detail in details:
        if detail.source_key is not None:
            keys[source_kind(detail)].append(RowKey.from_text(detail.source_key))
    sales = read_keys(store, Table.DATAVERSE_ACTUALS, keys[ItemKind.UNBILLED_SALES])
    milestones = read_keys(store, Table.DATAVERSE_MILESTONES, keys[ItemKind.MILESTONE])
    found: dict[RowKey, Source] = {key: Actual.from_columns(row.columns) for key, row in sales.items()}
    found |= {key: Milestone.from_columns(row.columns) for key, row in milestones.items()}
    return found, {key: row.etag for key, row in milestones.items()}


def terms_for(store: RowStore, terms: Terms, details: Sequence[InvoiceLineDetail]) -> Terms:
    """Add what only some details ask for: how their invoice lines are billed, and their retainers."""
    if any(detail.source_key is None or detail.correction or has_any(detail) for detail in details):
        # only lines that were added by hand, their corrections, discount and fee ask how their invoice line is billed
        terms = replace(terms, fixed_price_lines=_fixed_price_lines(store, terms.invoice.invoice))
    if any(detail.retainer_key for detail in details):
        terms = replace(terms, retainers=read_retainers(store, details))
    return terms


def _fixed_price_lines(store: RowStore, invoice: str) -> frozenset[str]:
    lines = read_records(store, Table.DATAVERSE_INVOICE_LINES, invoice, InvoiceLine)
    return frozenset(line.line for line in lines if line.billing_method == BillingMethod.FIXED_PRICE)
