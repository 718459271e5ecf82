"""Delete all lines of a project invoice proposal, so that the next import makes them anew.

The header stays with what the accountant set on it. The staged billed sales are free again; the next import, of the
timer or of one proposal, makes the lines with the dimensions and sales tax groups that the posted transactions and the
on-account transactions have by then. What was edited on the old lines is gone with them.

Source: Project Operations documentation, correct-project-invoice-proposals (Delete all: the header stays, Import from
staging makes the lines again with updated dimensions).
"""

from domain.invoice_proposal import Proposal, ProposalStatus
from domain.ports import RowStore
from domain.proposal_acts import ProposalAct, not_open
from domain.workflows.proposal_acts import act_on_proposal, refuse


def delete_lines(store: RowStore, proposal: str, *, after: int | None = None) -> Proposal:
    """Delete the lines.

    Args:
        store: where the proposal stands.
        proposal: its id.
        after: only if its lines had been deleted so many times; so a wish that comes twice is one wish. None: those
            that stand now.

    Returns:
        The header as it stands then: without lines.

    Raises:
        NotYet: the proposal is not known (yet), or others keep changing it.
        Refused: it is being posted, is posted, has nothing to post, or never had lines; nothing was changed.

    Repeating it: finds no lines, and changes nothing.
    """

    def decide(header: Proposal) -> ProposalAct | None:
        has_no_lines = header.status is ProposalStatus.AWAITING_LINES
        if (after is not None and (has_no_lines or after != (header.deletions or 0))) or (
            has_no_lines and header.deletions is not None
        ):
            return None
        refuse(not_open(header))
        return ProposalAct(kind="delete_lines")

    return act_on_proposal(store, proposal, decide)
