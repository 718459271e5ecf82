"""Stage the refund of what is left of a retainer: on a draft, or on the contract for its next draft.

Project Operations documentation, invoice-retainer-advance-sales: a refund is staged as Ready to refund and made when
the invoice is confirmed; it is never above what is available, and never on a confirmed invoice.
"""

from domain.draft_acts import DraftAct
from domain.errors import NotYet, Problem, ReasonCode, Refused
from domain.money import ZERO
from domain.option_sets import RefundStatus
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.proforma import Invoice
from domain.retainer import Retainer
from domain.rows import RowKey
from domain.workflows.draft_acts import act_on_draft, always
from domain.workflows.draft_retainers import change_retainer, retainers_of


def refund_retainer(store: RowStore, *, contract: str, retainer: str, invoice: str | None = None) -> Outcome:
    """Stage a refund.

    Args:
        store: where the retainer stands.
        contract: id of its contract.
        retainer: its id.
        invoice: id of the draft that pays it back; None: the next draft of its customer.

    Raises:
        Refused: there is no such retainer, nothing of it is available, the draft is not one of its customer or can't be
            changed any more; nothing was changed.

    Repeating it: what is staged stays staged.
    """
    key = _key(store, contract, retainer)
    if invoice is not None:
        act_on_draft(store, invoice, lambda header: _check(store, header, key))
    try:
        change_retainer(store, key, _staged)
    except NotYet as error:
        raise Refused(error.problem) from error
    if invoice is None:
        return Outcome(Action.REFUND_STAGED, contract, {"retainer": retainer})
    header, _ = act_on_draft(store, invoice, always(DraftAct(kind="apply")))
    facts: dict[str, str | int] = {"retainer": retainer, "invoice": header.number, "amount": str(header.amount)}
    return Outcome(Action.REFUND_STAGED, invoice, facts)


def _key(store: RowStore, contract: str, retainer: str) -> RowKey:
    found = next((each.key for _, each in retainers_of(store, contract) if each.retainer == retainer), None)
    if found is None:
        sentence = f"contract {contract} has no retainer {retainer}; check the id"
        raise Refused(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (retainer, contract)))
    return found


def _staged(retainer: Retainer) -> Retainer:
    if retainer.refund_status == RefundStatus.READY_TO_REFUND:
        return retainer
    if retainer.free <= ZERO:
        sentence = (
            f"retainer {retainer.retainer} has nothing left to pay back: {retainer.available_amount} is available, of "
            "which drafts keep all; invoice it, or take it off the drafts first"
        )
        raise Refused(Problem(ReasonCode.RETAINER_NOT_REFUNDABLE, sentence, (retainer.retainer,)))
    return retainer.changed(refund_status=RefundStatus.READY_TO_REFUND)


def _check(store: RowStore, header: Invoice, key: RowKey) -> None:
    """Refuse a draft that can't pay the retainer back."""
    retainer = next((each for _, each in retainers_of(store, header.contract) if each.key == key), None)
    if retainer is None or retainer.contract_customer != header.contract_customer or header.has_corrections:
        sentence = f"invoice {header.number} can't pay back a retainer of another customer, or of a corrected invoice"
        raise Refused(Problem(ReasonCode.RETAINER_NOT_REFUNDABLE, sentence, (header.invoice,)))
    _staged(retainer)
