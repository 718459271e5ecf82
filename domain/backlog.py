"""The billing backlog: which items may be invoiced, which are due, and how a draft is made of them.

An item is an unbilled sales actual, a billing milestone, or a retainer that is not invoiced yet. Project Operations
documentation, manage-billing-backlog and create-manual-proforma-invoice: adjusted rows and rows without a contract
customer are never invoiced, only past-dated rows go on an invoice, one invoice for each contract and contract customer,
one invoice line for each line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from types import MappingProxyType

from pydantic import Field

from domain.actuals import Actual
from domain.contract import Milestone
from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.option_sets import (
    BillingStatus,
    MilestoneStatus,
    NotToExceedStatus,
    TransactionClass,
    TransactionType,
)
from domain.proforma import InvoiceLineDetail
from domain.record import Guid, Record
from domain.retainer import Retainer
from domain.rows import Columns, RowKey
from domain.tables import Table

ONE = "1"


class ItemKind(StrEnum):
    """What an item of the backlog is."""

    UNBILLED_SALES = "unbilled-sales"
    MILESTONE = "milestone"
    RETAINER = "retainer"


class BacklogEntry(Record):
    """A row of the work index `DataverseBillingBacklog`: one item that is Ready to invoice. Same key as the item."""

    kind: ItemKind = Field(alias="Kind")
    item: Guid = Field(alias="Item")


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the backlog, whatever it is."""

    kind: ItemKind
    # where it stands in its table
    key: RowKey
    # the version that was read
    etag: str
    id: str
    contract_line: str | None
    contract_customer: str | None
    dated: date
    currency: str
    # Ready to invoice and on no draft
    is_ready: bool
    # its status, as people read it, when that says that it is not open: canceled, invoiced, ...
    settled: str | None
    # the draft or invoice that it stands on
    invoice: str | None
    # why it can never be invoiced, if so
    exclusion: Problem | None
    row: Actual | Milestone | Retainer
    # the version of its entry on the work index, where that was read
    entry: str | None = None

    @property
    def table(self) -> Table:
        """Name the table that it stands in."""
        return ITEM_TABLES[self.kind]


ITEM_TABLES: Mapping[ItemKind, Table] = MappingProxyType(
    {
        ItemKind.UNBILLED_SALES: Table.DATAVERSE_ACTUALS,
        ItemKind.MILESTONE: Table.DATAVERSE_MILESTONES,
        ItemKind.RETAINER: Table.DATAVERSE_RETAINERS,
    }
)
# how each kind of item says that it is ready
READY_COLUMNS: Mapping[ItemKind, Columns] = MappingProxyType(
    {
        ItemKind.UNBILLED_SALES: MappingProxyType({"msdyn_billingstatus": int(BillingStatus.READY_TO_INVOICE)}),
        ItemKind.MILESTONE: MappingProxyType({"msdyn_invoicestatus": int(MilestoneStatus.READY_TO_INVOICE)}),
        ItemKind.RETAINER: MappingProxyType({"msdyn_invoicestatus": int(MilestoneStatus.READY_TO_INVOICE)}),
    }
)


# the statuses in which an item is open; in all others it was billed elsewhere, or never will be
OPEN_BILLING_STATUSES = frozenset((None, BillingStatus.UNBILLED_SALES_CREATED, BillingStatus.READY_TO_INVOICE))
OPEN_MILESTONE_STATUSES = frozenset((MilestoneStatus.NOT_READY, MilestoneStatus.READY_TO_INVOICE))


def source_kind(detail: InvoiceLineDetail) -> ItemKind:
    """Tell what kind of item stands behind a line detail; behind a correction stands an actual, what it has billed."""
    kinds = {TransactionClass.MILESTONE: ItemKind.MILESTONE, TransactionClass.RETAINER: ItemKind.RETAINER}
    default = ItemKind.UNBILLED_SALES
    return default if detail.correction else kinds.get(detail.transaction_class, default)


# exclusions that people can end, so they are told when the item would be due
TOLD = frozenset((ReasonCode.ITEM_HAS_NO_CUSTOMER, ReasonCode.ITEM_EXCEEDS_LIMIT))


def released_columns(kind: ItemKind) -> Columns:
    """Name the columns that put an item back on the backlog, ready."""
    return {**READY_COLUMNS[kind], "msdyn_invoice": None}


def claimed_columns(kind: ItemKind, invoice: str) -> Columns:
    """Name the columns that put an item on a draft: its status and the invoice's stamp."""
    status: Columns = {
        ItemKind.UNBILLED_SALES: {"msdyn_billingstatus": int(BillingStatus.CUSTOMER_INVOICE_CREATED)},
        ItemKind.MILESTONE: {"msdyn_invoicestatus": int(MilestoneStatus.CUSTOMER_INVOICE_CREATED)},
        ItemKind.RETAINER: {"msdyn_invoicestatus": int(MilestoneStatus.CUSTOMER_INVOICE_CREATED)},
    }[kind]
    return {**status, "msdyn_invoice": invoice}


def item_of_actual(actual: Actual, key: RowKey, etag: str) -> Item:
    """See an actual as an item of the backlog."""
    return Item(
        kind=ItemKind.UNBILLED_SALES,
        key=key,
        etag=etag,
        id=actual.actual,
        contract_line=actual.contract_line,
        contract_customer=actual.contract_customer,
        dated=actual.transaction_date,
        currency=actual.currency,
        is_ready=actual.billing_status == BillingStatus.READY_TO_INVOICE and actual.invoice is None,
        settled=None if actual.billing_status in OPEN_BILLING_STATUSES else _words(actual.billing_status),
        invoice=actual.invoice,
        exclusion=_exclusion_of_actual(actual),
        row=actual,
    )


