"""What all listeners of one host share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.devhost.clock import Clock
from tools.devhost.faults import Faults
from tools.devhost.host_json import QueueOptions
from tools.devhost.invocations import InFlight, Invocation
from tools.devhost.worker import Worker

# Fixed in the real host; only a test makes it shorter.
LEASE_SECONDS = 600.0


@dataclass(frozen=True)
class Surroundings:
    """The host as a listener sees it."""

    worker: Worker
    clock: Clock
    in_flight: InFlight
    faults: Faults
    options: QueueOptions
    # Takes each finished try.
    record: Callable[[Invocation], None]
    # Told the name of a queue that this host has just written to.
    written: Callable[[str], None]
    # Takes a line for the person who watches.
    tell: Callable[[str], None]
    # Lease of a message in flight, in seconds.
    lease_seconds: float = LEASE_SECONDS
    # Never set: what a delay waits on.
    never: threading.Event = field(default_factory=threading.Event)
