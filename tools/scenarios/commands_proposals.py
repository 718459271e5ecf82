"""The commands of a scenario with which the accountant changes a proposal before it is posted."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.commands import ImportProposal
from domain.invoice_proposal import Proposal
from domain.ledger import ProjectTransaction
from domain.staging import OnAccountTransaction
from domain.tables import Table
from domain.workflows.adjust_accounting import adjust_accounting
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.edit_on_account import edit_on_account
from domain.workflows.edit_proposal import edit_header, edit_lines
from tools.scenarios.document import BadScenario
from tools.scenarios.world import World

_NUMBER = r"PRO-\d+"


def delete(world: World, number: str) -> None:
    """Delete all lines of a proposal."""
    delete_lines(world.store, header_of(world, number).proposal)


def again(world: World, number: str) -> None:
    """Delete all lines and import them at once."""
    header = header_of(world, number)
    world.send(ImportProposal, header.proposal, proposal=header.proposal, delete_after=header.deletions or 0)


def alone(world: World, number: str) -> None:
    """Import the lines of one proposal by itself."""
    header = header_of(world, number)
    world.send(ImportProposal, header.proposal, proposal=header.proposal)


def edit(world: World, lines: str | None, number: str, fields: str) -> None:
    """Edit lines of a proposal alike."""
    numbers = [int(each) for each in (lines or "").split(",") if each.strip()]
    edit_lines(world.store, header_of(world, number).proposal, lines=numbers, fields=_fields(fields))


def header(world: World, number: str, fields: str) -> None:
    """Edit the header of a proposal."""
    edit_header(world.store, header_of(world, number).proposal, fields=_fields(fields))


def on_account(world: World, milestone: str, fields: str) -> None:
    """Edit the on-account transaction of a milestone."""
    wanted = world.names.id_of(milestone)
    for row in world.store.rows(Table.FINANCE_ON_ACCOUNT_TRANSACTIONS):
        if OnAccountTransaction.from_columns(row.columns).transaction == wanted:
            edit_on_account(world.store, row.key, fields=_fields(fields))
            return
    raise BadScenario(f"there is no on-account transaction of {milestone!r}")


def adjust(world: World, actual: str, fields: str, on: str) -> None:
    """Adjust the accounting of a posted unbilled sale."""
    wanted = world.names.id_of(actual)
    for row in world.store.rows(Table.FINANCE_PROJECT_TRANSACTIONS):
        if ProjectTransaction.from_columns(row.columns).actual == wanted:
            adjust_accounting(world.store, row.key, fields=_fields(fields), on=date.fromisoformat(on))
            return
    raise BadScenario(f"there is no project transaction of {actual!r}")


def _fields(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(", "))
    return {name.strip(): value.strip() for name, _, value in pairs}


def header_of(world: World, number: str) -> Proposal:
    """Find a proposal by its number."""
    for row in world.store.rows(Table.FINANCE_INVOICE_PROPOSALS):
        proposal = Proposal.from_columns(row.columns)
        if proposal.number == number:
            return proposal
    raise BadScenario(f"there is no proposal {number!r}")


# pattern: an example for people, and what to do
PROPOSAL_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        rf"delete lines of (?P<number>{_NUMBER})": ("delete lines of PRO-000900", delete),
        rf"import again (?P<number>{_NUMBER})": ("import again PRO-000900", again),
        rf"import (?P<number>{_NUMBER}) by itself": ("import PRO-000900 by itself", alone),
        rf"edit lines (?:(?P<lines>[\d, ]+) )?of (?P<number>{_NUMBER}): (?P<fields>.+)": (
            "edit lines 1, 2 of PRO-000900: sales tax group = EU",
            edit,
        ),
        rf"edit header of (?P<number>{_NUMBER}): (?P<fields>.+)": (
            "edit header of PRO-000900: dimensions = Region=West",
            header,
        ),
        r"edit on-account (?P<milestone>.+?): (?P<fields>.+)": (
            "edit on-account start: sales tax group = EU, dimensions = CostCenter=7",
            on_account,
        ),
        r"adjust (?P<actual>.+?) on (?P<on>\d{4}-\d\d-\d\d): (?P<fields>.+)": (
            "adjust sale on 2026-08-31: dimensions = CostCenter=7",
            adjust,
        ),
    }
)
