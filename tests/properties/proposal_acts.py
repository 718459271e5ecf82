"""What the accountant does to the proposals of a history before they are posted."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.commands import ImportProposal
from domain.invoice_proposal import Proposal
from domain.ports import RowStore
from domain.tables import Table
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.edit_proposal import edit_header, edit_lines
from domain.workflows.set_due_date import set_due_date
from tests.properties.histories import History


def _edit_lines(store: RowStore, proposal: str) -> None:
    edit_lines(store, proposal, fields={"sales tax group": "", "item sales tax group": ""})


def _edit_header(store: RowStore, proposal: str) -> None:
    edit_header(store, proposal, fields={"dimensions": "Department=Sales"})


def _delete_lines(store: RowStore, proposal: str) -> None:
    delete_lines(store, proposal)


def _set_due_date(store: RowStore, proposal: str) -> None:
    set_due_date(store, proposal=proposal, due_date=date(2026, 10, 15))


PROPOSAL_ACTS: Mapping[str, Callable[[RowStore, str], None] | None] = MappingProxyType(
    {
        "edit lines": _edit_lines,
        "edit header": _edit_header,
        "delete lines": _delete_lines,
        "set due date": _set_due_date,
        # asks for it with a message
        "import again": None,
    }
)


def act_on_proposal(history: History, place: int, act: str) -> None:
    """Do something to a proposal, whatever its status."""
    if proposals := history.line.records(Table.FINANCE_INVOICE_PROPOSALS, Proposal):
        proposal, do = proposals[place % len(proposals)], PROPOSAL_ACTS[act]
        if do is not None:
            do(history.line.store, proposal.proposal)
        else:
            wish = history.new_id()
            history.line.send(
                ImportProposal(
                    command=wish,
                    correlation=wish,
                    requested_at=history.line.clock.now(),
                    proposal=proposal.proposal,
                    delete_after=proposal.deletions or 0,
                )
            )
