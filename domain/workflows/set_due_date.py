"""Set the due date of a project invoice proposal by hand, before it is posted.

Source: Project Operations documentation, format-update-project-invoice-proposals (due date override).
"""

from datetime import date

from domain.errors import Problem, ReasonCode, Refused
from domain.invoice_proposal import Proposal, ProposalStatus
from domain.ports import RowStore
from domain.workflows.proposal_acts import save_header, settle

# statuses in which nothing has been decided yet
EDITABLE = frozenset((ProposalStatus.AWAITING_LINES, ProposalStatus.OPEN))


def set_due_date(
    store: RowStore, *, proposal: str, due_date: date | None, invoice_date: date | None = None
) -> Proposal:
    """Set a due date, or go back to the one that the terms of payment give.

    Args:
        store: where the proposal stands.
        proposal: its id.
        due_date: the day; None: as the terms say.
        invoice_date: the invoice date that it is meant for; None: the one that the proposal has. An invoice that is
            posted with another date is due as its terms say.

    Returns:
        The proposal as it stands now.

    Raises:
        NotYet: the proposal is not known (yet).
        Refused: it is being posted, is posted, or has nothing to post.
        ChangedMeanwhile: somebody else changed it at the same time; ask again.
    """
    row = settle(store, proposal)
    before = Proposal.from_columns(row.columns)
    if before.status not in EDITABLE:
        sentence = f"proposal {before.number} is {before.status.lower()}; its due date cannot be changed any more"
        raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (proposal,)))
    set_for = (invoice_date or before.invoice_date) if due_date else None
    after = before.changed(manual_due_date=due_date, manual_due_date_for=set_for)
    save_header(store, row, after)
    return after
