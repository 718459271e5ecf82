"""`invoicing retainers` and `invoicing refund`: what a contract customer has paid in advance, and paying it back."""

from domain.contract import Contract
from domain.retainer import Retainer
from domain.workflows.draft_retainers import retainers_of
from domain.workflows.refund_retainer import refund_retainer
from tools.cli.desk import Desk, Sorry
from tools.cli.drafts import SHORT
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import find_contract, find_invoice


def show(desk: Desk, name: str) -> int:
    """Print the retainers of a contract."""
    contract = find_contract(desk, name)
    table = grid(
        f"Retainers of {contract.number}",
        *("id", "date", "what", "status", "amount", "used", "available", "reserved", "refund"),
        right=("amount", "used", "available", "reserved"),
    )
    draw_rows(desk.console, table, (_cells(each) for each in _retainers(desk, contract)))
    return 0


def refund(desk: Desk, name: str, retainer: str, *, draft: str | None) -> int:
    """Stage a refund."""
    contract = find_contract(desk, name)
    found = [
        each for each in _retainers(desk, contract) if len(retainer) >= SHORT and each.retainer.startswith(retainer)
    ]
    if len(found) != 1:
        raise Sorry(
            f"{contract.number} has no retainer {retainer}; `invoicing retainers {contract.number}` shows their ids"
        )
    invoice = find_invoice(desk, draft) if draft else None
    refund_retainer(
        desk.store,
        contract=contract.contract,
        retainer=found[0].retainer,
        invoice=invoice.invoice if invoice else None,
    )
    where = invoice.number if invoice else f"the next draft of {contract.number}"
    say(desk.console, f"{found[0].name} is Ready to refund by {where}.", "green")
    return 0


def _retainers(desk: Desk, contract: Contract) -> list[Retainer]:
    return [each for _, each in retainers_of(desk.store, contract.contract)]


def _cells(retainer: Retainer) -> tuple[object, ...]:
    amounts = (retainer.amount, retainer.used_amount, retainer.available_amount)
    reserved = retainer.available_amount - retainer.free
    status = retainer.invoice_status.name.lower().replace("_", " ")
    refund = "" if retainer.refund_status is None else retainer.refund_status.name.lower().replace("_", " ")
    figures = (f"{each:,f}" for each in (*amounts, reserved))
    return (retainer.retainer[:SHORT], retainer.invoice_date, retainer.name, status, *figures, refund)
