"""Add what is Ready to invoice on a contract to the drafts that stand.

Project Operations documentation, billing-hub, "Add to invoice": one draft takes the items; of several the one that was
created last; without a draft a new one is made. Each contract customer has drafts of its own.
"""

from datetime import date, datetime

from domain.commands import CreateProforma
from domain.errors import NotYet, ReasonCode, Refused
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.proforma import DraftEntry, Invoice
from domain.rows import RowKey
from domain.saving import read_keys
from domain.tables import Table
from domain.workflows.create_proforma import create_proforma
from domain.workflows.reading import read_records
from domain.workflows.refresh_draft import refresh_draft


def add_to_invoice(store: RowStore, *, contract: str, cut_off: date, wish: str, at: datetime) -> Outcome:
    """Put every due item of a contract on a draft of its customer.

    Args:
        store: where the backlog stands.
        contract: id of the contract.
        cut_off: items dated later stay on the backlog.
        wish: id of the wish: given again, a draft that it has made is not made twice.
        at: when it was wished.

    Returns:
        How many items were added, and a problem for each that stays behind.

    Raises:
        Refused: there is no such contract.
    """
    added = 0
    for draft in _latest(store, contract):
        try:
            outcome = refresh_draft(store, invoice=draft, cut_off=cut_off)
        except Refused as refused:
            if refused.problem.code != ReasonCode.DOCUMENT_WRONG_STATE:
                raise
            # it was confirmed or deleted just now: what is due goes on a new draft
            continue
        added += int(outcome.facts["items"])
    command = CreateProforma(command=wish, correlation=wish, requested_at=at, contract=contract, cut_off=cut_off)
    try:
        made = create_proforma(store, command)
    except NotYet as error:
        raise Refused(error.problem) from error
    added += int(made.facts["items"])
    problems = tuple(each for each in made.problems if not added or each.code != ReasonCode.NOTHING_TO_INVOICE)
    return Outcome(Action.DRAFT_CHANGED if added else Action.NOTHING_TO_DO, contract, {"items": added}, problems)


def _latest(store: RowStore, contract: str) -> list[str]:
    """Find the draft of each customer that was created last."""
    entries = [entry.invoice for entry in read_records(store, Table.DATAVERSE_DRAFTS, contract, DraftEntry)]
    rows = read_keys(store, Table.DATAVERSE_INVOICES, (RowKey(each, each) for each in entries))
    headers = {key.row: Invoice.from_columns(row.columns) for key, row in rows.items()}
    standing = [headers[each] for each in entries if each in headers]
    latest = {
        each.contract_customer: each.invoice for each in standing if each.is_editable and not each.has_corrections
    }
    return list(latest.values())
