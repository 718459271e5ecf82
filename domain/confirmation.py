"""What confirming a proforma invoice creates, one line detail at a time: the table that decides.

Project Operations documentation, confirm-proforma-invoice, ActualsonTM and ActualonFP: for every transaction a reversal
of its unbilled sale and a billed sale; for every milestone a billed sale. Connections and origins: connectingactuals,
linkingactuals.

`SCENARIOS` is the table of rules, in order of precedence: the first scenario that applies decides. A scenario that is
not offered refuses, with its reason and the way out.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from domain.actual_making import End, billed_sale, connect, invoice_origins, placed, reversal_of
from domain.actuals import Actual
from domain.backlog import over_limit
from domain.confirmation_corrections import confirm_correction
from domain.confirmation_edits import confirm_edited, confirm_manual
from domain.confirmation_retainers import confirm_new, confirm_use
from domain.confirmed import Confirmation, Terms
from domain.contract import Milestone
from domain.discount_fee import NAMES as DISCOUNT_FEE
from domain.discount_fee import has_any, out_of_bounds
from domain.errors import Problem, ReasonCode
from domain.money import multiply_alike
from domain.option_sets import AdjustmentStatus, BillingStatus, MilestoneStatus, RetainerUse, TransactionClass
from domain.proforma import InvoiceLineDetail
from domain.rows import RowKey

# what a milestone is billed in
ONE = Decimal(1)
TRANSACTION_CLASSES = frozenset(
    (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE)
)

# what says how much is billed: editing it adjusts the sale behind the detail
BILLED = ("quantity", "price", "amount", *DISCOUNT_FEE, "billing_type")
# what a detail takes over from the row behind it and keeps
FROM_ACTUAL = (
    *("transaction_class", "currency", "transaction_date"),
    *("contract", "contract_line", "contract_customer", "project", "category", "resource", "product"),
)
FROM_MILESTONE = (
    *("transaction_class", "amount", "currency", "contract"),
    *("contract_line", "contract_customer", "project"),
)

type Source = Actual | Milestone | None
type Confirm = Callable[[Terms, InvoiceLineDetail, Source], Confirmation | Problem]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table of rules."""

    name: str
    applies: Callable[[Terms, InvoiceLineDetail, Source], bool]
    confirm: Confirm


def confirm_detail(terms: Terms, detail: InvoiceLineDetail, source: Source) -> Confirmation | Problem:
    """Decide what a line detail becomes when its invoice is confirmed.

    Args:
        terms: the header and how it is confirmed.
        detail: one of its line details.
        source: the unbilled sale or milestone that the detail names, as it stands now; None when there is none.

    Returns:
        The rows to write, or the problem that refuses the invoice.
    """
    scenario = next(rule for rule in SCENARIOS if rule.applies(terms, detail, source))
    return scenario.confirm(terms, detail, source)


def digest_of(ids: Iterable[str]) -> str:
    """Digest a set of ids: SHA-256 over the lower-case ids, sorted, joined by commas."""
    return hashlib.sha256(",".join(sorted(ids)).encode()).hexdigest()


def _refusal(code: ReasonCode, what: str) -> Confirm:
    def refuse(terms: Terms, detail: InvoiceLineDetail, source: Source) -> Problem:
        sentence = f"invoice {terms.invoice.number}, line detail {detail.detail}: {what}"
        return Problem(code, sentence, (detail.detail,))

    return refuse


def _misfits(detail: InvoiceLineDetail, source: Source) -> list[str]:
    """Name what no edit of a draft can have brought about."""
    if isinstance(source, Milestone):
        edits = [name for name in FROM_MILESTONE if getattr(detail, name) != getattr(source, name)]
        own = (("quantity", ONE), ("price", source.amount), ("transaction_date", source.milestone_date))
        return edits + [name for name, value in own if getattr(detail, name) != value]
    if not isinstance(source, Actual):
        return [] if _is_product(detail) else ["amount"]
    edits = [name for name in FROM_ACTUAL if getattr(detail, name) != getattr(source, name)]
    is_repriced = (detail.quantity, detail.price) != (source.quantity, source.price)
    is_right = _is_product(detail) or (not is_repriced and detail.amount == source.amount)
    return edits if is_right else [*edits, "amount"]


def _is_product(detail: InvoiceLineDetail) -> bool:
    return detail.amount == multiply_alike(detail.quantity, detail.price, (detail.amount,))


def _refuse_edit(terms: Terms, detail: InvoiceLineDetail, source: Source) -> Confirmation | Problem:
    names = ", ".join(name.replace("_", " ") for name in _misfits(detail, source))
    what = f"it can't be billed as it stands because of its {names}; set it back, or remove it and add it again"
    return _refusal(ReasonCode.LINE_EDIT_NOT_SUPPORTED, what)(terms, detail, source)


def _is_edited(detail: InvoiceLineDetail, source: Source) -> bool:
    return isinstance(source, Actual) and any(getattr(detail, name) != getattr(source, name) for name in BILLED)


def _is_foreign(terms: Terms, detail: InvoiceLineDetail, source: Source) -> bool:
    if source is None or source.invoice != detail.invoice:
        return True
    return isinstance(source, Actual) and source.adjustment_status is not None and not _is_ours(terms, source)


def _is_ours(terms: Terms, source: Actual) -> bool:
    # whoever goes on with a confirmation meets the sales that it has adjusted already
    adjusted = (AdjustmentStatus.ADJUSTED, BillingStatus.CANCELED)
    has_begun = terms.invoice.confirmed_by is not None
    return has_begun and (source.adjustment_status, source.billing_status) == adjusted


