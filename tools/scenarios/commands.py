"""The commands of a scenario: how each is written, and what it does. Neighbours add theirs to `COMMANDS`."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.commands import ConfirmInvoice, CreateProforma
from domain.errors import CarriesProblem
from domain.identifiers import derive_id
from domain.option_sets import InvoiceState
from domain.pending_work import WorkKind
from domain.proforma import Invoice
from domain.rows import Delete
from domain.tables import Table
from domain.workflows.confirm_many import confirm_many
from domain.workflows.mark_ready import mark_ready
from tools.scenarios.commands_accounting import ACCOUNTING_COMMANDS
from tools.scenarios.commands_drafts import DRAFT_COMMANDS
from tools.scenarios.commands_journal import JOURNAL_COMMANDS
from tools.scenarios.commands_outside import OUTSIDE_COMMANDS
from tools.scenarios.commands_proposals import PROPOSAL_COMMANDS
from tools.scenarios.commands_revision import REVISION_COMMANDS
from tools.scenarios.commands_schedules import SCHEDULE_COMMANDS
from tools.scenarios.document import BadScenario
from tools.scenarios.world import World

_DAY = r"\d{4}-\d\d-\d\d"


def do(world: World, line: int, text: str) -> None:
    """Carry out a command and everything that it sends.

    Raises:
        BadScenario: there is no such command; all are shown.
    """
    for pattern, (_, act) in COMMANDS.items():
        if found := re.fullmatch(pattern, text):
            try:
                act(world, **found.groupdict())
            except CarriesProblem as error:
                world.told.append(error.problem)
            world.deliver()
            return
    known = "\n".join(f"  - {example}" for example, _ in COMMANDS.values())
    raise BadScenario(f"line {line}: there is no command {text!r}; there are\n{known}")


def ready(world: World, contract: str, up_to: str, items: str | None = None) -> None:
    """Mark items of the backlog as Ready to invoice."""
    ids = [world.names.id_of(name.strip()) for name in items.split(",")] if items else []
    terms = world.terms(contract)
    outcome = mark_ready(world.store, contract=terms.contract.contract, up_to=date.fromisoformat(up_to), items=ids)
    world.told += outcome.problems


def create_proforma(world: World, contract: str, cut_off: str) -> None:
    """Put due items on drafts."""
    terms = world.terms(contract)
    world.send(CreateProforma, terms.contract.contract, contract=terms.contract.contract, cut_off=cut_off)


def confirm(world: World, contract: str, on: str) -> None:
    """Confirm one invoice, or every invoice of a contract that was not deleted, also those that are confirmed."""
    for row in world.store.rows(Table.DATAVERSE_INVOICES):
        invoice = Invoice.from_columns(row.columns)
        is_of_contract = invoice.state == InvoiceState.ACTIVE and not contract.startswith("PRO-")
        if invoice.number == contract or (
            is_of_contract and invoice.contract == world.terms(contract).contract.contract
        ):
            world.send(ConfirmInvoice, invoice.invoice, invoice=invoice.invoice, confirmed_on=on)


def confirm_all(world: World, contracts: str, on: str) -> None:
    """Confirm all drafts of contracts at once."""
    wanted = {world.terms(name.strip()).contract.contract for name in contracts.split(",")}
    headers = [Invoice.from_columns(row.columns) for row in world.store.rows(Table.DATAVERSE_INVOICES)]
    ids = [each.invoice for each in headers if each.contract in wanted and each.is_confirmable]
    wish = derive_id("scenario-confirm-all", len(world.queues.sent))
    outcome = confirm_many(
        world.store, world.queues, invoices=ids, on=date.fromisoformat(on), wish=wish, at=world.clock.now()
    )
    world.told += outcome.problems


def import_(world: World) -> None:
    """Run Import from staging once."""
    world.tick()


def post_journals(world: World) -> None:
    """Post every journal that is pending."""
    world.post(WorkKind.POST_JOURNAL, world.clock.now().date())


def post_proposals(world: World, on: str) -> None:
    """Post every proposal that is pending."""
    world.post(WorkKind.POST_PROPOSAL, date.fromisoformat(on))


def forget(world: World, company: str, prefix: str) -> None:
    """Remove set-up rows whose key begins as told."""
    for row in world.store.rows(Table.FINANCE_SETUP):
        if row.key.partition == company and row.key.row.startswith(prefix):
            world.store.write(Table.FINANCE_SETUP, company, (Delete(row.key.row),))


# pattern: an example for people, and what to do
COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        rf"ready (?P<contract>\S+) up to (?P<up_to>{_DAY})(?: items (?P<items>.+))?": (
            "ready C-ADATUM up to 2026-08-31 items time, travel",
            ready,
        ),
        rf"create proforma (?P<contract>\S+) cut-off (?P<cut_off>{_DAY})": (
            "create proforma C-ADATUM cut-off 2026-08-31",
            create_proforma,
        ),
        rf"confirm (?P<contract>\S+) on (?P<on>{_DAY})": ("confirm C-ADATUM on 2026-08-31", confirm),
        rf"confirm all of (?P<contracts>.+) on (?P<on>{_DAY})": (
            "confirm all of C-ADATUM, C-COHO on 2026-08-31",
            confirm_all,
        ),
        r"import": ("import", import_),
        r"post journals": ("post journals", post_journals),
        rf"post proposals on (?P<on>{_DAY})": ("post proposals on 2026-08-31", post_proposals),
        r"forget set-up (?P<company>\w+) (?P<prefix>\S+)": ("forget set-up usmf ExchangeRate|Default|GBP", forget),
        **ACCOUNTING_COMMANDS,
        **PROPOSAL_COMMANDS,
        # before the journals, whose `Dataverse loses` takes every name
        **OUTSIDE_COMMANDS,
        # before the drafts, whose `delete` and `edit` take every name
        **JOURNAL_COMMANDS,
        **DRAFT_COMMANDS,
        **REVISION_COMMANDS,
        **SCHEDULE_COMMANDS,
    }
)
