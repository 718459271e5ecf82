"""An act on a project invoice proposal, written on its header before it is carried out.

Header, lines and staged rows stand in different tables, which the storage can't change together. So the header says
first what is going to change. Whoever meets such a header carries the act out before doing anything else: the same
person again, somebody else, the import or the posting.

Source: Project Operations documentation, correct-project-invoice-proposals (sales tax groups of a line can be edited,
dimensions of lines only by deleting all lines and importing them again; the header stays).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.errors import Problem, ReasonCode
from domain.invoice_proposal import Proposal, ProposalStatus
from domain.rows import Value

# why something on a proposal can't be changed any more, by its status
WAY_OUT: Mapping[ProposalStatus, str] = MappingProxyType(
    {
        ProposalStatus.AWAITING_LINES: "has no lines yet; let Import from staging run first",
        ProposalStatus.PROCESSING: "is being posted; wait, and correct it by a corrective invoice",
        ProposalStatus.INVOICED: "is invoiced; correct it by a corrective invoice",
        ProposalStatus.CLOSED: "is closed, because none of its lines carries revenue; there is nothing to change",
        ProposalStatus.DROPPED: "is dropped, because none of its lines carries revenue; there is nothing to change",
    }
)


class ProposalAct(BaseModel):
    """What is going to change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["edit_lines", "delete_lines"]
    # edit_lines: the numbers of the lines; none means all of them
    lines: tuple[int, ...] = ()
    # edit_lines: columns that change; None clears one
    columns: dict[str, Value] = {}

    @property
    def text(self) -> str:
        """Give the act as the header keeps it."""
        return self.model_dump_json(exclude_defaults=True)


def not_open(proposal: Proposal) -> Problem | None:
    """Say why the lines of a proposal can't be changed; None: they can, the proposal is open."""
    if proposal.status is ProposalStatus.OPEN:
        return None
    sentence = f"proposal {proposal.number} {WAY_OUT[proposal.status]}"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (proposal.proposal,))


def without_lines(proposal: Proposal) -> Proposal:
    """Make the header as it stands when all lines are deleted: it waits for the next import.

    What the accountant set on the header stays: due date and dimensions.
    """
    deletions = (proposal.deletions or 0) + 1
    return proposal.changed(
        status=ProposalStatus.AWAITING_LINES, lines=None, amount=None, deletions=deletions, pending_act=None
    )
