"""The composition root: settings become clients, clients become adapters, once for each process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from time import monotonic

from domain.ports import Clock, CommandSender, PoisonQueues, RowStore
from functions.messages import encode
from functions.settings import Settings
from functions.storage.at_once import AtOnceRowStore
from functions.storage.clients import queue_service, row_store, table_service
from functions.storage.poison import AzurePoisonQueues
from functions.storage.queues import AzureCommandSender
from functions.storage.remembering import RememberingRowStore


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Tell the instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the triggers hand to the workflows."""

    settings: Settings
    store: RowStore
    sender: CommandSender
    clock: Clock
    poison: PoisonQueues


@cache
def wiring() -> Wiring:
    """Build everything from the environment; the first invocation pays, the others share it.

    Raises:
        BadSettings: settings are missing or wrong, all named at once.
    """
    settings = Settings.from_env()
    store = row_store(table_service(settings.storage), is_lean=settings.is_lean)
    if settings.setup_seconds:
        store = RememberingRowStore(store, settings.setup_seconds, monotonic)
    if settings.writes_at_once > 1:
        store = AtOnceRowStore(store, settings.writes_at_once)
    queues = queue_service(settings.storage)
    sender = AzureCommandSender(queues, settings.queues, encode)
    poison = AzurePoisonQueues(queues, settings.queues)
    return Wiring(settings, store, sender, SystemClock(), poison)
