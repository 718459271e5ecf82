"""`invoicing ready`: the project manager marks items of the backlog."""

from collections.abc import Sequence
from datetime import date

from domain.contract import Contract, Currency
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.mark_ready import backlog_items, mark_ready
from domain.workflows.reading import find_record
from tools.cli.amounts import count_text
from tools.cli.backlog_view import ItemView, build_backlog
from tools.cli.desk import Desk
from tools.cli.drawing import draw_backlog, say
from tools.cli.finding import find_contract


def ready(desk: Desk, name: str, *, up_to: date | None, items: Sequence[str], dry_run: bool) -> int:
    """Mark items, or all that are open; 1 when a named item cannot be marked."""
    contract = find_contract(desk, name)
    day = up_to or desk.today
    before = _backlog(desk, contract, day)
    if not before:
        say(desk.console, f"The backlog of {contract.number} is empty: load its actuals or milestones first.", "yellow")
        return 0
    if dry_run or not items:
        draw_backlog(desk.console, f"Billing backlog of {contract.number}, {contract.name}", before)
    if dry_run:
        return 0
    outcome = mark_ready(desk.store, contract=contract.contract, up_to=day, items=[item.lower() for item in items])
    after = {item.item: item for item in _backlog(desk, contract, day)}
    return _tell(desk, contract, before, after, [problem.sentence for problem in outcome.problems])


def _backlog(desk: Desk, contract: Contract, day: date) -> tuple[ItemView, ...]:
    currency = currency_code(desk, contract.currency)
    return build_backlog(backlog_items(desk.store, contract.contract), up_to=day, currency=currency)


def currency_code(desk: Desk, currency: str) -> str:
    """Tell the ISO code of a currency of Dataverse; the id when the currency was not loaded."""
    found = find_record(desk.store, Table.DATAVERSE_CURRENCIES, RowKey(currency, currency), Currency)
    return found.iso_code if found else currency


def _tell(
    desk: Desk, contract: Contract, before: Sequence[ItemView], after: dict[str, ItemView], problems: Sequence[str]
) -> int:
    was_ready = {item.item for item in before if item.is_ready}
    became = [item for item in after.values() if item.is_ready and item.item not in was_ready]
    if became:
        draw_backlog(desk.console, "Ready to invoice now", became)
    for problem in problems:
        say(desk.console, f"not ready: {problem}", "red")
    ready_now = sum(item.is_ready for item in after.values())
    told = f"{count_text(len(became), 'item')} became ready, {len(was_ready)} before."
    say(desk.console, told, "green" if became else "yellow")
    if ready_now:
        say(desk.console, f"next: invoicing create-proforma {contract.number}", "dim")
    return 1 if problems else 0
