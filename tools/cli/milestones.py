"""`invoicing milestone`: what is billed in parts, or by several customers."""

from collections.abc import Callable
from datetime import date

from domain.contract import Contract
from domain.errors import CarriesProblem
from domain.milestone_header import MilestoneHeader
from domain.money import decimal_from
from domain.outcome import Action, Outcome
from domain.progress_billing import Next, remaining
from domain.tables import Table
from domain.workflows.bill_milestone import make_next_ready, set_next, split_customers
from domain.workflows.reading import read_records
from tools.cli.amounts import amount_text
from tools.cli.desk import Desk, Sorry
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import find_contract
from tools.cli.ready import currency_code

COLUMNS = ("name", "status", "amount", "invoiced", "%", "remaining", "next", "next status")
NUMBERS = ("amount", "invoiced", "%", "remaining", "next")


def show(desk: Desk, name: str) -> int:
    """Print the headers of a contract."""
    contract = find_contract(desk, name)
    currency = currency_code(desk, contract.currency)
    rows = (_cells(each, currency) for each in _headers(desk, contract))
    table = grid(f"Milestone headers of {contract.number}, {contract.name}", *COLUMNS, right=NUMBERS)
    draw_rows(desk.console, table, rows)
    return 0


def _headers(desk: Desk, contract: Contract) -> list[MilestoneHeader]:
    headers = read_records(desk.store, Table.DATAVERSE_MILESTONE_HEADERS, contract.contract, MilestoneHeader)
    return sorted(headers, key=lambda each: (each.name, each.header))


def _cells(header: MilestoneHeader, currency: str) -> tuple[object, ...]:
    words = (each.name.lower().replace("_", " ") for each in (header.status, header.next_status))
    status, next_status = words
    amounts = (header.amount, header.invoiced, remaining(header))
    amount, invoiced, left = (amount_text(each, currency) for each in amounts)
    following = "" if header.next_amount is None else amount_text(header.next_amount, currency)
    return header.name, status, amount, invoiced, header.percent_invoiced, left, following, next_status


def next_invoice(desk: Desk, name: str, header: str, wanted: str) -> int:
    """Say what is billed next; 1 when it is refused."""
    contract, found = _find(desk, name, header)
    how_much = _next(wanted)

    def act() -> Outcome:
        return set_next(desk.store, contract=contract.contract, header=found.header, wanted=how_much)

    return _tell(desk, contract, act)


def _next(text: str) -> Next:
    if text == "rest":
        return Next()
    try:
        number = decimal_from(text.removesuffix("%").strip().replace(",", ""))
    except ValueError as error:
        raise Sorry(f"{text!r} {error}, as 20%, 1500.00 or rest") from error
    return Next(percent=number) if text.endswith("%") else Next(amount=number)


def ready(desk: Desk, name: str, header: str, *, on: date | None) -> int:
    """Make the next part ready; 1 when it is refused."""
    contract, found = _find(desk, name, header)

    def act() -> Outcome:
        return make_next_ready(
            desk.store,
            desk.sender,
            contract=contract.contract,
            header=found.header,
            on=on or desk.today,
            at=desk.clock.now(),
        )

    return _tell(desk, contract, act)


def split(desk: Desk, name: str, header: str) -> int:
    """Make a milestone for each customer; 1 when it is refused."""
    contract, found = _find(desk, name, header)

    def act() -> Outcome:
        return split_customers(
            desk.store, desk.sender, contract=contract.contract, header=found.header, at=desk.clock.now()
        )

    return _tell(desk, contract, act)


def _find(desk: Desk, name: str, header: str) -> tuple[Contract, MilestoneHeader]:
    contract = find_contract(desk, name)
    headers = _headers(desk, contract)
    found = [each for each in headers if header.lower() in {each.name.lower(), each.header}]
    if len(found) == 1:
        return contract, found[0]
    if found:
        ids = ", ".join(each.header for each in found)
        raise Sorry(f"{contract.number} has {len(found)} milestone headers called {header}; give an id of {ids}")
    known = ", ".join(each.name for each in headers[:10]) or "none; load them first"
    raise Sorry(f"{contract.number} has no milestone header {header}; it has {known}")


def _tell(desk: Desk, contract: Contract, act: Callable[[], Outcome]) -> int:
    try:
        outcome = act()
    except CarriesProblem as error:
        say(desk.console, f"not done: {error.problem.sentence} ({error.problem.code.value})", "red")
        return 1
    if outcome.action == Action.NOTHING_TO_DO:
        say(desk.console, "Nothing was to be changed.", "yellow")
    show(desk, contract.number)
    return 0
