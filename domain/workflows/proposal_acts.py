"""Carry out what the accountant wants changed on a proposal: as a whole, by whoever meets it, or not at all.

The header gets the act first, by its version; then come the rows, last the header again, without the act. A process
that dies in between leaves an act that stands: the next act, the import or the posting carries it out before anything
else. Each write is made for the version of a row that was read before the header was last seen with its act, so a slow
worker whom others have overtaken changes nothing any more.
"""

from collections.abc import Callable, Iterator, Sequence

from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused, RowMissing
from domain.invoice_proposal import Proposal, ProposalLine, ProposalStatus
from domain.pending_work import PendingWork, WorkKind, posting_work
from domain.ports import RowStore
from domain.proposal_acts import ProposalAct, without_lines
from domain.rows import Delete, Insert, Merge, Operation, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, replace_status, save
from domain.tables import Table
from domain.workflows.handling import clear_problem
from domain.workflows.reading import known_document
from domain.workflows.work_index import TABLE as WORK
from domain.workflows.work_index import claim

HEADERS, LINES, STAGING = (
    Table.FINANCE_INVOICE_PROPOSALS,
    Table.FINANCE_INVOICE_PROPOSAL_LINES,
    Table.FINANCE_ACTUALS_STAGING,
)
# what a proposal leaves on the staged rows of its lines
MARKS = ("InvoiceProposalId", "InvoiceProposalLine")

# what is to be changed on a proposal as it stands; None when nothing is
type Decide = Callable[[Proposal], ProposalAct | None]


def act_on_proposal(store: RowStore, proposal: str, decide: Decide) -> Proposal:
    """Decide on a proposal as it stands, carry out what was decided, and give its header as it stands then.

    Raises:
        NotYet: the proposal is not known (yet), or others keep changing it.
        Refused: `decide` refuses; nothing was changed.
    """
    for _ in range(ROUNDS_MAX):
        row = settle(store, proposal)
        header = Proposal.from_columns(row.columns)
        act = decide(header)
        if act is None:
            return header
        begun = header.changed(pending_act=act.text)
        try:
            replace_status(store, HEADERS, header.key, begun.to_columns(), row.etag)
        except ChangedMeanwhile:
            # somebody was faster: look again and decide again
            continue
        return Proposal.from_columns(settle(store, proposal).columns)
    raise NotYet(_restless(proposal))


def settle(store: RowStore, proposal: str, read: StoredRow | None = None) -> StoredRow:
    """Carry out the act that stands on a header, if one does, and give the header's row.

    Args:
        store: where the proposal stands.
        proposal: its id.
        read: the header's row, if it was just read.

    Raises:
        NotYet: the proposal is not known (yet), or others keep changing it.
    """
    for _ in range(ROUNDS_MAX):
        row = read or known_document(store, HEADERS, RowKey(proposal, proposal), "project invoice proposal")
        read, header = None, Proposal.from_columns(row.columns)
        if header.pending_act is None:
            return row
        try:
            _carry_out(store, header, row, ProposalAct.model_validate_json(header.pending_act))
        except (ChangedMeanwhile, RowMissing):
            # somebody else carries it out as well, or has done so: look again
            continue
    raise NotYet(_restless(proposal))


def _restless(proposal: str) -> Problem:
    sentence = f"proposal {proposal} is being changed by others all the time; it is looked at again"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (proposal,))


def save_header(store: RowStore, row: StoredRow, after: Proposal) -> None:
    """Replace a header that nothing else depends on.

    Raises:
        ChangedMeanwhile: somebody else changed it at the same time.
    """
    replace_status(store, HEADERS, after.key, after.to_columns(), row.etag)


def refuse(problem: Problem | None) -> None:
    """Refuse what a rule refuses.

    Raises:
        Refused: there is a problem.
    """
    if problem is not None:
        raise Refused(problem)


def line_pages(store: RowStore, proposal: Proposal) -> Iterator[list[tuple[StoredRow, ProposalLine]]]:
    """Read the lines of a proposal page by page: those that count, made since the last deletion."""
    for page in store.read_pages(LINES, proposal.proposal):
        lines = ((row, ProposalLine.from_columns(row.columns)) for row in page)
        yield [(row, line) for row, line in lines if line.deletions == proposal.deletions]
        del page, lines


