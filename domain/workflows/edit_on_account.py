"""Edit the on-account transaction of a milestone until a proposal has made a line of it.

Source: Project Operations documentation, format-update-project-invoice-proposals (a milestone's sales tax groups and
dimensions can be edited on its on-account transaction until the proposal is created).
"""

from collections.abc import Mapping

from domain.contract import Milestone
from domain.errors import Problem, ReasonCode, Refused
from domain.invoice_proposal import Proposal, ProposalStatus
from domain.ports import RowStore
from domain.proposal_editing import Place, edited_columns
from domain.rows import Merge, RowKey
from domain.saving import save
from domain.setup import LegalEntitySetup
from domain.staging import OnAccountTransaction
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.proposal_acts import refuse
from domain.workflows.reading import find_record, known_document

TABLE = Table.FINANCE_ON_ACCOUNT_TRANSACTIONS


def edit_on_account(store: RowStore, key: RowKey, *, fields: Mapping[str, str]) -> OnAccountTransaction:
    """Edit an on-account transaction.

    Args:
        store: where it stands.
        key: of the transaction, which is its milestone's.
        fields: new values by name (`sales tax group`, `item sales tax group`, `dimensions`); an empty one clears.

    Returns:
        The transaction as it stands then.

    Raises:
        NotYet: finance does not know the milestone (yet).
        Refused: it stands on a proposal, or a field or value is wrong; nothing was changed.
        ChangedMeanwhile: somebody else changed it at the same time; ask again.
    """
    row = known_document(store, TABLE, key, "on-account transaction")
    before = OnAccountTransaction.from_columns(row.columns)
    refuse(_on_a_proposal(store, key, before))
    setup = Companies(store).setup(before.company)
    if not isinstance(setup, LegalEntitySetup):
        raise Refused(setup)
    columns = edited_columns(setup, Place.ON_ACCOUNT, f"on-account transaction {before.transaction}", fields)
    if isinstance(columns, Problem):
        raise Refused(columns)
    save(store, TABLE, key.partition, (Merge(key.row, columns, row.etag),))
    return OnAccountTransaction.from_columns({**row.columns, **columns})


def _on_a_proposal(store: RowStore, key: RowKey, before: OnAccountTransaction) -> Problem | None:
    milestone = find_record(store, Table.DATAVERSE_MILESTONES, key, Milestone)
    if milestone is None or milestone.invoice is None:
        return None
    place = RowKey(milestone.invoice, milestone.invoice)
    proposal = find_record(store, Table.FINANCE_INVOICE_PROPOSALS, place, Proposal)
    return standing_on(proposal, f"on-account transaction {before.transaction}", before.transaction)


def standing_on(proposal: Proposal | None, about: str, id_: str) -> Problem | None:
    """Refuse what stands on the lines of a proposal; None: no proposal, or one without lines."""
    if proposal is None or (proposal.status is ProposalStatus.AWAITING_LINES and proposal.pending_act is None):
        return None
    if proposal.status is ProposalStatus.OPEN:
        way_out = "delete the proposal's lines first, and import them again afterwards"
    else:
        way_out = f"which is {proposal.status.lower()}; correct it by a corrective invoice"
    sentence = f"{about} stands on proposal {proposal.number}; {way_out}"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (id_, proposal.proposal))
