"""What people do with retainers in a history."""

from datetime import date
from decimal import Decimal

from domain.option_sets import MilestoneStatus
from domain.retainer import Retainer
from domain.tables import Table
from domain.workflows.refund_retainer import refund_retainer
from tests.properties.histories import History


def plan_retainer(history: History, contract: str, amount: Decimal, day: date) -> None:
    """Load a retainer of a contract."""
    terms = history.terms(contract)
    retainer = Retainer(
        retainer=history.new_id(),
        name="Retainer",
        contract=terms.contract.contract,
        contract_customer=terms.payer.contract_customer,
        amount=amount,
        currency=terms.contract.currency,
        invoice_date=day,
        invoice_status=MilestoneStatus.NOT_READY,
    )
    history.load(Table.DATAVERSE_RETAINERS, retainer)


def refund(history: History, place: int) -> None:
    """Stage the refund of a retainer, whatever is left of it."""
    if retainers := history.line.records(Table.DATAVERSE_RETAINERS, Retainer):
        retainer = retainers[place % len(retainers)]
        refund_retainer(history.line.store, contract=retainer.contract, retainer=retainer.retainer)
