"""The commands of a scenario with which the accountant acts: due dates, agreed rates, accrued revenue."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.ledger import ProjectTransaction
from domain.rows import Merge
from domain.tables import Table
from domain.workflows.apply_fixed_rate import apply_fixed_rate
from domain.workflows.reconcile_accrued_revenue import find_imbalances, reconcile_accrued_revenue
from domain.workflows.set_due_date import set_due_date
from tools.scenarios.commands_proposals import header_of
from tools.scenarios.document import BadScenario
from tools.scenarios.vocabulary import number_of
from tools.scenarios.world import World

_DAY = r"\d{4}-\d\d-\d\d"


def due(world: World, number: str, due_date: str, invoice_date: str | None = None) -> None:
    """Set the due date of a proposal by hand."""
    for_day = date.fromisoformat(invoice_date) if invoice_date else None
    proposal = _proposal(world, number)
    set_due_date(world.store, proposal=proposal, due_date=date.fromisoformat(due_date), invoice_date=for_day)


def rates(world: World) -> None:
    """Apply the fixed exchange rate agreements that have come meanwhile."""
    apply_fixed_rate(world.store)


def reconcile(world: World, number: str, on: str) -> None:
    """Reconcile the accrued revenue of an invoice."""
    reconcile_accrued_revenue(world.store, proposals=(_proposal(world, number),), on=date.fromisoformat(on))


def expect(world: World, number: str, rows: str) -> None:
    """Say how many imbalances an invoice has."""
    found = find_imbalances(world.store, _proposal(world, number))
    if len(found) != int(rows):
        raise BadScenario(f"invoice {number} has {len(found)} imbalance(s), not {rows}")


def taken_back(world: World, actual: str, amount: str) -> None:
    """Let an invoice have taken back another amount of an accrual, as rows of another system may."""
    wanted = world.names.id_of(actual)
    for row in world.store.rows(Table.FINANCE_PROJECT_TRANSACTIONS):
        transaction = ProjectTransaction.from_columns(row.columns)
        if transaction.actual == wanted:
            after = transaction.changed(reversed_accounting_amount=number_of(amount)).to_columns()
            merge = Merge(row.key.row, {"LedgerSalesReversed": after["LedgerSalesReversed"]})
            world.store.write(Table.FINANCE_PROJECT_TRANSACTIONS, row.key.partition, (merge,))
            return
    raise BadScenario(f"there is no project transaction of {actual!r}")


def _proposal(world: World, number: str) -> str:
    return header_of(world, number).proposal


# pattern: an example for people, and what to do
ACCOUNTING_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        rf"set due date of (?P<number>\S+) to (?P<due_date>{_DAY})(?: for invoice date (?P<invoice_date>{_DAY}))?": (
            "set due date of PRO-000001 to 2026-12-24 for invoice date 2026-08-31",
            due,
        ),
        r"apply fixed rates": ("apply fixed rates", rates),
        rf"reconcile accrued revenue of (?P<number>\S+) on (?P<on>{_DAY})": (
            "reconcile accrued revenue of PRO-000001 on 2026-08-31",
            reconcile,
        ),
        r"find (?P<rows>\d+) imbalances? of (?P<number>\S+)": ("find 1 imbalance of PRO-000001", expect),
        r"(?P<actual>.+) was taken back with (?P<amount>[\d,.()]+)": ("sale was taken back with 4,500", taken_back),
    }
)
