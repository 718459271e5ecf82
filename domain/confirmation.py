"""What confirming a proforma invoice creates, one line detail at a time.

Project Operations documentation, confirm-proforma-invoice, ActualsonTM and ActualonFP: for every transaction a reversal
of its unbilled sale and a billed sale; for every milestone a billed sale. Connections and origins: connectingactuals,
linkingactuals.

`SCENARIOS` is the table of rules, in order of precedence: the first scenario that applies decides. A scenario that is
not offered refuses, with its reason and the way out.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.actual_making import Connected, End, Made, billed_sale, connect, invoice_origins, placed, reversal_of
from domain.actuals import Actual
from domain.contract import Milestone
from domain.errors import Problem, ReasonCode
from domain.option_sets import BillingStatus, BillingType, MilestoneStatus, TransactionClass
from domain.proforma import Invoice, InvoiceLineDetail
from domain.rows import Columns, RowKey

# what a milestone is billed in
ONE = Decimal(1)
TRANSACTION_CLASSES = frozenset(
    (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE)
)

# attributes that a detail takes over from the row behind it; only its descriptions may differ
FROM_ACTUAL = (
    *("transaction_class", "quantity", "price", "amount", "currency", "transaction_date"),
    *("contract", "contract_line", "contract_customer", "project", "category", "resource"),
)
FROM_MILESTONE = (
    *("transaction_class", "amount", "currency", "contract"),
    *("contract_line", "contract_customer", "project"),
)

type Source = Actual | Milestone | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What one line detail becomes."""

    # new actuals, each with its place: the invoice's partition, or the contract's backlog
    actuals: tuple[Made, ...]
    # new connections, in the invoice's partition
    connections: tuple[Connected, ...]
    # what changes on the row behind the detail
    source_changes: Columns
    # ids of the billed sales: what a proposal must have to be complete
    billed_sales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table of rules."""

    name: str
    applies: Callable[[InvoiceLineDetail, Source], bool]
    confirm: Callable[[Invoice, InvoiceLineDetail, Source, date], Confirmation | Problem]


def confirm_detail(invoice: Invoice, detail: InvoiceLineDetail, source: Source, on: date) -> Confirmation | Problem:
    """Decide what a line detail becomes when its invoice is confirmed.

    Args:
        invoice: the header, still a draft.
        detail: one of its line details.
        source: the unbilled sale or milestone that the detail names, as it stands now; None when there is none.
        on: the day of the confirmation, which becomes the accounting date of the billed sale.

    Returns:
        The rows to write, or the problem that refuses the invoice.
    """
    scenario = next(rule for rule in SCENARIOS if rule.applies(detail, source))
    return scenario.confirm(invoice, detail, source, on)


def digest_of(ids: Iterable[str]) -> str:
    """Digest a set of ids: SHA-256 over the lower-case ids, sorted, joined by commas."""
    return hashlib.sha256(",".join(sorted(ids)).encode()).hexdigest()


def _refusal(code: ReasonCode, what: str) -> Callable[[Invoice, InvoiceLineDetail, Source, date], Problem]:
    def refuse(invoice: Invoice, detail: InvoiceLineDetail, source: Source, on: date) -> Problem:
        return Problem(code, f"invoice {invoice.number}, line detail {detail.detail}: {what}", (detail.detail,))

    return refuse


def _edits(detail: InvoiceLineDetail, source: Source) -> list[str]:
    if isinstance(source, Actual):
        return [name for name in FROM_ACTUAL if getattr(detail, name) != getattr(source, name)]
    if not isinstance(source, Milestone):
        return []
    edits = [name for name in FROM_MILESTONE if getattr(detail, name) != getattr(source, name)]
    own = (("quantity", ONE), ("price", source.amount), ("transaction_date", source.milestone_date))
    return edits + [name for name, value in own if getattr(detail, name) != value]


def _refuse_edit(invoice: Invoice, detail: InvoiceLineDetail, source: Source, on: date) -> Problem:
    names = ", ".join(name.replace("_", " ") for name in _edits(detail, source))
    what = (
        f"it differs from the transaction behind it in: {names}; edited lines can't be confirmed yet, "
        "set it back to what the transaction says"
    )
    return _refusal(ReasonCode.LINE_EDIT_NOT_SUPPORTED, what)(invoice, detail, source, on)


def _has_other_billing_type(detail: InvoiceLineDetail, source: Source) -> bool:
    # a milestone has none of its own: it is always chargeable
    billing_type = source.billing_type if isinstance(source, Actual) else BillingType.CHARGEABLE
    return detail.billing_type != billing_type


def _is_foreign(detail: InvoiceLineDetail, source: Source) -> bool:
    if source is None or source.invoice != detail.invoice:
        return True
    return isinstance(source, Actual) and source.adjustment_status is not None


def _transaction(invoice: Invoice, detail: InvoiceLineDetail, source: Source, on: date) -> Confirmation | Problem:
    if not isinstance(source, Actual):
        raise TypeError("a transaction is confirmed from its unbilled sale")
    source_key = RowKey.from_text(detail.source_key or "")
    # finance does not reverse an unbilled sale when it is invoiced, it marks it as invoiced: the reversal stays here
    taken_back = reversal_of(source, source_key, detail, role="unbilled-sales-reversal", skip_sync=True)
    reversal = placed(detail, 1, taken_back)
    origins = (*invoice_origins(detail), *source.origins)
    billed = placed(detail, 2, billed_sale(invoice, detail, accounting_date=on, origins=origins))
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


def _milestone(invoice: Invoice, detail: InvoiceLineDetail, source: Source, on: date) -> Confirmation | Problem:
    if not isinstance(source, Milestone):
        raise TypeError("a milestone's line is confirmed from its milestone")
    origins = (*invoice_origins(detail), f"msdyn_contractlinescheduleofvalue:{source.milestone}")
    sale = billed_sale(
        invoice,
        detail,
        billing_type=BillingType.CHARGEABLE,
        accounting_date=on,
        milestone=source.milestone,
        origins=origins,
    )
    billed = placed(detail, 2, sale)
    return Confirmation(
        actuals=(billed,),
        connections=(),
        source_changes={"msdyn_invoicestatus": int(MilestoneStatus.CUSTOMER_INVOICE_POSTED)},
        billed_sales=(billed.actual.actual,),
    )


# fmt: off
SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "correction",
        lambda detail, source: detail.correction,
        _refusal(ReasonCode.CORRECTION_NOT_SUPPORTED,
                 "corrections can't be confirmed yet; remove the line detail from the draft"),
    ),
    Scenario(
        "retainer",
        lambda detail, source: detail.transaction_class == TransactionClass.RETAINER,
        _refusal(ReasonCode.RETAINER_NOT_SUPPORTED,
                 "retainers can't be confirmed yet; remove the line detail from the draft"),
    ),
    Scenario(
        "added by hand",
        lambda detail, source: detail.source_key is None,
        _refusal(ReasonCode.MANUAL_LINE_NOT_SUPPORTED,
                 "lines without a backing actual can't be confirmed yet; remove the line detail from the draft"),
    ),
    Scenario(
        "backing row is gone or not on this invoice",
        _is_foreign,
        _refusal(ReasonCode.BACKING_ACTUAL_MISSING,
                 "the unbilled sale or milestone behind it is missing, adjusted or not on this invoice; "
                 "remove the line detail and create the invoice again from the backlog"),
    ),
    Scenario(
        "edited",
        lambda detail, source: bool(_edits(detail, source)),
        _refuse_edit,
    ),
    Scenario(
        "billing type changed",
        _has_other_billing_type,
        _refusal(ReasonCode.BILLING_TYPE_NOT_SUPPORTED,
                 "its billing type differs from the transaction behind it; set it back to what the transaction says"),
    ),
    Scenario("milestone", lambda detail, source: isinstance(source, Milestone), _milestone),
    Scenario(
        "transaction, not edited",
        lambda detail, source: detail.transaction_class in TRANSACTION_CLASSES,
        _transaction,
    ),
    Scenario(
        "anything else",
        lambda detail, source: True,
        _refusal(ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED,
                 "only time, expense, material, fee and milestones can be invoiced; remove the line detail"),
    ),
)
# fmt: on
