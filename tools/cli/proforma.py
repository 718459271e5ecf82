"""`invoicing create-proforma` and `invoicing confirm`: the project manager's commands, and the answer to them."""

from datetime import date, datetime

from domain.backlog import draft_id
from domain.commands import Command, ConfirmInvoice, CreateProforma
from domain.contract import Contract
from domain.option_sets import ProjectInvoiceStatus
from domain.problems import OpenProblem, problem_key
from domain.proforma import Invoice
from domain.rows import RowKey, StoredRow
from domain.saving import read_keys
from domain.tables import Table
from domain.workflows.reading import find_record
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk, new_id
from tools.cli.drawing import say
from tools.cli.finding import find_contract, find_invoice
from tools.cli.ready import currency_code

DRAFTS = (ProjectInvoiceStatus.DRAFT, ProjectInvoiceStatus.IN_REVIEW)

type Stamp = tuple[str, datetime | None] | None


def create_proforma(desk: Desk, name: str, *, cut_off: date | None, wait: float) -> int:
    """Send the command and wait for its drafts; 1 when it is refused."""
    contract = find_contract(desk, name)
    command = CreateProforma(
        command=new_id(),
        correlation=new_id(),
        requested_at=desk.clock.now(),
        contract=contract.contract,
        cut_off=cut_off or desk.today,
    )
    desk.sender.send([command])
    say(desk.console, f"Asked for the proforma invoices of {contract.number}, items up to {command.cut_off}.")

    def look() -> list[Invoice] | OpenProblem | None:
        return _drafts(desk, contract, command) or problem_of(desk, command, None)

    answer: list[Invoice] | OpenProblem | None = desk.wait_for(look, wait, "waiting for the app")
    if isinstance(answer, OpenProblem):
        return refused(desk, answer)
    if answer is None:
        return no_answer(desk, wait)
    for invoice in answer:
        amount = amount_text(invoice.amount, currency_code(desk, invoice.currency))
        say(desk.console, f"{invoice.number}: {count_text(invoice.details, 'line detail')}, {amount}, draft", "green")
        say(desk.console, f"next: invoicing confirm {invoice.number}", "dim")
    return 0


def _drafts(desk: Desk, contract: Contract, command: CreateProforma) -> list[Invoice] | None:
    # their ids follow from the command, so nobody has to search
    customers = desk.store.read_pages(Table.DATAVERSE_CONTRACT_CUSTOMERS, contract.contract)
    ids = [draft_id(command.command, contract.contract, row.key.row) for page in customers for row in page]
    rows = read_keys(desk.store, Table.DATAVERSE_INVOICES, [RowKey(each, each) for each in ids])
    return [Invoice.from_columns(row.columns) for row in rows.values()] or None


def confirm(desk: Desk, name: str, *, on: date | None, wait: float) -> int:
    """Send the command and wait until the invoice is confirmed; 1 when it is refused."""
    invoice = find_invoice(desk, name)
    if invoice.status not in DRAFTS:
        say(desk.console, f"{invoice.number} is {invoice.status.name.lower()} already, since {invoice.confirmed_on}.")
        return 0
    command = ConfirmInvoice(
        command=new_id(),
        correlation=invoice.correlation,
        requested_at=desk.clock.now(),
        invoice=invoice.invoice,
        confirmed_on=on or desk.today,
    )
    before = stamp_of(desk, command)
    desk.sender.send([command])
    say(desk.console, f"Asked to confirm {invoice.number} on {command.confirmed_on}.")

    def look() -> Invoice | OpenProblem | None:
        return _confirmed(desk, invoice) or problem_of(desk, command, before)

    answer: Invoice | OpenProblem | None = desk.wait_for(look, wait, "waiting for the app")
    if isinstance(answer, OpenProblem):
        return refused(desk, answer)
    if answer is None:
        return no_answer(desk, wait)
    say(desk.console, f"{answer.number} is confirmed.", "green")
    say(desk.console, f"next: invoicing status {answer.number}", "dim")
    return 0


def _confirmed(desk: Desk, invoice: Invoice) -> Invoice | None:
    found = find_record(desk.store, Table.DATAVERSE_INVOICES, invoice.key, Invoice)
    return found if found is not None and found.status not in DRAFTS else None


def _problem_row(desk: Desk, command: Command) -> StoredRow | None:
    return desk.store.find(Table.INVOICING_PROBLEMS, problem_key(command.document, command.name))


def stamp_of(desk: Desk, command: Command) -> Stamp:
    """Note which problem of a command's document stands before it is sent."""
    return _stamp(_problem_row(desk, command))


def _stamp(row: StoredRow | None) -> Stamp:
    return None if row is None else (row.etag, row.changed_at)


def problem_of(desk: Desk, command: Command, before: Stamp) -> OpenProblem | None:
    """Look whether the command was refused."""
    # only what was stored since the command was sent is an answer to it
    row = _problem_row(desk, command)
    if row is None or _stamp(row) == before:
        return None
    problem = OpenProblem.from_columns(row.columns)
    return problem if problem.correlation == command.correlation else None


def refused(desk: Desk, problem: OpenProblem) -> int:
    """Tell why a command was refused."""
    say(desk.console, f"not done: {problem.sentence} ({problem.code.value})", "red")
    return 1


def no_answer(desk: Desk, wait: float) -> int:
    """Tell that nobody has answered in time."""
    if wait:
        text = f"No answer within {wait:g} seconds: the command waits in its queue until the app runs."
        say(desk.console, text, "yellow")
    return 0
