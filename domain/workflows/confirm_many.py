"""Confirm many drafts at once: each by its own command, each with a status that its invoice shows.

Project Operations documentation, bulk-confirm-project-invoices: up to 250 invoices; blank, then Scheduled, Processing,
Complete or Failed. The project status stays Draft until the invoice is confirmed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from domain.commands import ConfirmInvoice
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.option_sets import BulkConfirmationStatus
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.proforma import Invoice
from domain.saving import ROUNDS_MAX, replace_status
from domain.tables import Table
from domain.workflows.draft_acts import not_editable, settle

INVOICES_MAX = 250


def confirm_many(
    store: RowStore, sender: CommandSender, *, invoices: Sequence[str], on: date, wish: str, at: datetime
) -> Outcome:
    """Schedule drafts for confirmation.

    Args:
        store: where the drafts stand.
        sender: who delivers the commands.
        invoices: ids of drafts; one that is named twice counts once.
        on: the day of the confirmation.
        wish: id of the wish: given again, the commands are the same.
        at: when it was wished.

    Returns:
        How many are scheduled, and a problem for each that can't be confirmed; the others go on.

    Raises:
        Refused: none, or more than 250; nothing was changed.
    """
    ids = tuple(dict.fromkeys(invoices))
    if not 0 < len(ids) <= INVOICES_MAX:
        sentence = f"{len(ids)} invoices are to be confirmed at once; name 1 to {INVOICES_MAX}, or confirm in parts"
        raise Refused(Problem(ReasonCode.TOO_MANY_INVOICES, sentence))
    results = [_scheduled(store, invoice) for invoice in ids]
    scheduled = [each for each in results if isinstance(each, Invoice)]
    sender.send([_command(each, on, wish, at) for each in scheduled])
    problems = tuple(each for each in results if isinstance(each, Problem))
    action = Action.CONFIRMATION_SCHEDULED if scheduled else Action.NOTHING_TO_DO
    return Outcome(action, wish, {"invoices": len(scheduled)}, problems)


@contextmanager
def told_in_bulk(store: RowStore, invoice: Invoice) -> Iterator[None]:
    """Say on an invoice of a bulk confirmation that it was refused."""
    try:
        yield
    except Refused:
        if invoice.bulk_status is not None:
            _fail(store, invoice)
        raise


def _scheduled(store: RowStore, invoice: str) -> Invoice | Problem:
    for _ in range(ROUNDS_MAX):
        try:
            row = settle(store, invoice)
        except NotYet as error:
            return error.problem
        header = Invoice.from_columns(row.columns)
        if not header.is_editable:
            return not_editable(header)
        scheduled = header.changed(bulk_status=BulkConfirmationStatus.SCHEDULED)
        try:
            replace_status(store, Table.DATAVERSE_INVOICES, header.key, scheduled.to_columns(), row.etag)
        except ChangedMeanwhile:
            continue
        return scheduled
    sentence = f"invoice {invoice} is being changed by others all the time; do it again"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice,))


def _fail(store: RowStore, invoice: Invoice) -> None:
    row = store.find(Table.DATAVERSE_INVOICES, invoice.key)
    if row is None:
        return
    header = Invoice.from_columns(row.columns)
    if not header.is_confirmable:
        return
    failed = header.changed(bulk_status=BulkConfirmationStatus.FAILED)
    try:
        replace_status(store, Table.DATAVERSE_INVOICES, header.key, failed.to_columns(), row.etag)
    except ChangedMeanwhile:
        # somebody edits it meanwhile, and will look at it anyway
        return


def _command(invoice: Invoice, on: date, wish: str, at: datetime) -> ConfirmInvoice:
    return ConfirmInvoice(
        command=derive_id("confirm-many", wish, invoice.invoice),
        correlation=invoice.correlation,
        requested_at=at,
        invoice=invoice.invoice,
        confirmed_on=on,
    )
