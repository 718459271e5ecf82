"""What confirming a corrective line detail creates, by a table of rules of its own.

A correction says what is to be invoiced in all. So the billed sale is taken back as a whole, and what remains is billed
anew; what is no longer invoiced goes back to the contract's backlog, billed as before, and can be invoiced again. A fee
has no remainder; a milestone is only ever credited in full, and is Ready to invoice again.

Source: Project Operations documentation, revise-project-invoices, ActualsonTM and ActualonFP (rows), connectingactuals
and linkingactuals. Where they are silent: a line that was added by hand on a fixed-price line has never had an unbilled
sale, so its correction makes none.
"""

from collections.abc import Callable
from dataclasses import dataclass

from domain.actual_making import (
    Connected,
    End,
    Made,
    billed_sale,
    connect,
    invoice_origins,
    on_backlog,
    placed,
    reversal_of,
    unbilled_sale,
)
from domain.actuals import Actual
from domain.confirmation_edits import REPLACEMENT, REVERSAL, billed_at_once
from domain.confirmation_retainers import take_back
from domain.confirmed import Confirmation, Release, Terms
from domain.discount_fee import rests, shares
from domain.errors import Problem, ReasonCode
from domain.money import ZERO, multiply_alike
from domain.option_sets import AdjustmentStatus, BillingStatus, TransactionClass, TransactionType
from domain.proforma import InvoiceLineDetail
from domain.rows import RowKey

# the place of the connection of what goes back to the backlog
BACK = 5
# what a correction can't change
_KEPT = (
    *("transaction_class", "billing_type", "price", "currency", "transaction_date", "contract", "contract_line"),
    *("contract_customer", "project", "category", "resource", "product"),
)
# origins that an invoice gives; whatever else explains a billed sale is the work behind it
_INVOICE_ORIGINS = ("invoice:", "invoicedetail:", "msdyn_invoicelinetransaction:")