def _carry_out(store: RowStore, header: Proposal, row: StoredRow, act: ProposalAct) -> None:
    match act.kind:
        case "edit_lines":
            _edit_lines(store, header, row, act)
            after = header.changed(pending_act=None)
        case "delete_lines":
            _delete_lines(store, header, row)
            after = without_lines(header)
    replace_status(store, HEADERS, header.key, after.to_columns(), row.etag)


def _edit_lines(store: RowStore, header: Proposal, row: StoredRow, act: ProposalAct) -> None:
    wanted = frozenset(act.lines)
    for page in line_pages(store, header):
        merges = [Merge(each.key.row, act.columns, each.etag) for each, line in page if _is_wanted(line, wanted)]
        _save(store, LINES, row, merges)


def _is_wanted(line: ProposalLine, wanted: frozenset[int]) -> bool:
    return not wanted or line.number in wanted


def _delete_lines(store: RowStore, header: Proposal, row: StoredRow) -> None:
    """Take the lines away and give their staged rows back to the import."""
    _register(store, header)
    for page in store.read_pages(LINES, header.proposal, columns=("LineNumber",)):
        # no version: what is imported since stands under other keys
        _save(store, LINES, row, [Delete(each.key.row) for each in page])
    for page in store.read_pages(STAGING, header.proposal, columns=MARKS):
        free: dict[str, None] = dict.fromkeys(MARKS)
        marked = [each for each in page if each.columns.get("InvoiceProposalId")]
        _save(store, STAGING, row, [Merge(each.key.row, free, each.etag) for each in marked])
    posting = store.find(WORK, ready_work(header).key)
    if posting is not None:
        _save(store, WORK, row, [Delete(posting.key.row, posting.etag)], partition=posting.key.partition)


def _save(
    store: RowStore, table: Table, header: StoredRow, operations: Sequence[Operation], *, partition: str | None = None
) -> None:
    """Change rows that were read before the header is seen with its act."""
    if not operations:
        return
    stands = store.find(HEADERS, header.key)
    if stands is None or stands.etag != header.etag:
        raise ChangedMeanwhile(f"{HEADERS} {header.key.text}: another version stands; look again")
    save(store, table, partition or header.key.partition, operations)


def _register(store: RowStore, header: Proposal) -> None:
    """Register the import, so that an earlier one that is still about to put its work away leaves ours alone."""
    work = header_work(header)
    save(store, WORK, work.kind.value, (Insert(work.key.row, work.to_columns()),))
    row = store.find(WORK, work.key)
    if row is not None:
        claim(store, row)


def put_import_away(store: RowStore, proposal: Proposal) -> bool:
    """Put away the import of a proposal whose lines stand, unless they are being deleted again.

    Returns:
        False: they are, or have been; there is more to import.
    """
    work = header_work(proposal)
    # the work is read before the header: who registers it again afterwards changes its version
    row = store.find(WORK, work.key)
    header = store.find(HEADERS, proposal.key)
    stands = Proposal.from_columns(header.columns) if header is not None else proposal
    if stands.pending_act is not None or stands.status is ProposalStatus.AWAITING_LINES:
        return False
    # the problem goes first: who dies in between comes back for the work, but nobody comes back for a problem
    clear_problem(store, work.partition, work.stage)
    if row is not None:
        try:
            save(store, WORK, work.kind.value, (Delete(work.key.row, row.etag),))
        except ChangedMeanwhile:
            return False
    return True


def header_work(proposal: Proposal) -> PendingWork:
    """Make the work row that the arrival of a proposal's header registers."""
    return _work(WorkKind.PROPOSAL_LINES, proposal)


def ready_work(proposal: Proposal) -> PendingWork:
    """Make the work row that says that a proposal can be posted."""
    return _work(WorkKind.POST_PROPOSAL, proposal)


def revenue_work(proposal: Proposal) -> PendingWork:
    """Make the work row that says that an invoice may have left something in WIP."""
    return _work(WorkKind.ACCRUED_REVENUE, proposal)


def _work(kind: WorkKind, proposal: Proposal) -> PendingWork:
    return posting_work(kind, company=proposal.company, document=proposal.proposal, correlation=proposal.correlation)
