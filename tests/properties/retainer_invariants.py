"""What holds of retainers on any line after every step."""

from collections.abc import Iterable, Sequence

from domain.actuals import Actual
from domain.money import ZERO
from domain.option_sets import BillingType, RetainerUse, TransactionClass, TransactionType
from domain.proforma import Invoice, InvoiceLineDetail
from domain.retainer import Retainer
from domain.tables import Table
from tests.line import Line

UNBILLED = TransactionType.UNBILLED_SALES


def assert_retainers(line: Line, actuals: Sequence[Actual]) -> None:
    """Assert what holds of retainers after every step."""
    invoices = line.records(Table.DATAVERSE_INVOICES, Invoice)
    details = line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail)
    _used_once(line.records(Table.DATAVERSE_RETAINERS, Retainer), invoices, details, actuals)
    _no_more_is_applied_than_is_billed(invoices, details)


def _used_once(
    retainers: Sequence[Retainer],
    invoices: Sequence[Invoice],
    known: Sequence[InvoiceLineDetail],
    actuals: Sequence[Actual],
) -> None:
    drafts = {each.invoice for each in invoices if each.is_confirmable}
    busy = {each.invoice for each in invoices if each.pending_act or (each.is_confirmable and each.confirmed_by)}
    for retainer in retainers:
        signs = {RetainerUse.NEW: 1, RetainerUse.WITHDRAWN: -1}
        of_all = sum((signs.get(each.use, 0) * each.amount for each in retainer.events), ZERO)
        assert retainer.used_amount + retainer.available_amount == of_all, f"{retainer.retainer} does not add up"
        assert retainer.free >= ZERO, f"{retainer.retainer} is reserved twice"
        details = [each for each in known if each.source == retainer.retainer]
        if busy & {*(each.invoice for each in details), *(each.invoice for each in retainer.reservations)}:
            # somebody has died on the way, whoever comes back goes on
            continue
        uses = {(each.invoice, each.retainer_use): -each.amount for each in details if each.uses_retainer}
        kept = {(each.invoice, each.use): each.amount for each in retainer.reservations}
        wanted = {use: amount for use, amount in uses.items() if amount and use[0] in drafts}
        assert kept == wanted, f"{retainer.retainer} is kept otherwise"
        origin = f"msdyn_contractretainer:{retainer.retainer}"
        chain = [each for each in actuals if origin in each.origins and each.transaction_type == UNBILLED]
        assert sum((each.amount for each in chain), ZERO) == -retainer.available_amount, (
            f"{retainer.retainer}: its chain"
        )


def _no_more_is_applied_than_is_billed(invoices: Sequence[Invoice], known: Sequence[InvoiceLineDetail]) -> None:
    for invoice in invoices:
        details = [each for each in known if each.invoice == invoice.invoice]
        applied = sum((-each.amount for each in details if each.retainer_use == RetainerUse.APPLIED), ZERO)
        own = [each for each in details if each.retainer_use is None and each.billing_type == BillingType.CHARGEABLE]
        billed = sum((each.invoice_amount for each in own), ZERO)
        is_settled = invoice.pending_act is None
        assert not is_settled or applied <= max(billed, ZERO), f"{invoice.number} applies more than it bills"


def without_retainers(actuals: Iterable[Actual]) -> list[Actual]:
    """The actuals of work and milestones."""
    return [actual for actual in actuals if actual.transaction_class != TransactionClass.RETAINER]
