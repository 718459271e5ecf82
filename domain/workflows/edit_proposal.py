"""Edit a project invoice proposal before it is posted: sales tax groups of its lines, dimensions of its header.

Sales tax is calculated when the invoice is posted, from the groups that stand on the lines then.

Source: Project Operations documentation, correct-project-invoice-proposals.
"""

from collections.abc import Mapping, Sequence

from domain.errors import Problem, ReasonCode, Refused
from domain.invoice_proposal import Proposal
from domain.ports import RowStore
from domain.proposal_acts import ProposalAct, not_open
from domain.proposal_editing import Place, edited_columns
from domain.rows import Value
from domain.setup import LegalEntitySetup
from domain.workflows.companies import Companies
from domain.workflows.proposal_acts import act_on_proposal, line_pages, refuse, save_header, settle

# lines that one edit names; what is to be done stands in one column
LINES_MAX = 1000


def edit_lines(store: RowStore, proposal: str, *, lines: Sequence[int] = (), fields: Mapping[str, str]) -> Proposal:
    """Edit lines alike.

    Args:
        store: where the proposal stands.
        proposal: its id.
        lines: their numbers; none means all of them.
        fields: new values by name (`sales tax group`, `item sales tax group`); an empty one clears.

    Returns:
        The header as it stands then.

    Raises:
        NotYet: the proposal is not known (yet), or others keep changing it.
        Refused: it is not open, has no such line, or a field or value is wrong; nothing was changed.
    """

    def decide(header: Proposal) -> ProposalAct:
        refuse(not_open(header))
        numbers = tuple(sorted(set(lines)))
        refuse(_unknown_line(store, header, numbers))
        columns = _columns(store, header, Place.LINE, f"proposal {header.number}", fields)
        return ProposalAct(kind="edit_lines", lines=numbers, columns=columns)

    return act_on_proposal(store, proposal, decide)


def edit_header(store: RowStore, proposal: str, *, fields: Mapping[str, str]) -> Proposal:
    """Edit the header, also while its lines are deleted: what is edited stays when they are imported again.

    Raises:
        NotYet: as for `edit_lines`.
        Refused: it is being posted, is posted or closed, the company does not let it, or a field or value is wrong.
        ChangedMeanwhile: somebody else changed it at the same time; ask again.
    """
    row = settle(store, proposal)
    header = Proposal.from_columns(row.columns)
    if header.lines is not None:
        refuse(not_open(header))
    columns = _columns(store, header, Place.HEADER, f"proposal {header.number}", fields)
    after = header.changed(default_dimension=columns.get("DefaultDimension"))
    save_header(store, row, after)
    return after


def _columns(
    store: RowStore, header: Proposal, place: Place, about: str, fields: Mapping[str, str]
) -> dict[str, Value]:
    setup = Companies(store).setup(header.company)
    if not isinstance(setup, LegalEntitySetup):
        raise Refused(setup)
    columns = edited_columns(setup, place, about, fields)
    if isinstance(columns, Problem):
        raise Refused(columns)
    return columns


def _unknown_line(store: RowStore, header: Proposal, numbers: Sequence[int]) -> Problem | None:
    if len(numbers) > LINES_MAX:
        sentence = f"{len(numbers)} lines of proposal {header.number} are too many for one edit; name 1,000, or none"
        return Problem(ReasonCode.INVOICE_LINE_UNKNOWN, sentence, (header.proposal,))
    if not numbers:
        return None
    known = {line.number for page in line_pages(store, header) for _, line in page}
    unknown = [number for number in numbers if number not in known]
    if not unknown:
        return None
    sentence = f"proposal {header.number} has no line {unknown[0]}; it has {len(known)}, look at them first"
    return Problem(ReasonCode.INVOICE_LINE_UNKNOWN, sentence, (header.proposal,))
