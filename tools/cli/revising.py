"""`invoicing revise`: the project manager corrects a posted invoice, and the answer to it."""

from collections.abc import Sequence

from domain.commands import ReviseInvoice
from domain.option_sets import InvoiceState
from domain.problems import OpenProblem
from domain.proforma import Invoice
from domain.revision import corrective_draft_id
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.reading import find_record
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk, new_id
from tools.cli.drafts import detail_ids
from tools.cli.drawing import say
from tools.cli.finding import find_invoice
from tools.cli.proforma import no_answer, problem_of, refused, stamp_of
from tools.cli.ready import currency_code


def revise(desk: Desk, name: str, *, lines: Sequence[str], into: str | None, wait: float) -> int:
    """Send the command and wait until its corrections stand on a draft; 1 when it is refused."""
    invoice = find_invoice(desk, name)
    draft = find_invoice(desk, into) if into else None
    command = ReviseInvoice(
        command=new_id(),
        correlation=invoice.correlation,
        requested_at=desk.clock.now(),
        invoice=invoice.invoice,
        details=tuple(detail_ids(desk, invoice, lines)),
        add_to=draft.invoice if draft else None,
    )
    before = stamp_of(desk, command)
    desk.sender.send([command])
    say(desk.console, f"Asked to revise {invoice.number}.")

    def look() -> Invoice | OpenProblem | None:
        return _drafted(desk, command, draft) or problem_of(desk, command, before)

    answer: Invoice | OpenProblem | None = desk.wait_for(look, wait, "waiting for the app")
    if isinstance(answer, OpenProblem):
        return refused(desk, answer)
    if answer is None:
        return no_answer(desk, wait)
    amount = amount_text(answer.amount, currency_code(desk, answer.currency))
    say(
        desk.console,
        f"{answer.number}: {count_text(answer.details, 'line detail')}, {amount}, corrective draft",
        "green",
    )
    say(desk.console, f"next: invoicing draft {answer.number}", "dim")
    return 0


def _drafted(desk: Desk, command: ReviseInvoice, before: Invoice | None) -> Invoice | None:
    id_ = corrective_draft_id(command)
    found = find_record(desk.store, Table.DATAVERSE_INVOICES, RowKey(id_, id_), Invoice)
    if found is None or found.pending_act is not None or found.state == InvoiceState.CANCELED:
        return None
    return found if before is None or found.details > before.details else None
