"""What loading puts on the billing backlog, and what it asks of retainers: their amounts fit their status."""

from typing import cast

from domain.actuals import Actual
from domain.backlog import BacklogEntry, ItemKind
from domain.confirmation import TRANSACTION_CLASSES
from domain.contract import Milestone
from domain.discount_fee import NAMES, has_any, out_of_bounds
from domain.errors import Problem, ReasonCode
from domain.money import ZERO
from domain.option_sets import BillingStatus, MilestoneStatus, TransactionType
from domain.record import Record
from domain.retainer import Retainer

# written by what happens to a retainer after it was loaded
RETAINER_MOVES = frozenset(
    (
        *("msdyn_invoicestatus", "msdyn_invoice", "msdyn_usedamount", "msdyn_availableamount", "msdyn_refundstatus"),
        *("invoicing_reservations", "invoicing_events"),
    )
)
_LOADED_TYPES = frozenset((TransactionType.COST, TransactionType.UNBILLED_SALES))


def ready_actual(record: Record) -> BacklogEntry | None:
    """Make the entry of the billing backlog of an unbilled sale that is Ready to invoice."""
    actual = cast(Actual, record)
    is_ready = actual.billing_status == BillingStatus.READY_TO_INVOICE and actual.invoice is None
    if not is_ready or actual.transaction_type != TransactionType.UNBILLED_SALES:
        return None
    return BacklogEntry(kind=ItemKind.UNBILLED_SALES, item=actual.actual)


def ready_milestone(record: Record) -> BacklogEntry | None:
    """Make the entry of the billing backlog of a milestone that is Ready to invoice."""
    milestone = cast(Milestone, record)
    is_ready = milestone.invoice_status == MilestoneStatus.READY_TO_INVOICE and milestone.invoice is None
    return BacklogEntry(kind=ItemKind.MILESTONE, item=milestone.milestone) if is_ready else None


def ready_retainer(record: Record) -> BacklogEntry | None:
    """Make the entry of the billing backlog of a retainer that is Ready to invoice."""
    retainer = cast(Retainer, record)
    is_ready = retainer.invoice_status == MilestoneStatus.READY_TO_INVOICE and retainer.invoice is None
    return BacklogEntry(kind=ItemKind.RETAINER, item=retainer.retainer) if is_ready else None


def loadable_actual(record: Record) -> Record | Problem:
    """Refuse an actual that only an invoice makes, and one with a discount or a fee that it can't have."""
    actual = cast(Actual, record)
    if actual.transaction_type in _LOADED_TYPES:
        return wrong_discount_or_fee(actual) or actual
    name = actual.transaction_type.name.lower().replace("_", " ")
    way_out = "confirming an invoice makes them" if actual.transaction_type == TransactionType.BILLED_SALES else ""
    sentence = f"actual {actual.actual} is {name}; only cost and unbilled sales are loaded"
    return Problem(
        ReasonCode.ROW_COLUMN_WRONG, f"{sentence}, {way_out}" if way_out else sentence, ("msdyn_transactiontypecode",)
    )


def wrong_discount_or_fee(actual: Actual) -> Problem | None:
    """Refuse a discount or a fee of a cost, of the other sign than the amount, or of more than it."""
    if not has_any(actual):
        return None
    is_work = (
        actual.transaction_type == TransactionType.UNBILLED_SALES and actual.transaction_class in TRANSACTION_CLASSES
    )
    wrong = next(out_of_bounds(actual) if is_work else (name for name in NAMES if getattr(actual, name)), None)
    if wrong is None:
        return None
    sentence = (
        f"actual {actual.actual}: only unbilled sales of time, expense, material and fee have a {wrong}, with the sign "
        "of the amount and never more than it; correct it or leave it out"
    )
    return Problem(ReasonCode.ROW_COLUMN_WRONG, sentence, (f"msdyn_{wrong}amount",))


def loadable_retainer(record: Record) -> Record | Problem:
    """Refuse a retainer whose amounts do not fit its status; one that was invoiced elsewhere brings what is left."""
    retainer = cast(Retainer, record)
    is_posted = retainer.invoice_status == MilestoneStatus.CUSTOMER_INVOICE_POSTED
    wanted = retainer.amount if is_posted else ZERO
    if retainer.used_amount + retainer.available_amount == wanted and not retainer.events and not retainer.reservations:
        return retainer
    sentence = (
        f"retainer {retainer.retainer}: used and available amount must make {wanted} in all, which is "
        f"{'its amount, because it' if is_posted else 'nothing before it'} is invoiced; correct them"
    )
    return Problem(ReasonCode.ROW_COLUMN_WRONG, sentence, ("msdyn_availableamount",))
