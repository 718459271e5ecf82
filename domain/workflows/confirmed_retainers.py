"""What a confirmation does to retainers: written in their rows before the actuals are made of it.

Two invoices that use the same retainer are confirmed one after the other by its version. What an invoice has done
stands among the retainer's events, so whoever goes on with the confirmation finds it and makes the same rows.
"""

from collections.abc import Iterable
from decimal import Decimal

from domain.backlog import BacklogEntry, ItemKind
from domain.errors import NotYet, Problem, ReasonCode, Refused
from domain.money import ZERO
from domain.option_sets import RetainerUse
from domain.ports import RowStore
from domain.proforma import Invoice, InvoiceLineDetail
from domain.retainer import Retainer
from domain.rows import RowKey
from domain.saving import read_keys
from domain.tables import Table
from domain.workflows.backlog_index import put_on_index
from domain.workflows.draft_retainers import change_retainer, retainer_details


def read_retainers(store: RowStore, details: Iterable[InvoiceLineDetail]) -> dict[str, Retainer]:
    """Read the retainers that details are about, by key text."""
    keys = {RowKey.from_text(each.retainer_key) for each in details if each.retainer_key}
    rows = read_keys(store, Table.DATAVERSE_RETAINERS, keys)
    return {key.text: Retainer.from_columns(row.columns) for key, row in rows.items()}


def reserve_withdrawals(store: RowStore, invoice: Invoice) -> None:
    """Keep retainers whose billing is credited for this invoice, before it is being confirmed.

    Raises:
        Refused: somebody has used or reserved some of one since it was decided.
    """
    for _, detail in retainer_details(store, invoice.invoice):
        if detail.retainer_use == RetainerUse.WITHDRAWN:
            _reserve(store, invoice, detail)


def _reserve(store: RowStore, invoice: Invoice, detail: InvoiceLineDetail) -> None:
    def reserved(retainer: Retainer) -> Retainer:
        use, amount = RetainerUse.WITHDRAWN, _amount(detail)
        if retainer.event_of(detail.detail) or retainer.reserved(invoice.invoice, use) == amount:
            return retainer
        if retainer.free != amount:
            sentence = (
                f"invoice {invoice.number}, line detail {detail.detail}: some of the retainer is used or reserved; "
                "credit the invoices that use it, and take it off drafts, first"
            )
            raise Refused(Problem(ReasonCode.RETAINER_NOT_AVAILABLE, sentence, (detail.detail,)))
        return retainer.reserving(invoice.invoice, use, amount)

    change_retainer(store, RowKey.from_text(detail.retainer_key or ""), reserved)


def take_retainers(store: RowStore, invoice: Invoice) -> None:
    """Let every use of the invoice happen to its retainer, once.

    Raises:
        NotYet: a retainer does not let it happen any more, or others keep changing it.
    """
    details = [each for _, each in retainer_details(store, invoice.invoice) if each.retainer_use != RetainerUse.NEW]
    # what is applied comes before what is left to be refunded
    for detail in sorted(details, key=lambda each: each.retainer_use == RetainerUse.REFUND):
        if _amount(detail):
            _happen(store, invoice, detail)


def post_new_retainers(store: RowStore, invoice: Invoice) -> None:
    """Make the retainers that the invoice bills available; the last thing before the invoice is confirmed."""
    for _, detail in retainer_details(store, invoice.invoice):
        if detail.retainer_use == RetainerUse.NEW:
            _happen(store, invoice, detail)


def _amount(detail: InvoiceLineDetail) -> Decimal:
    return abs(detail.amount - (detail.previous_amount or ZERO))


def _happen(store: RowStore, invoice: Invoice, detail: InvoiceLineDetail) -> None:
    use, amount = detail.retainer_use or RetainerUse.APPLIED, detail.amount - (detail.previous_amount or ZERO)
    key = RowKey.from_text(detail.retainer_key or "")

    def happened(retainer: Retainer) -> Retainer:
        event = retainer.event(use, invoice.invoice, detail.detail, abs(amount))
        if retainer.event_of(detail.detail) is not None:
            return retainer
        if event.after < ZERO or not _is_kept(retainer, invoice, use, detail):
            sentence = f"invoice {invoice.number}: retainer {retainer.retainer} was changed meanwhile; look at its row"
            raise NotYet(Problem(ReasonCode.RETAINER_NOT_AVAILABLE, sentence, (retainer.retainer,)))
        if use == RetainerUse.WITHDRAWN:
            _index(store, retainer)
        return retainer.happened(event)

    change_retainer(store, key, happened)


def _is_kept(retainer: Retainer, invoice: Invoice, use: RetainerUse, detail: InvoiceLineDetail) -> bool:
    if use == RetainerUse.NEW:
        return retainer.invoice == invoice.invoice
    return use == RetainerUse.CREDITED or retainer.reserved(invoice.invoice, use) == _amount(detail)


def _index(store: RowStore, retainer: Retainer) -> None:
    # the work index first: an entry whose item is not ready is passed over, an item without its entry is forgotten
    entry = BacklogEntry(kind=ItemKind.RETAINER, item=retainer.retainer)
    put_on_index(store, {retainer.key: entry})
