"""What every command has in common: a refusal is stored on its document, a success clears what was stored."""

from collections.abc import Callable
from types import MappingProxyType

from domain.commands import Command, ConfirmInvoice, CreateProforma, ImportProposal, PostProposal
from domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    NotYet,
    OutcomeUnknown,
    Problem,
    Refused,
    RowMissing,
    by_precedence,
)
from domain.invoice_proposal import Proposal, ProposalStatus
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.problems import OpenProblem, met_again, open_problem, problem_key
from domain.proforma import Invoice
from domain.rows import Delete, Insert, Replace, RowKey, StoredRow, Value
from domain.saving import ROUNDS_MAX, save
from domain.tables import Table
from domain.timeline import ALWAYS, events_of, solved_event
from domain.workflows.marking import mark

# they write their events before something after which nobody would come back for them
MARKED_WITHIN = frozenset((CreateProforma.name, ImportProposal.name))
# statuses of a proposal in which these have something to do
_BEFORE = MappingProxyType(
    {
        ImportProposal.name: (ProposalStatus.AWAITING_LINES,),
        PostProposal.name: (ProposalStatus.AWAITING_LINES, ProposalStatus.OPEN, ProposalStatus.PROCESSING),
    }
)
# passed only when nothing of it stays undone
WHOLE = frozenset(ALWAYS)


def handle(store: RowStore, command: Command, work: Callable[[], Outcome]) -> Outcome:
    """Do the work of a command and keep its problem, if it has one.

    Returns:
        The work's own outcome, of whose problems the first by precedence is kept; for a refusal, an outcome that says
        so, since trying again can't help.

    Raises:
        NotYet: as the work raised it, so that the message is delivered again; its reason is stored, unless others have
            done meanwhile what the command asks for.
    """
    try:
        outcome = work()
    except Refused as refused:
        keep_problem(store, problem_row(command, refused.problem))
        return Outcome(Action.COMMAND_REFUSED, command.document, {"stage": command.stage}, (refused.problem,))
    except NotYet as not_yet:
        # who has found others at work may be the last to know that they are through, and nobody would clear its problem
        if not _is_past(store, command):
            keep_problem(store, problem_row(command, not_yet.problem))
        raise
    if outcome.problems:
        keep_problem(store, problem_row(command, by_precedence(outcome.problems)[0]))
    if not outcome.problems or _is_past(store, command):
        clear_problem(store, command.document, command.stage)
    if command.name not in MARKED_WITHIN and not (outcome.problems and command.name in WHOLE):
        mark(store, events_of(command, outcome))
    return outcome


def _is_past(store: RowStore, command: Command) -> bool:
    """Whether others have done what the command asks for, and cleared its problem, before a slow one keeps its own."""
    if isinstance(command, ConfirmInvoice):
        invoice = store.find(Table.DATAVERSE_INVOICES, RowKey(command.invoice, command.invoice))
        return invoice is not None and not Invoice.from_columns(invoice.columns).is_confirmable
    if not isinstance(command, ImportProposal | PostProposal):
        return False
    row = store.find(Table.FINANCE_INVOICE_PROPOSALS, RowKey(command.proposal, command.proposal))
    return row is not None and Proposal.from_columns(row.columns).status not in _BEFORE[command.name]


def keep_problem(store: RowStore, problem: OpenProblem, *, is_counted: bool = False) -> None:
    """Store the problem of a stage; the same one counts one more try, another one that stands there is replaced."""
    key, columns = problem.key, dict[str, Value]()
    for _ in range(ROUNDS_MAX):
        stands = store.find(Table.INVOICING_PROBLEMS, key)
        if stands is not None and dict(stands.columns) == columns:
            # it was written, and only the answer was lost
            return
        known = problem if stands is None else _met_again(stands, problem, is_counted)
        columns = known.to_columns()
        write = Replace(key.row, columns, stands.etag) if stands else Insert(key.row, columns)
        try:
            store.write(Table.INVOICING_PROBLEMS, key.partition, (write,))
        except (AlreadyExists, ChangedMeanwhile, RowMissing, OutcomeUnknown):
            # another worker writes the same document's problem, or the answer was lost: what stands decides
            continue
        return
    raise OutcomeUnknown(f"{Table.INVOICING_PROBLEMS} {key.text}: the problem could not be stored; try again")


def _met_again(stands: StoredRow, problem: OpenProblem, is_counted: bool) -> OpenProblem:
    return met_again(OpenProblem.from_columns(stands.columns), problem, is_counted=is_counted)


def clear_problem(store: RowStore, document: str, stage: str) -> None:
    """Remove the problem of a stage that succeeded; nothing stored is fine."""
    key = problem_key(document, stage)
    stands = store.find(Table.INVOICING_PROBLEMS, key)
    if stands is None:
        return
    # on the timeline first: who dies in between comes back for the problem, but nobody comes back for its event
    mark(store, (solved_event(OpenProblem.from_columns(stands.columns), stands.changed_at),))
    try:
        save(store, Table.INVOICING_PROBLEMS, key.partition, (Delete(key.row, stands.etag),))
    except ChangedMeanwhile:
        # another delivery has stopped since, for a reason of its own
        return


def problem_row(command: Command, problem: Problem, *, tries: int = 1) -> OpenProblem:
    """Make the row that says on its document why a command stopped."""
    return open_problem(
        problem,
        document=command.document,
        stage=command.stage,
        correlation=command.correlation,
        since=command.requested_at,
        tries=tries,
    )
