"""`invoicing schedule`: when contract lines are invoiced by themselves."""

from datetime import date

from domain.contract import ContractLine
from domain.errors import CarriesProblem
from domain.invoice_schedule import TO_RUN, DueSchedule, InvoiceSchedule
from domain.saving import read_keys
from domain.schedule_planning import Frequency
from domain.tables import Table
from domain.workflows.create_scheduled_proformas import create_scheduled_proformas
from domain.workflows.plan_schedules import plan_schedules
from domain.workflows.reading import read_records
from tools.cli.amounts import count_text
from tools.cli.desk import Desk
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import find_contract

COLUMNS = ("run date", "cut-off", "line", "status", "invoice", "failures")


def show(desk: Desk, name: str | None) -> int:
    """Print the schedules of a contract, or those that are to run."""
    if name is None:
        return _show_due(desk)
    contract = find_contract(desk, name)
    lines = read_records(desk.store, Table.DATAVERSE_CONTRACT_LINES, contract.contract, ContractLine)
    numbers = {line.line: line.number for line in lines}
    table = Table.DATAVERSE_INVOICE_SCHEDULES
    schedules = list(read_records(desk.store, table, contract.contract, InvoiceSchedule))
    rows = (_cells(each, numbers) for each in sorted(schedules, key=lambda each: (each.run_date, each.schedule)))
    draw_rows(desk.console, grid(f"Invoice schedules of {contract.number}, {contract.name}", *COLUMNS), rows)
    return 0


def _cells(schedule: InvoiceSchedule, numbers: dict[str, int]) -> tuple[object, ...]:
    return (
        schedule.run_date,
        schedule.billed_up_to,
        numbers.get(schedule.contract_line, schedule.contract_line),
        schedule.run_status.name.lower().replace("_", " "),
        schedule.invoice or "",
        schedule.failures or "",
    )


def _show_due(desk: Desk) -> int:
    pages = desk.store.read_pages(Table.DATAVERSE_DUE_SCHEDULES, TO_RUN)
    entries = [DueSchedule.from_columns(row.columns) for page in pages for row in page]
    rows = read_keys(desk.store, Table.DATAVERSE_INVOICE_SCHEDULES, (entry.place for entry in entries))
    stand = {row.key.row: InvoiceSchedule.from_columns(row.columns) for row in rows.values()}
    due = ((entry.run_date, entry.contract, _status(stand.get(entry.schedule))) for entry in entries)
    draw_rows(desk.console, grid("Invoice schedules that are to run", "run date", "contract", "status"), due)
    return 0


def _status(schedule: InvoiceSchedule | None) -> str:
    return "not loaded" if schedule is None else schedule.run_status.name.lower().replace("_", " ")


def generate(desk: Desk, name: str, *, line: int, first: date, until: date, every: Frequency) -> int:
    """Plan runs; 1 when it is refused."""
    contract = find_contract(desk, name)
    try:
        outcome = plan_schedules(desk.store, contract, line=line, first=first, until=until, every=every)
    except CarriesProblem as error:
        say(desk.console, f"not done: {error.problem.sentence} ({error.problem.code.value})", "red")
        return 1
    planned = int(outcome.facts["runs"])
    say(desk.console, f"{count_text(planned, 'run')} of {contract.number} planned.", "green" if planned else "yellow")
    say(desk.console, f"next: invoicing schedule list {contract.number}", "dim")
    return 0


def run_now(desk: Desk) -> int:
    """Begin what is due."""
    outcome = create_scheduled_proformas(desk.store, desk.sender, desk.clock.now())
    say(desk.console, f"{count_text(int(outcome.facts['commands']), 'run')} asked for.")
    return 0
