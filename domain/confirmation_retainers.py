"""What confirming a line detail about a retainer creates: billing it, using it, paying it back, and taking that back.

What is left of a retainer stands as one unbilled sale that is negative and never crosses to finance, which keeps it on
account. Whoever changes what is left reverses that sale as a whole and makes a new one of the rest.

Source: Project Operations documentation, confirm-proforma-invoice and invoice-retainer-advance-sales (rows of a
retainer that is invoiced, fully and partly applied). Where it is silent: connections as those of unbilled sales
(connectingactuals); a refund is as an application; corrections turn the rows round, always in full.
"""

from collections.abc import Iterable
from decimal import Decimal

from domain.actual_making import Connected, End, Made, billed_sale, connect, invoice_origins, placed, unbilled_sale
from domain.actuals import Actual
from domain.confirmation_edits import REPLACEMENT
from domain.confirmed import Confirmation, Terms
from domain.errors import Problem, ReasonCode
from domain.money import ZERO
from domain.option_sets import AdjustmentStatus, MilestoneStatus, RetainerUse
from domain.proforma import InvoiceLineDetail
from domain.retainer import OPEN, Retainer, RetainerEvent, open_sale
from domain.rows import RowKey

# the place of what takes back the unbilled sale of what was left before
CLOSED = 4
# the sale of what is left carries quantity 1, as what was invoiced does
ONE = Decimal(1)

type Rows = tuple[tuple[Made, ...], tuple[Connected, ...]]


def confirm_new(terms: Terms, detail: InvoiceLineDetail) -> Confirmation | Problem:
    """Bill a retainer: a billed sale of its amount, and an unbilled sale that stands for what is left to be used."""
    retainer = terms.retainers.get(detail.retainer_key or "")
    if retainer is None or retainer.invoice != detail.invoice or not _is_open(terms, retainer, detail):
        what = "the retainer behind it is missing, or not on this invoice; remove the line detail"
        return _problem(ReasonCode.BACKING_ACTUAL_MISSING, terms, detail, what)
    if (detail.quantity, detail.price, detail.amount) != (ONE, retainer.amount, retainer.amount):
        what = "it is not billed as the retainer stands; remove it and add it again"
        return _problem(ReasonCode.LINE_EDIT_NOT_SUPPORTED, terms, detail, what)
    event = retainer.event(RetainerUse.NEW, detail.invoice, detail.detail, detail.amount)
    billed = _billed(terms, detail, retainer)
    (left,) = _left(terms, detail, retainer, event)
    connection = connect(detail, REPLACEMENT.billed, End.of(billed, "Billed Sales"), End.of(left, "Unbilled Sales"))
    return Confirmation((billed, left), (connection,), {}, (billed.actual.actual,))


def confirm_use(terms: Terms, detail: InvoiceLineDetail) -> Confirmation | Problem:
    """Apply a retainer, or pay back what is left of it; an application of nothing makes nothing.

    Of 1,000 that are available 300 are applied: the sale of the 1,000 is reversed, 300 are billed as negative, and a
    new sale stands for the 700 that are left.
    """
    if detail.amount == ZERO:
        return Confirmation((), (), {}, ())
    retainer, use = terms.retainers.get(detail.retainer_key or ""), detail.retainer_use or RetainerUse.APPLIED
    amount = -detail.amount
    if retainer is None or (
        retainer.event_of(detail.detail) is None and retainer.reserved(detail.invoice, use) != amount
    ):
        what = "so much of the retainer is not kept for this invoice; refresh the draft, or remove the line detail"
        return _problem(ReasonCode.RETAINER_NOT_AVAILABLE, terms, detail, what)
    event = retainer.event(use, detail.invoice, detail.detail, amount)
    billed = _billed(terms, detail, retainer)
    before = _before(retainer, detail)
    closed, connections = _closed(terms, detail, retainer, event, before)
    left = _left(terms, detail, retainer, event)
    ends = (before,) if before is not None else ()
    linked = [
        connect(detail, REPLACEMENT.billed, End.of(billed, "Billed Sales"), _as(end, "Unbilled Sales")) for end in ends
    ]
    linked += [connect(detail, OPEN, End.of(each, "Replacing"), end) for each in left for end in ends]
    return Confirmation((billed, *closed, *left), (*connections, *linked), {}, (billed.actual.actual,))