def _has_wrong_share(terms: Terms, detail: InvoiceLineDetail, source: Source) -> bool:
    """Tell whether it has a discount or a fee that it must not have, or more of it than its amount."""
    if not has_any(detail):
        return False
    is_work = detail.transaction_class in TRANSACTION_CLASSES and detail.line not in terms.fixed_price_lines
    return not is_work or any(out_of_bounds(detail))


def _is_over_limit(source: Source) -> bool:
    return isinstance(source, Actual) and over_limit(source) is not None


def _edited(terms: Terms, detail: InvoiceLineDetail, source: Source) -> Confirmation | Problem:
    if not isinstance(source, Actual):
        raise TypeError("an edited transaction is confirmed from its unbilled sale")
    return confirm_edited(terms, detail, source)


def _transaction(terms: Terms, detail: InvoiceLineDetail, source: Source) -> Confirmation | Problem:
    if not isinstance(source, Actual):
        raise TypeError("a transaction is confirmed from its unbilled sale")
    source_key = RowKey.from_text(detail.source_key or "")
    # finance does not reverse an unbilled sale when it is invoiced, it marks it as invoiced: the reversal stays here
    taken_back = reversal_of(source, source_key, detail, role="unbilled-sales-reversal", skip_sync=True)
    reversal = placed(detail, 1, taken_back)
    origins = (*invoice_origins(detail), *source.origins)
    billed = placed(detail, 2, billed_sale(terms.invoice, detail, accounting_date=terms.on, origins=origins))
    original = End(source.actual, source_key, "Original")
    unbilled = End(source.actual, source_key, "Unbilled Sales")
    return Confirmation(
        actuals=(reversal, billed),
        connections=(
            connect(detail, 1, End.of(reversal, "Reversing"), original),
            connect(detail, 2, End.of(billed, "Billed Sales"), unbilled),
        ),
        source_changes={"msdyn_billingstatus": int(BillingStatus.CUSTOMER_INVOICE_POSTED)},
        billed_sales=(billed.actual.actual,),
    )


def _milestone(terms: Terms, detail: InvoiceLineDetail, source: Source) -> Confirmation | Problem:
    if not isinstance(source, Milestone):
        raise TypeError("a milestone's line is confirmed from its milestone")
    origins = (*invoice_origins(detail), f"msdyn_contractlinescheduleofvalue:{source.milestone}")
    sale = billed_sale(terms.invoice, detail, accounting_date=terms.on, milestone=source.milestone, origins=origins)
    billed = placed(detail, 2, sale)
    return Confirmation(
        actuals=(billed,),
        connections=(),
        source_changes={"msdyn_invoicestatus": int(MilestoneStatus.CUSTOMER_INVOICE_POSTED)},
        billed_sales=(billed.actual.actual,),
    )


# fmt: off
SCENARIOS: tuple[Scenario, ...] = (
    # -- corrective details
    Scenario(
        "correction",
        lambda terms, detail, source: detail.correction,
        confirm_correction,
    ),
    # -- retainers and advances
    Scenario(
        "retainer invoiced",
        lambda terms, detail, source: detail.retainer_use == RetainerUse.NEW,
        lambda terms, detail, source: confirm_new(terms, detail),
    ),
    Scenario(
        "retainer applied or refunded",
        lambda terms, detail, source: detail.uses_retainer,
        lambda terms, detail, source: confirm_use(terms, detail),
    ),
    # -- what can't be billed, whatever else it is
    Scenario(
        "backing row is gone or not on this invoice",
        lambda terms, detail, source: detail.source_key is not None and _is_foreign(terms, detail, source),
        _refusal(ReasonCode.BACKING_ACTUAL_MISSING,
                 "the unbilled sale or milestone behind it is missing, adjusted or not on this invoice; "
                 "remove the line detail and create the invoice again from the backlog"),
    ),
    Scenario(
        "over its not-to-exceed limit",
        lambda terms, detail, source: terms.invoice.confirmed_by is None and _is_over_limit(source),
        _refusal(ReasonCode.ITEM_EXCEEDS_LIMIT,
                 "the sale behind it exceeds its not-to-exceed limit; raise the limit and evaluate it again, or remove "
                 "the line detail"),
    ),
    Scenario(
        "discount or fee of what has none",
        _has_wrong_share,
        _refusal(ReasonCode.DISCOUNT_OR_FEE_WRONG,
                 "only time and material has a discount or a fee, with the sign of its amount and never more than it; "
                 "remove the line detail and correct the sale behind it"),
    ),
    Scenario(
        "not what an edit can have made",
        lambda terms, detail, source: bool(_misfits(detail, source)),
        _refuse_edit,
    ),
    # -- milestones and transactions
    Scenario("milestone", lambda terms, detail, source: isinstance(source, Milestone), _milestone),
    Scenario(
        "anything else",
        lambda terms, detail, source: detail.transaction_class not in TRANSACTION_CLASSES,
        _refusal(ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED,
                 "only time, expense, material, fee and milestones can be invoiced; remove the line detail"),
    ),
    Scenario(
        "added by hand",
        lambda terms, detail, source: detail.source_key is None,
        lambda terms, detail, source: confirm_manual(terms, detail),
    ),
    Scenario("transaction, edited", lambda terms, detail, source: _is_edited(detail, source), _edited),
    Scenario("transaction, not edited", lambda terms, detail, source: True, _transaction),
)
# fmt: on
