"""What comes from outside: other systems that write past the rules, wishes of finance, timers, and the tie-out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain.commands import SyncTableMap
from domain.errors import Problem
from domain.pending_work import WorkKind
from domain.proforma import InvoiceLineDetail
from domain.rows import Delete, Merge
from domain.tables import Table
from domain.workflows.post_pending import post_pending
from domain.workflows.reconcile_history import Wanted, tie_out_all
from domain.workflows.reconcile_reading import Look
from tools.scenarios.commands_drafts import detail_called, header_of
from tools.scenarios.document import BadScenario
from tools.scenarios.vocabulary import attribute_of, kind_of, value_of
from tools.scenarios.world import World


def write(world: World, name: str, invoice: str, fields: str) -> None:
    """Write columns of a line detail as another system may: past the rules of editing."""
    kind, detail = kind_of("invoice line details", 0), detail_called(world, header_of(world, invoice), name)
    changes = {}
    for part in fields.split(", "):
        column, _, text = (piece.strip() for piece in part.partition("="))
        attribute = attribute_of(kind, column, 0)
        changes[attribute] = value_of(InvoiceLineDetail, attribute, text, world.names)
    for row in world.store.rows(kind.table):
        before = InvoiceLineDetail.from_columns(row.columns)
        if before.detail == detail:
            after = before.changed(**changes).to_columns()
            merge = Merge(
                row.key.row, {column: after[column] for column in after if after[column] != row.columns[column]}
            )
            world.store.write(kind.table, row.key.partition, (merge,))
            return
    raise BadScenario(f"there is no line detail of {name!r} on {invoice}")


def lose_contract(world: World, contract: str) -> None:
    """Remove the header of a contract from Dataverse."""
    id_ = world.terms(contract).contract.contract
    world.store.write(Table.DATAVERSE_CONTRACTS, id_, (Delete(id_),))


def ask(world: World, change: str, number: str) -> None:
    """Let finance ask to carry a proposal to Dataverse, or to delete one."""
    id_ = world.names.id_of(number)
    wish = {"map": "project_invoice_proposal_v2", "partition": id_, "first": id_, "last": id_, "side": "finance"}
    world.send(SyncTableMap, id_, **wish, change="delete" if change == "delete" else "save")


def tick(world: World) -> None:
    """Let the timers that post tick: journals, then proposals."""
    for kind in (WorkKind.POST_JOURNAL, WorkKind.POST_PROPOSAL):
        post_pending(world.store, world.queues, kind, world.clock.now())
        world.deliver()


def tie_out(world: World) -> None:
    """Tie everything out and tell what is said of it, also of what only waits."""
    looks = tie_out_all(
        Look.begin(world.store), lambda table: sorted({row.key.partition for row in world.store.rows(table)}), Wanted()
    )
    for finding in (finding for looked in looks for finding in looked.tie_out.found.values()):
        world.told.append(Problem(finding.remark.code, finding.remark.what, tuple(finding.ids)))


# pattern: an example for people, and what to do
OUTSIDE_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        r"another system writes (?P<name>.+) on (?P<invoice>PRO-\d+): (?P<fields>.+)": (
            "another system writes sale on PRO-000001: amount = 1",
            write,
        ),
        r"Dataverse loses contract (?P<contract>\S+)": ("Dataverse loses contract C-ADATUM", lose_contract),
        r"finance asks to (?P<change>create|change|delete) (?P<number>PRO-\d+)": (
            "finance asks to delete PRO-000001",
            ask,
        ),
        r"tie out": ("tie out", tie_out),
        r"run the posting timers": ("run the posting timers", tick),
    }
)