type Confirm = Callable[[Terms, InvoiceLineDetail, Actual], Confirmation | Problem]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table of rules."""

    name: str
    applies: Callable[[Terms, InvoiceLineDetail, Actual], bool]
    confirm: Confirm


def confirm_correction(terms: Terms, detail: InvoiceLineDetail, billed: object) -> Confirmation | Problem:
    """Decide what a corrective line detail becomes.

    Args:
        terms: the header and how it is confirmed.
        detail: one of its corrective details.
        billed: the billed sale that the detail names, as it stands now.

    Repeating it: the sale that this very confirmation has adjusted already gives the same rows.
    """
    if not isinstance(billed, Actual) or billed.corrected_by != detail.invoice:
        what = "the billed sale behind it is missing or not kept for this invoice; remove the line detail"
        return _problem(ReasonCode.BACKING_ACTUAL_MISSING, terms, detail, what)
    rule = next(rule for rule in CORRECTIONS if rule.applies(terms, detail, billed))
    return rule.confirm(terms, detail, billed)


def _problem(code: ReasonCode, terms: Terms, detail: InvoiceLineDetail, what: str) -> Problem:
    sentence = f"invoice {terms.invoice.number}, line detail {detail.detail}: {what}"
    return Problem(code, sentence, (detail.detail,))


def _refusal(code: ReasonCode, what: str) -> Confirm:
    return lambda terms, detail, billed: _problem(code, terms, detail, what)


def _is_misfit(detail: InvoiceLineDetail, billed: Actual) -> bool:
    is_product = detail.amount == multiply_alike(detail.quantity, detail.price, (detail.amount,))
    is_as_invoiced = (detail.quantity, detail.amount) == (billed.quantity, billed.amount)
    is_turned = detail.quantity * billed.quantity < ZERO
    kept = all(getattr(detail, name) == getattr(billed, name) for name in _KEPT)
    wanted = shares(billed, detail.amount)
    is_shared = all((getattr(detail, name) or None) == wanted[name] for name in wanted)
    return not kept or is_turned or not is_shared or not (is_product or is_as_invoiced)


def _is_same(detail: InvoiceLineDetail, billed: Actual) -> bool:
    return detail.quantity == billed.quantity and detail.invoice_tax == ZERO


def _is_without_unbilled_sale(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> bool:
    has_work = any(not origin.startswith(_INVOICE_ORIGINS) for origin in billed.origins)
    return detail.line in terms.fixed_price_lines and not has_work


def _credited(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> tuple[Made, Connected]:
    """Take the billed sale back, as of the day of the confirmation."""
    key = RowKey.from_text(detail.source_key or "")
    reversal = reversal_of(billed, key, detail, role="billed-sales-reversal", skip_sync=False)
    made = placed(detail, REVERSAL, reversal.changed(accounting_date=terms.on, corrected_by=None))
    return made, connect(detail, REVERSAL, End.of(made, "Reversing"), _original(detail))


def _original(detail: InvoiceLineDetail) -> End:
    return End(detail.source or "", RowKey.from_text(detail.source_key or ""), "Original")


def _origins(detail: InvoiceLineDetail, billed: Actual) -> tuple[str, ...]:
    return (*invoice_origins(detail), *billed.origins)


def _rows(credit: tuple[Made, Connected], *others: tuple[tuple[Made, ...], tuple[Connected, ...]]) -> Confirmation:
    """Put the credit together with what else a correction makes."""
    reversal, reversing = credit
    actuals = (reversal, *(made for mades, _ in others for made in mades))
    # what is billed crosses with the invoice; a credit has been billed as well
    crossing = tuple(
        each.actual.actual for each in actuals if each.actual.transaction_type == TransactionType.BILLED_SALES
    )
    return Confirmation(
        actuals=actuals,
        connections=(reversing, *(each for _, connections in others for each in connections)),
        source_changes={"msdyn_adjustmentstatus": int(AdjustmentStatus.ADJUSTED)},
        billed_sales=crossing,
    )


def _billed_anew(
    terms: Terms, detail: InvoiceLineDetail, billed: Actual
) -> tuple[tuple[Made, ...], tuple[Connected, ...]]:
    """Create, reverse and bill what remains."""
    part = billed_at_once(terms, detail, REPLACEMENT, origins=_origins(detail, billed))
    replacing = connect(detail, REPLACEMENT.sale, End.of(part.sale, "Replacing"), _original(detail))
    return part.actuals, (replacing, *part.connections)


def _back(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> tuple[tuple[Made, ...], tuple[Connected, ...]]:
    """Put on the contract's backlog what is no longer invoiced.

    It is worth what was invoiced less what is invoiced now, so that no cent is lost between two roundings.
    """
    sale = unbilled_sale(
        terms.invoice,
        detail,
        role="unbilled-sales-credited",
        quantity=billed.quantity - detail.quantity,
        amount=billed.amount - detail.amount,
        **rests(billed, detail),
        billing_status=BillingStatus.UNBILLED_SALES_CREATED,
        invoice=None,
        origins=_origins(detail, billed),
    )
    made = on_backlog(sale)
    return (made,), (connect(detail, BACK, End.of(made, "Replacing"), _original(detail)),)


def _milestone(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Confirmation:
    confirmation = _rows(_credited(terms, detail, billed))
    key = RowKey(billed.contract, f"{billed.transaction_date}|{billed.milestone}")
    return Confirmation(
        confirmation.actuals,
        confirmation.connections,
        confirmation.source_changes,
        confirmation.billed_sales,
        released=(Release(key, billed.invoice or ""),),
    )


def _retainer(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Confirmation | Problem:
    found = take_back(terms, detail, billed)
    return found if isinstance(found, Problem) else _rows(_credited(terms, detail, billed), found)


def _billed_only(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Confirmation:
    credit = _credited(terms, detail, billed)
    if detail.quantity == ZERO:
        return _rows(credit)
    sale = billed_sale(terms.invoice, detail, accounting_date=terms.on, origins=_origins(detail, billed))
    return _rows(credit, ((placed(detail, REPLACEMENT.billed, sale),), ()))


def _full(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Confirmation:
    return _rows(_credited(terms, detail, billed), _back(terms, detail, billed))


def _replaced(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Confirmation:
    return _rows(_credited(terms, detail, billed), _billed_anew(terms, detail, billed))


def _reduced(terms: Terms, detail: InvoiceLineDetail, billed: Actual) -> Confirmation:
    return _rows(
        _credited(terms, detail, billed),
        _billed_anew(terms, detail, billed),
        _back(terms, detail, billed),
    )


# fmt: off
CORRECTIONS: tuple[Rule, ...] = (
    # -- refused
    Rule(
        "retainer, in part",
        lambda terms, detail, billed: detail.retainer_use is not None and detail.quantity != ZERO,
        _refusal(ReasonCode.CORRECTION_NOT_SUPPORTED,
                 "what was invoiced of a retainer can only be credited in full; set its quantity to 0, or remove the "
                 "line detail"),
    ),
    Rule(
        "milestone, in part",
        lambda terms, detail, billed: billed.milestone is not None and detail.quantity != ZERO,
        _refusal(ReasonCode.CORRECTION_NOT_SUPPORTED,
                 "a milestone can only be credited in full; set its quantity to 0, or remove the line detail"),
    ),
    Rule(
        "not what a correction may change",
        lambda terms, detail, billed: _is_misfit(detail, billed),
        _refusal(ReasonCode.LINE_EDIT_NOT_SUPPORTED,
                 "a correction changes quantity and tax and nothing else, and keeps its sign; set the rest back"),
    ),
    Rule(
        "no difference",
        lambda terms, detail, billed: _is_same(detail, billed),
        _refusal(ReasonCode.CORRECTION_WITHOUT_DIFFERENCE,
                 "it is what was invoiced; change its quantity or tax, or remove the line detail"),
    ),
    # -- made
    Rule("retainer, in full", lambda terms, detail, billed: detail.retainer_use is not None, _retainer),
    Rule("milestone, in full", lambda terms, detail, billed: billed.milestone is not None, _milestone),
    Rule("billed without an unbilled sale", _is_without_unbilled_sale, _billed_only),
    Rule("in full", lambda terms, detail, billed: detail.quantity == ZERO, _full),
    Rule(
        "fee, in part",
        lambda terms, detail, billed: detail.transaction_class == TransactionClass.FEE,
        _replaced,
    ),
    Rule("in part", lambda terms, detail, billed: abs(detail.quantity) < abs(billed.quantity), _reduced),
    Rule("more than was invoiced", lambda terms, detail, billed: True, _replaced),
)
# fmt: on
