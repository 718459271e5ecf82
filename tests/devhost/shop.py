"""One host around the test app, with queues of its own, and what a test asks of them."""

import base64
import json
import shutil
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azure.storage.queue import QueueClient

from tools.devhost.clock import Clock, ManualClock
from tools.devhost.faults import Fault, Faults
from tools.devhost.host import DevHost
from tools.devhost.queue_listener import QueueListener
from tools.devhost.timer_listener import TimerListener

ORDERS = Path(__file__).parent / "apps" / "orders"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Shop:
    """The host is loaded in `host`; the functions that a test has no use for are disabled."""

    def __init__(
        self,
        connection: str,
        *,
        only: tuple[str, ...] = ("take_order",),
        clock: Clock | None = None,
        settings: Mapping[str, str] | None = None,
        app: Path = ORDERS,
        faults: tuple[Fault, ...] = (),
        make_queues: bool = True,
        drain_seconds: float = 20.0,
    ) -> None:
        self.connection = connection
        self.prefix = f"q{uuid.uuid4().hex[:12]}"
        self.clock = ManualClock(NOON)
        self.lines: list[str] = []
        names = {"take_order", "take_poisoned", "relay", "tick", "warm_up", "insist"}
        values = {f"AzureWebJobs.{name}.Disabled": "true" for name in names - set(only)}
        values |= {"ORDERS_QUEUE": self.prefix, "RELAY_QUEUE": f"{self.prefix}-relay"}
        values |= {"AzureFunctionsWebHost__hostid": self.prefix}
        self.settings = values | dict(settings or {})
        for name in (self.prefix, f"{self.prefix}-relay") if make_queues else ():
            self.queue(name).create_queue()
        self.host = DevHost(
            app,
            storage=connection,
            settings=self.settings,
            clock=clock or self.clock,
            tell=self.lines.append,
            faults=Faults(faults),
            drain_seconds=drain_seconds,
        )

    def queue(self, name: str = "") -> QueueClient:
        return QueueClient.from_connection_string(self.connection, name or self.prefix)

    @property
    def poison(self) -> QueueClient:
        return self.queue(f"{self.prefix}-poison")

    def put(self, *bodies: str, queue: str = "") -> None:
        for body in bodies:
            self.queue(queue).send_message(base64.b64encode(body.encode()).decode())

    def count(self, queue: QueueClient | None = None) -> int:
        """Every message of a queue, the invisible ones too."""
        return int((queue or self.queue()).get_queue_properties().approximate_message_count or 0)

    def listener(self) -> QueueListener:
        return self.host.queue_listeners[0]

    def timer(self) -> TimerListener:
        return self.host.timer_listeners[0]


def orders_with(folder: Path, **queues: Any) -> Path:
    """A copy of the test app with other queue options."""
    app = Path(shutil.copytree(ORDERS, folder / "orders"))
    document = json.loads((app / "host.json").read_text())
    document["extensions"]["queues"] |= queues
    (app / "host.json").write_text(json.dumps(document))
    return app
