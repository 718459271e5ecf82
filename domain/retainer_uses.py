"""How much of its customer's retainers a draft uses: by itself, and as people wish.

Project Operations documentation, invoice-retainer-advance-sales: an invoice applies every available retainer of its
contract customer, and people may lower what is applied. Where it is silent: the oldest first, never more than the
chargeable amount without tax; a refund takes what is left after that. What people have entered comes before the rest
and is only ever lowered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.backlog import retainer_line
from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.money import ZERO, total
from domain.option_sets import BillingType, RefundStatus, RetainerUse
from domain.proforma import Invoice, InvoiceLineDetail
from domain.retainer import EVENTS_MAX, LINE_NUMBER, Retainer, detail_columns

USES = (RetainerUse.APPLIED, RetainerUse.REFUND)

type Details = Mapping[tuple[str, RetainerUse], InvoiceLineDetail]


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a retainer a draft should use."""

    retainer: Retainer
    use: RetainerUse
    amount: Decimal
    # what stands on the draft; None: nothing yet
    detail: InvoiceLineDetail | None


def is_usable(retainer: Retainer, customer: str) -> bool:
    """Tell whether drafts of a contract customer may use a retainer."""
    is_his = retainer.contract_customer == customer
    return is_his and retainer.free > ZERO and len(retainer.events) < EVENTS_MAX


def is_to_be_refunded(retainer: Retainer, customer: str) -> bool:
    """Tell whether the next draft of a contract customer pays a retainer back."""
    return retainer.refund_status == RefundStatus.READY_TO_REFUND and is_usable(retainer, customer)


def fitted(
    invoice: Invoice,
    details: Iterable[InvoiceLineDetail],
    retainers: Iterable[Retainer],
    chargeable: Decimal,
    *,
    adds: bool,
) -> list[Use]:
    """Fit what a draft uses to what it bills and to what is available.

    Args:
        invoice: the draft.
        details: its details that use retainers.
        retainers: of its contract, the oldest first.
        chargeable: what it bills without retainers, without tax.
        adds: True: retainers that it does not use yet are applied, or paid back, as well.
    """
    standing = {(each.retainer_key or "", each.retainer_use or RetainerUse.APPLIED): each for each in details}
    mine = [each for each in retainers if _is_about(each, invoice, standing, adds=adds)]
    left = max(chargeable, ZERO)
    applied: dict[str, Decimal] = {}
    # what people have entered comes first
    for retainer in sorted(mine, key=lambda each: not _is_by_hand(each, standing)):
        amount = min(_wanted(retainer, invoice, standing, adds=adds), left)
        left -= amount
        applied[retainer.retainer] = amount
    uses = [
        Use(each, RetainerUse.APPLIED, applied[each.retainer], _standing(each, RetainerUse.APPLIED, standing))
        for each in mine
    ]
    uses += [_refund(each, invoice, standing, applied[each.retainer], adds=adds) for each in mine]
    return [each for each in uses if each.detail is not None or each.amount > ZERO]


def use_detail(invoice: Invoice, use: Use) -> InvoiceLineDetail:
    """Make the detail of a use that does not stand on the draft yet."""
    retainer = use.retainer
    common: dict[str, object] = {
        "detail": derive_id("invoice-line-detail", invoice.invoice, use.use.value, retainer.retainer),
        "invoice": invoice.invoice,
        "line": retainer_line(invoice.invoice),
        "line_number": LINE_NUMBER,
        "billing_type": BillingType.CHARGEABLE,
        "transaction_date": retainer.invoice_date,
        "currency": retainer.currency,
        "contract": retainer.contract,
        "contract_line": retainer.contract_line,
        "contract_customer": retainer.contract_customer,
        "source": retainer.retainer,
        "source_key": retainer.key.text,
    }
    return InvoiceLineDetail.model_validate({**common, **detail_columns(retainer, use.use, use.amount)})


def too_much(
    invoice: Invoice,
    edited: InvoiceLineDetail,
    others: Sequence[InvoiceLineDetail],
    retainers: Iterable[Retainer],
    chargeable: Decimal,
) -> Problem | None:
    """Tell why a draft can't use as much of a retainer as somebody has entered.

    Args:
        invoice: the draft.
        edited: the detail as it is wished.
        others: the other details that use retainers.
        retainers: of the contract.
        chargeable: what the draft bills without retainers.
    """
    retainer = next((each for each in retainers if each.key.text == edited.retainer_key), None)
    # what is applied comes before what is left to be refunded
    first = (each for each in others if each.retainer_key == edited.retainer_key)
    applied = total(-each.amount for each in first) if edited.retainer_use == RetainerUse.REFUND else ZERO
    available = ZERO if retainer is None else _own(retainer, invoice) - applied
    amount = -edited.amount
    if amount > available:
        what = f"can't use {amount} of retainer {edited.description}: {available} of it is available; enter no more"
        return Problem(ReasonCode.RETAINER_NOT_AVAILABLE, f"line detail {edited.detail} {what}", (edited.detail,))
    by_hand = total(-each.amount for each in others if each.by_hand and each.retainer_use == RetainerUse.APPLIED)
    room = max(chargeable - by_hand, ZERO)
    if edited.retainer_use == RetainerUse.APPLIED and amount > room:
        what = f"can't apply {amount}: only {room} of the invoice is left to be paid by retainers; enter no more"
        return Problem(ReasonCode.RETAINER_ABOVE_CHARGEABLE, f"line detail {edited.detail} {what}", (edited.detail,))
    return None


def _own(retainer: Retainer, invoice: Invoice) -> Decimal:
    return retainer.free + retainer.reserved(invoice.invoice, *USES)


def _standing(retainer: Retainer, use: RetainerUse, standing: Details) -> InvoiceLineDetail | None:
    return standing.get((retainer.key.text, use))


def _is_about(retainer: Retainer, invoice: Invoice, standing: Details, *, adds: bool) -> bool:
    stands = any(_standing(retainer, use, standing) for use in USES)
    reserved = retainer.reserved(invoice.invoice, *USES) > ZERO
    return stands or reserved or (adds and is_usable(retainer, invoice.contract_customer))


def _is_by_hand(retainer: Retainer, standing: Details) -> bool:
    detail = _standing(retainer, RetainerUse.APPLIED, standing)
    return detail is not None and bool(detail.by_hand)


def _wanted(retainer: Retainer, invoice: Invoice, standing: Details, *, adds: bool) -> Decimal:
    detail, own = _standing(retainer, RetainerUse.APPLIED, standing), _own(retainer, invoice)
    if detail is None:
        return own if adds and retainer.refund_status is None else ZERO
    return min(-detail.amount, own) if detail.by_hand else own


def _refund(retainer: Retainer, invoice: Invoice, standing: Details, applied: Decimal, *, adds: bool) -> Use:
    detail, left = _standing(retainer, RetainerUse.REFUND, standing), _own(retainer, invoice) - applied
    if detail is None:
        amount = left if adds and retainer.refund_status == RefundStatus.READY_TO_REFUND else ZERO
    else:
        amount = min(-detail.amount, left) if detail.by_hand else left
    return Use(retainer, RetainerUse.REFUND, amount, detail)
