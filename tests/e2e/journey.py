"""The journey of the three sample contracts, from the files to the posted invoices and back, step by step.

It is the same for every line: over storage in memory it says what the tables must hold in the end, over the real ones
it is what is tested.
"""

from collections.abc import Callable

from domain.commands import ConfirmInvoice, ImportProposal
from domain.identifiers import derive_id
from domain.pending_work import WorkKind
from domain.proforma import Invoice
from domain.tables import Table
from domain.workflows.post_pending import post_pending, posting_command, read_pending
from tests.line import CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH, END_OF_AUGUST, Line, Snapshot

CONTRACTS = (CONTRACT_ADATUM, CONTRACT_COHO, CONTRACT_DANISH)

# timers that find nothing to do on this journey
ONLY_LOOK = (
    "measure_pending",
    "reconcile",
    "create_scheduled_proformas",
    "sweep_poison_queues",
    "reconcile_pending_revenue",
)

# runs the timer function of that name
type Fire = Callable[[str], None]


def play(line: Line, fire: Fire) -> None:
    """Load, mark ready, draft, confirm, import, post and write back, until nothing is on its way."""
    line.load_samples()
    line.drain()
    fire("import_from_staging")
    for contract in CONTRACTS:
        line.mark_ready(contract)
        line.create_proforma(contract)
    line.drain()
    for invoice in invoices(line):
        line.send(confirmation(line, invoice))
    line.drain()
    fire("import_from_staging")
    fire("post_pending_journals")
    line.drain()
    # one proposal is asked for by name, the others wait for the timer
    line.send(request_for_lines(line, invoice_of(line, CONTRACT_COHO)))
    line.drain()
    fire("import_from_staging")
    # no legal entity of the samples posts proposals in batch, so the timer leaves them to the clerk
    fire("post_pending_proposals")
    fire("measure_pending")
    # what is open is left alone for a quarter of an hour
    fire("reconcile")
    post(line, WorkKind.POST_PROPOSAL)
    line.drain()
    # nothing is planned, no message is poisoned, and no legal entity of the samples reconciles by the timer
    for timer in ONLY_LOOK[2:]:
        fire(timer)
    line.drain()


def played_in_memory() -> Snapshot:
    """Play the journey in memory and give the tables as they stand in the end."""
    line = Line.in_memory()

    def fire(timer: str) -> None:
        if timer == "import_from_staging":
            line.tick()
            return
        if timer in ONLY_LOOK:
            return
        kind = WorkKind.POST_JOURNAL if timer == "post_pending_journals" else WorkKind.POST_PROPOSAL
        post_pending(line.store, line.queues, kind, line.clock.now())

    play(line, fire)
    return line.snapshot()


def invoices(line: Line) -> list[Invoice]:
    """Every proforma, in order of its key."""
    return line.records(Table.DATAVERSE_INVOICES, Invoice)


def invoice_of(line: Line, contract: str) -> Invoice:
    """The one proforma of a contract."""
    (found,) = (invoice for invoice in invoices(line) if invoice.contract == contract)
    return found


def confirmation(line: Line, invoice: Invoice) -> ConfirmInvoice:
    """The command that confirms an invoice, under the invoice's own correlation, as the command line sends it."""
    return ConfirmInvoice(
        command=derive_id("test-confirm-invoice", invoice.invoice),
        correlation=invoice.correlation,
        requested_at=line.clock.now(),
        invoice=invoice.invoice,
        confirmed_on=END_OF_AUGUST,
    )


def request_for_lines(line: Line, invoice: Invoice) -> ImportProposal:
    """The command that imports the lines of one proposal at once."""
    return ImportProposal(
        command=derive_id("test-import-proposal", invoice.invoice),
        correlation=invoice.correlation,
        requested_at=line.clock.now(),
        proposal=invoice.invoice,
    )


def post(line: Line, kind: WorkKind) -> None:
    """The clerk posts everything of a kind that is pending."""
    works = list(read_pending(line.store, kind))
    line.send(*(posting_command(work, line.clock.now(), END_OF_AUGUST) for work in works))
