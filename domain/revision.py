"""Revising a posted invoice: which of its line details can be corrected, and the corrective draft that is made of them.

Project Operations documentation, revise-project-invoices: chosen or all transactions are copied to a new or an existing
draft, with quantity zero, which credits them in full; the project manager enters what is to be invoiced in all.
Milestones are always credited in full. What was written off beside a line is not on the customer's invoice: it stays.

Where the documentation is silent: an invoice is revised once finance has posted its customer invoice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from domain.actual_making import Connected, End, connect
from domain.actuals import Actual
from domain.backlog import line_id, retainer_line
from domain.commands import ReviseInvoice
from domain.confirmation_edits import REPLACEMENT
from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.money import ZERO
from domain.option_sets import AdjustmentStatus, ProjectInvoiceStatus, RetainerUse, TransactionType
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import Columns, RowKey

POSTED = frozenset((ProjectInvoiceStatus.POSTED, ProjectInvoiceStatus.PAID))
# what a corrective detail takes over from the billed sale; price and billing type stay as they were invoiced
_FROM_SALE = (
    *("transaction_class", "billing_type", "price", "currency", "transaction_date", "contract", "contract_line"),
    *("contract_customer", "project", "category", "resource", "description"),
    *("external_description", "origins"),
)
# what the correction of a detail does to its retainer
_TAKES_BACK: Mapping[RetainerUse, RetainerUse] = MappingProxyType(
    {
        RetainerUse.NEW: RetainerUse.WITHDRAWN,
        RetainerUse.APPLIED: RetainerUse.CREDITED,
        RetainerUse.REFUND: RetainerUse.CREDITED,
    }
)
# what a billed sale becomes when it is free again
FREED: Columns = MappingProxyType({"msdyn_adjustmentstatus": None, "invoicing_correctedby": None})


@dataclass(frozen=True, slots=True)
class Billed:
    """A line detail of a posted invoice and the billed sale that stands for it."""

    detail: InvoiceLineDetail
    sale: Actual
    key: RowKey


def corrective_draft_id(command: ReviseInvoice) -> str:
    """Name the draft that the command makes or adds to."""
    return command.add_to or derive_id("corrective-invoice", command.command, command.invoice)


def is_billed_for_detail(sale: Actual, key: RowKey) -> bool:
    """Tell whether an actual of an invoice is what a line detail has billed, not a reversal and not a write-off."""
    place = key.row.rsplit("|", 2)[1]
    is_billed = sale.transaction_type == TransactionType.BILLED_SALES and place == str(REPLACEMENT.billed)
    return is_billed and sale.adjustment_status != AdjustmentStatus.UNADJUSTABLE


def detail_row_of(key: RowKey) -> str:
    """Give the row key of the line detail behind which an actual stands."""
    return key.row.rsplit("|", 2)[0]


def may_be_revised(invoice: Invoice) -> Problem | None:
    """Tell why an invoice can't be revised (yet)."""
    if invoice.status in POSTED:
        return None
    sentence = (
        f"invoice {invoice.number} is {invoice.status.name.lower().replace('_', ' ')}, its customer invoice is not "
        "posted; edit a draft, or revise the invoice when finance has posted it"
    )
    return Problem(ReasonCode.CORRECTION_BEFORE_POSTING, sentence, (invoice.invoice,))


def chosen(invoice: Invoice, billed: Sequence[Billed], command: ReviseInvoice) -> Sequence[Billed] | Problem:
    """Choose what goes on the corrective draft.

    Args:
        invoice: the invoice that is revised.
        billed: its line details with what they have billed, as it stands.
        command: names line details, or none for all that are left.

    Returns:
        What can be corrected, also what this very draft has claimed already; or the first problem:
        LINE_DETAIL_UNKNOWN, ALREADY_REVISED, NOTHING_TO_REVISE.
    """
    draft, by_id = corrective_draft_id(command), {each.detail.detail: each for each in billed}
    named = [by_id[detail] for detail in dict.fromkeys(command.details) if detail in by_id]
    wanted = named if command.details else [each for each in billed if _is_free(each.sale, draft)]
    taken = [each for each in wanted if not _is_free(each.sale, draft)]
    if taken:
        return _already_revised(invoice, taken)
    if len(named) < len(set(command.details)) or not wanted:
        return _nothing(invoice, sorted(set(command.details) - by_id.keys()))
    return wanted


