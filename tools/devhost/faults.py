"""Faults that a test can order, to prove that an app survives what Azure really does. Never used by `run`.

They stand where only a host can stand: between the function's end and the deletion of its message.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

type FaultKind = Literal["kill_before_delete", "drop_lease", "delay"]


@dataclass(frozen=True)
class Fault:
    """One fault to come.

    kill_before_delete: the host dies after the function succeeded; its message is neither deleted nor released, and is
    visible again at once (a real one would be after up to ten minutes).
    drop_lease: the message becomes visible to everybody before the function starts, so that a second delivery runs
    beside or after the first, and the first cannot delete it any more.
    delay: the host waits before it calls the function.
    """

    kind: FaultKind
    # None means any function.
    function: str | None = None
    # How often it strikes.
    times: int = 1
    # Length of a delay.
    seconds: float = 0.0


class Faults:
    """The faults still to come; safe to ask from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._pending = list(faults)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Order one more fault."""
        with self._lock:
            self._pending.append(fault)

    def take(self, kind: FaultKind, function: str) -> Fault | None:
        """Return the first fault of the kind that is due for the function, and count it as used; None if none is."""
        with self._lock:
            for index, fault in enumerate(self._pending):
                if fault.kind == kind and fault.function in (None, function) and fault.times > 0:
                    self._pending[index] = replace(fault, times=fault.times - 1)
                    return fault
        return None