def take_back(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Rows | Problem:
    """Tell what the unbilled sales become when the billing, an application or a refund of a retainer is credited."""
    retainer, use = terms.retainers.get(detail.retainer_key or ""), detail.retainer_use or RetainerUse.CREDITED
    if retainer is None:
        what = "the retainer behind it is missing; remove the line detail"
        return _problem(ReasonCode.BACKING_ACTUAL_MISSING, terms, detail, what)
    amount = abs(billed.amount)
    is_new = use == RetainerUse.WITHDRAWN and retainer.event_of(detail.detail) is None
    if is_new and retainer.free + retainer.reserved(detail.invoice, use) != amount:
        what = (
            "some of the retainer is used or reserved; credit the invoices that use it, and take it off drafts, first"
        )
        return _problem(ReasonCode.RETAINER_NOT_AVAILABLE, terms, detail, what)
    event = retainer.event(use, detail.invoice, detail.detail, amount)
    closed, connections = _closed(terms, detail, retainer, event, _before(retainer, detail))
    left = _left(terms, detail, retainer, event)
    original = End(detail.source or "", RowKey.from_text(detail.source_key or ""), "Original")
    replacing = (connect(detail, OPEN, End.of(each, "Replacing"), original) for each in left)
    return (*closed, *left), (*connections, *replacing)


def _problem(code: ReasonCode, terms: Terms, detail: InvoiceLineDetail, what: str) -> Problem:
    sentence = f"invoice {terms.invoice.number}, line detail {detail.detail}: {what}"
    return Problem(code, sentence, (detail.detail,))


def _is_open(terms: Terms, retainer: Retainer, detail: InvoiceLineDetail) -> bool:
    # whoever goes on with a confirmation meets what it has done already
    is_done = terms.invoice.confirmed_by is not None and retainer.event_of(detail.detail) is not None
    return is_done or retainer.invoice_status == MilestoneStatus.CUSTOMER_INVOICE_CREATED


def _origins(detail: InvoiceLineDetail, retainer: Retainer) -> tuple[str, ...]:
    return (*invoice_origins(detail), f"msdyn_contractretainer:{retainer.retainer}")


def _billed(terms: Terms, detail: InvoiceLineDetail, retainer: Retainer) -> Made:
    sale = billed_sale(terms.invoice, detail, accounting_date=terms.on, origins=_origins(detail, retainer))
    return placed(detail, REPLACEMENT.billed, sale)


def _left(terms: Terms, detail: InvoiceLineDetail, retainer: Retainer, event: RetainerEvent) -> Iterable[Made]:
    """Make the unbilled sale of what is left, if anything is."""
    if event.after == ZERO or event.use == RetainerUse.WITHDRAWN:
        return ()
    id_ = open_sale(detail.detail)
    given = _amounts(-ONE, event.after) | {"actual": id_, "origins": _origins(detail, retainer)}
    return (placed(detail, OPEN, unbilled_sale(terms.invoice, detail, role="retainer", skip_sync=True, **given)),)


def _closed(
    terms: Terms, detail: InvoiceLineDetail, retainer: Retainer, event: RetainerEvent, before: End | None
) -> Rows:
    """Take back the unbilled sale of what was left before, if anything was."""
    if event.before == ZERO:
        return (), ()
    given = _amounts(ONE, event.before) | {"origins": _origins(detail, retainer)}
    own: dict[str, object] = {"billing_status": None, "adjustment_status": AdjustmentStatus.UNADJUSTABLE}
    sale = unbilled_sale(terms.invoice, detail, role="unbilled-sales-retainer-reversal", skip_sync=True, **given, **own)
    made = placed(detail, CLOSED, sale)
    if before is None:
        return (made,), ()
    return (made,), (connect(detail, CLOSED, End.of(made, "Reversing"), before),)


def _amounts(quantity: Decimal, price: Decimal) -> dict[str, object]:
    return {"quantity": quantity, "price": price, "amount": quantity * price}


def _before(retainer: Retainer, detail: InvoiceLineDetail) -> End | None:
    """Find the unbilled sale of what was left before; None: nothing was, or another system has made it."""
    event = retainer.opened_before(detail.detail)
    return None if event is None else End(open_sale(event.detail), retainer.open_key(event), "Original")


def _as(end: End, role: str) -> End:
    return End(end.record, end.key, role)