def not_on_invoice(invoice: Invoice, details: Iterable[str], known: Iterable[str]) -> Problem | None:
    """Name the chosen line details that the invoice does not have."""
    strangers = sorted(set(details) - set(known))
    if not strangers:
        return None
    sentence = f"invoice {invoice.number} has no line detail {', '.join(strangers[:5])}; choose among its own"
    return Problem(ReasonCode.LINE_DETAIL_UNKNOWN, sentence, tuple(strangers))


def may_be_added_to(draft: Invoice, invoice: Invoice) -> Problem | None:
    """Tell why corrections of an invoice can't be added to a draft."""
    same = ("contract", "contract_customer", "currency", "owning_company")
    if draft.has_corrections and all(getattr(draft, name) == getattr(invoice, name) for name in same):
        return None
    sentence = (
        f"corrections of invoice {invoice.number} can't be added to {draft.number}; choose a corrective draft of the "
        "same contract and customer, or make a new one"
    )
    return Problem(ReasonCode.CORRECTIVE_DRAFT_UNFIT, sentence, (draft.invoice, invoice.invoice))


def claimed_columns(draft: str) -> Columns:
    """Name the columns that keep a billed sale for one corrective draft."""
    return {"msdyn_adjustmentstatus": int(AdjustmentStatus.IN_PROCESS), "invoicing_correctedby": draft}


def corrective_detail(draft: str, billed: Billed) -> InvoiceLineDetail:
    """Copy what a line detail has billed to a corrective draft, as a full credit."""
    sale, original = billed.sale, billed.detail
    taken = {name: getattr(sale, name) for name in _FROM_SALE}
    own: Mapping[str, object] = {
        "detail": derive_id("corrective-detail", draft, sale.actual),
        "invoice": draft,
        "line": line_id(draft, line) if (line := _line_of(original)) else retainer_line(draft),
        "line_number": original.line_number,
        "quantity": ZERO,
        "amount": ZERO,
        "correction": True,
        "original_detail": original.detail,
        "previous_amount": sale.amount,
        "previous_discount": sale.discount,
        "previous_fee": sale.fee,
        "previous_quantity": sale.quantity,
        "previous_tax": original.tax,
        "source": sale.actual,
        "source_key": billed.key.text,
        "retainer_use": None if original.retainer_use is None else _TAKES_BACK.get(original.retainer_use),
        "retainer_key": original.retainer_key,
    }
    return InvoiceLineDetail.model_validate({**taken, **own})


def _line_of(original: InvoiceLineDetail) -> str | None:
    return None if original.retainer_use is not None else original.contract_line


def correction_connection(detail: InvoiceLineDetail) -> Connected:
    """Connect a corrective detail to the billed sale that it replaces."""
    replaced = End(detail.source or "", RowKey.from_text(detail.source_key or ""), "Original")
    return connect(detail, 0, End(detail.detail, detail.key, "Replacing", "msdyn_invoicelinetransaction"), replaced)


def corrective_header(invoice: Invoice, command: ReviseInvoice, number: str) -> Invoice:
    """Make the header of a new corrective draft, before its totals are counted."""
    draft = corrective_draft_id(command)
    same = ("name", "contract", "contract_customer", "customer", "currency", "owning_company", "payment_terms")
    own: Mapping[str, object] = {
        "invoice": draft,
        "number": number,
        "status": ProjectInvoiceStatus.DRAFT,
        "amount": ZERO,
        "tax": ZERO,
        "total": ZERO,
        "has_corrections": True,
        "details": 0,
        "created_by": command.command,
        "correlation": derive_id("correlation", draft),
    }
    return Invoice.model_validate({**{name: getattr(invoice, name) for name in same}, **own})


def _is_free(sale: Actual, draft: str) -> bool:
    return sale.adjustment_status is None or sale.corrected_by == draft


def _already_revised(invoice: Invoice, taken: Sequence[Billed]) -> Problem:
    drafts = ", ".join(sorted({each.sale.corrected_by or "" for each in taken}))
    sentence = (
        f"invoice {invoice.number}: {len(taken)} line detail(s) are corrected by invoice {drafts} already; "
        "change that draft, or revise that invoice when it is posted"
    )
    return Problem(ReasonCode.ALREADY_REVISED, sentence, tuple(each.detail.detail for each in taken))


def _nothing(invoice: Invoice, details: Sequence[str]) -> Problem:
    what = f"line details {', '.join(details[:5])} have billed nothing" if details else "nothing is left to correct"
    sentence = f"invoice {invoice.number}: {what}; choose line details whose billed sales stand uncorrected"
    return Problem(ReasonCode.NOTHING_TO_REVISE, sentence, (invoice.invoice, *details))
