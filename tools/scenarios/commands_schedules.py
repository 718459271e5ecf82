"""The commands of a scenario that run invoice schedules, and those that bill a milestone header."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

from domain.milestone_header import MilestoneHeader
from domain.progress_billing import Next, rest_key
from domain.tables import Table
from domain.workflows.bill_milestone import make_next_ready, set_next, split_customers
from domain.workflows.create_scheduled_proformas import create_scheduled_proformas
from domain.workflows.mark_ready import mark_ready
from tools.scenarios.document import BadScenario
from tools.scenarios.vocabulary import number_of
from tools.scenarios.world import World

_DAY = r"\d{4}-\d\d-\d\d"


def run_schedules(world: World, on: str) -> None:
    """Let the timer tick at noon of a day."""
    noon = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    create_scheduled_proformas(world.store, world.queues, noon)


def next_invoice(world: World, name: str, wanted: str) -> None:
    """Say how much of a milestone header is billed next: a percentage, an amount, or the rest."""
    header = _header(world, name)
    percent = number_of(wanted.removesuffix("%").strip()) if wanted.endswith("%") else None
    amount = None if percent is not None or wanted == "rest" else number_of(wanted)
    set_next(world.store, contract=header.contract, header=header.header, wanted=Next(percent, amount))


def make_ready(world: World, name: str, on: str) -> None:
    """Make the next part of a milestone header ready."""
    header, day = _header(world, name), date.fromisoformat(on)
    make_next_ready(
        world.store,
        world.queues,
        contract=header.contract,
        header=header.header,
        on=day,
        at=world.clock.now(),
    )


def split(world: World, name: str) -> None:
    """Make a milestone for each customer of a header."""
    header, at = _header(world, name), world.clock.now()
    split_customers(world.store, world.queues, contract=header.contract, header=header.header, at=at)


def ready_for(world: World, name: str, customer: str) -> None:
    """Mark the milestone of one customer of a header as Ready to invoice."""
    header = _header(world, name)
    place = rest_key(header, world.names.id_of(customer))
    outcome = mark_ready(
        world.store,
        contract=header.contract,
        up_to=world.clock.now().date(),
        items=[place.row.rpartition("|")[2]],
    )
    world.told += outcome.problems


def _header(world: World, name: str) -> MilestoneHeader:
    wanted = world.names.id_of(name)
    for row in world.store.rows(Table.DATAVERSE_MILESTONE_HEADERS):
        if row.key.row == wanted:
            return MilestoneHeader.from_columns(row.columns)
    raise BadScenario(f"there is no milestone header {name!r}")


SCHEDULE_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {
        rf"run schedules on (?P<on>{_DAY})": ("run schedules on 2026-09-01", run_schedules),
        r"next invoice of (?P<name>\S+): (?P<wanted>[\d.,]+ ?%|[\d.,()]+|rest)": (
            "next invoice of roof: 20 %",
            next_invoice,
        ),
        rf"next invoice of (?P<name>\S+) is ready on (?P<on>{_DAY})": (
            "next invoice of roof is ready on 2026-08-24",
            make_ready,
        ),
        r"split (?P<name>\S+) over its customers": ("split roof over its customers", split),
        r"ready (?P<name>\S+) of (?P<customer>\S+)": ("ready roof of FS-ADATUM", ready_for),
    }
)
