"""The commands of a scenario that run invoice schedules."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from domain.workflows.create_scheduled_proformas import create_scheduled_proformas
from tools.scenarios.world import World

_DAY = r"\d{4}-\d\d-\d\d"


def run_schedules(world: World, on: str) -> None:
    """Let the timer tick at noon of a day."""
    noon = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    create_scheduled_proformas(world.store, world.queues, noon)


SCHEDULE_COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = MappingProxyType(
    {rf"run schedules on (?P<on>{_DAY})": ("run schedules on 2026-09-01", run_schedules)}
)