def item_of_milestone(milestone: Milestone, key: RowKey, etag: str) -> Item:
    """See a milestone as an item of the backlog."""
    return Item(
        kind=ItemKind.MILESTONE,
        key=key,
        etag=etag,
        id=milestone.milestone,
        contract_line=milestone.contract_line,
        contract_customer=milestone.contract_customer,
        dated=milestone.milestone_date,
        currency=milestone.currency,
        is_ready=milestone.invoice_status == MilestoneStatus.READY_TO_INVOICE and milestone.invoice is None,
        settled=None if milestone.invoice_status in OPEN_MILESTONE_STATUSES else _words(milestone.invoice_status),
        invoice=milestone.invoice,
        exclusion=_exclusion_of_milestone(milestone),
        row=milestone,
    )


def item_of_retainer(retainer: Retainer, key: RowKey, etag: str) -> Item:
    """See a retainer as an item of the backlog."""
    return Item(
        kind=ItemKind.RETAINER,
        key=key,
        etag=etag,
        id=retainer.retainer,
        contract_line=retainer.contract_line,
        contract_customer=retainer.contract_customer,
        dated=retainer.invoice_date,
        currency=retainer.currency,
        is_ready=retainer.invoice_status == MilestoneStatus.READY_TO_INVOICE and retainer.invoice is None,
        settled=None if retainer.invoice_status in OPEN_MILESTONE_STATUSES else _words(retainer.invoice_status),
        invoice=retainer.invoice,
        exclusion=_no_customer("retainer", retainer.retainer, retainer.contract_customer),
        row=retainer,
    )


def _exclusion_of_actual(actual: Actual) -> Problem | None:
    if actual.transaction_type != TransactionType.UNBILLED_SALES:
        sentence = f"actual {actual.actual} is not unbilled sales; it can't be invoiced"
        return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (actual.actual,))
    if actual.adjustment_status is not None:
        state = _words(actual.adjustment_status)
        sentence = f"actual {actual.actual} is {state}; invoice the row that replaces it"
        return Problem(ReasonCode.ITEM_ADJUSTED, sentence, (actual.actual,))
    return _no_customer("actual", actual.actual, actual.contract_customer) or over_limit(actual)


def _exclusion_of_milestone(milestone: Milestone) -> Problem | None:
    if milestone.is_rest:
        sentence = (
            f"milestone {milestone.milestone} is what is left of milestone header {milestone.header}; say how much of "
            "the header is billed next"
        )
        return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (milestone.milestone, milestone.header or ""))
    return _no_customer("milestone", milestone.milestone, milestone.contract_customer)


def over_limit(actual: Actual) -> Problem | None:
    """Tell that a sale exceeds what its customer agreed to pay at most; only a sale that was found to is kept away."""
    if actual.nte_status != NotToExceedStatus.FAILED:
        return None
    sentence = f"actual {actual.actual} exceeds its not-to-exceed limit; raise the limit and evaluate it again"
    return Problem(ReasonCode.ITEM_EXCEEDS_LIMIT, sentence, (actual.actual,))


def _words(status: IntEnum | None) -> str | None:
    return None if status is None else status.name.lower().replace("_", " ")


def _no_customer(what: str, item: str, contract_customer: str | None) -> Problem | None:
    if contract_customer is not None:
        return None
    sentence = f"{what} {item} has no contract-line customer; name who pays on the contract line"
    return Problem(ReasonCode.ITEM_HAS_NO_CUSTOMER, sentence, (item,))


def ready_or_reason(item: Item, up_to: date) -> Problem | None:
    """Tell why an item can't be marked Ready to invoice; None when it can, also when it already is."""
    if item.exclusion is not None:
        return item.exclusion
    if item.invoice is not None:
        sentence = f"{item.kind} {item.id} already stands on invoice {item.invoice}"
        return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (item.id, item.invoice))
    if item.settled is not None:
        sentence = f"{item.kind} {item.id} has the status {item.settled}; only open items can be invoiced"
        return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (item.id,))
    if item.dated > up_to:
        sentence = f"{item.kind} {item.id} is dated {item.dated}, after {up_to}; only past-dated items can be invoiced"
        return Problem(ReasonCode.ITEM_NOT_ON_BACKLOG, sentence, (item.id,))
    return None


def is_due(item: Item, cut_off: date, invoice: str) -> bool:
    """Tell whether an item goes on the draft: ready and not dated later, or already claimed by this very draft.

    An item without a customer or over its limit is due all the same, so that whoever makes the draft can say why it
    stays behind.
    """
    if item.invoice is not None:
        return item.invoice == invoice
    is_fit = item.exclusion is None or item.exclusion.code in TOLD
    return item.is_ready and is_fit and item.dated <= cut_off


def draft_id(command: str, contract: str, contract_customer: str) -> str:
    """Derive the id of the draft that a command makes for one customer of a contract."""
    return derive_id("invoice", command, contract, contract_customer)


def line_id(invoice: str, contract_line: str) -> str:
    """Derive the id of the invoice line that stands for a contract line."""
    return derive_id("invoice-line", invoice, contract_line)


def retainer_line(invoice: str) -> str:
    """Name the place of retainers on an invoice: they stand on none of its lines."""
    return line_id(invoice, "retainers")
