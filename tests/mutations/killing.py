"""What notices that a guard is gone: a story as it is, a fault in one of its steps, a history, or a check of saving."""

from collections.abc import Callable, Mapping

from domain.errors import ChangedMeanwhile, ContentDiffers, InvoicingError
from domain.rows import Insert, Merge, RowKey
from domain.saving import save
from domain.tables import Table
from functions.storage.memory import MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.faults.matrix import cells, ends_alike, same_as, straight, tried
from tests.faults.simulation import Simulation
from tests.faults.single import unaccounted
from tests.faults.stories import SIMULATED, STORIES
from tests.faults.world import World

TABLE = Table.FINANCE_INTEGRATION_JOURNAL_LINES


def prepare(killer: str) -> None:
    """Run the story of a killer while every guard stands: that is what it is held against."""
    story = next((each for each in STORIES if each.name in killer.split(" / ")), None)
    if story is not None:
        straight(story).known.clear()


def notices(killer: str) -> bool:
    """Whether the killer sees that something is wrong."""
    kind, _, rest = killer.partition(" / ")
    try:
        if kind == "check":
            return CHECKS[rest]()
        if kind == "history":
            seed = int(rest)
            return bool(Simulation(seed, SIMULATED[seed % len(SIMULATED)]).run().wrong)
        return _straight(rest) if kind == "straight" else _cells(*killer.split(" / "))
    except (AssertionError, InvoicingError, LookupError, RuntimeError, StopIteration, TypeError, ValueError):
        # whatever stops the line is noticed
        return True


def _straight(name: str) -> bool:
    story = next(each for each in STORIES if each.name == name)
    world = World.begin(story)
    world.run()
    return bool([*ends_alike(straight(story), world), *unaccounted(world)])


def _cells(name: str, step: str, fault: str) -> bool:
    run = straight(next(each for each in STORIES if each.name == name))
    tries = [cell for cell in cells(run) if (cell.step.place, cell.fault.name) == (step, fault) and not same_as(cell)]
    worlds = (tried(run, cell.step, (cell.fault, cell.at)) for cell in tries)
    return any([*ends_alike(run, world), *unaccounted(world)] for world in worlds)


def _an_insert_compares() -> bool:
    store = _store()
    save(store, TABLE, "p", (Insert("r", {"Amount": "1"}),))
    try:
        save(store, TABLE, "p", (Insert("r", {"Amount": "2"}),))
    except ContentDiffers:
        return False
    return True


def _another_version_is_told() -> bool:
    store = _store()
    save(store, TABLE, "p", (Insert("r", {"Amount": "1"}),))
    row = store.find(TABLE, RowKey("p", "r"))
    assert row is not None
    save(store, TABLE, "p", (Merge("r", {"Amount": "2"}),))
    try:
        save(store, TABLE, "p", (Merge("r", {"Amount": "3"}, row.etag),))
    except ChangedMeanwhile as error:
        return "read the row and decide again" not in str(error)
    return True


def _store() -> MemoryRowStore:
    return MemoryRowStore(FrozenClock())


CHECKS: Mapping[str, Callable[[], bool]] = {
    "an insert compares": _an_insert_compares,
    "another version is told": _another_version_is_told,
}
