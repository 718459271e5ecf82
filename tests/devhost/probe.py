"""Where the test app reports to, and where it takes its orders from; one for the whole process."""

import threading
from collections.abc import Callable
from typing import Any

# How long a function is held at a gate, and how long a test waits for a function: clearly less, so that what comes only
# because the gate has given up does not count.
HOLD_SECONDS_MAX = 20.0
WAIT_SECONDS_MAX = 10.0


class Probe:
    """What the functions have seen, and the gate at which they can be held."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.gate = threading.Event()
        self.other_gate = threading.Event()
        self.tick_order = ""
        # Done inside the next timer function, for a test that lets time pass meanwhile.
        self.during_tick: Callable[[], None] = lambda: None
        self._changed = threading.Condition()

    def saw(self, function: str, what: object) -> None:
        with self._changed:
            self.calls.append((function, what))
            self._changed.notify_all()

    def obey(self, order: str) -> None:
        """Fail at an order that begins with bad; wait at the gate for hold, and at the other gate for stay."""
        if order.startswith("bad"):
            raise ValueError(f"cannot take\n   {order}")
        for word, gate in (("hold", self.gate), ("stay", self.other_gate)):
            if order.startswith(word) and not gate.wait(HOLD_SECONDS_MAX):
                raise TimeoutError("nobody opened the gate")
        self.during_tick()

    def wait_for(self, count: int) -> bool:
        """Wait until so many calls have begun."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.calls) >= count, WAIT_SECONDS_MAX)

    def names(self) -> list[str]:
        return [function for function, _ in self.calls]

    def what(self, function: str) -> list[Any]:
        return [what for name, what in self.calls if name == function]

    def open_gates(self) -> None:
        self.gate.set()
        self.other_gate.set()

    def reset(self) -> None:
        self.open_gates()  # nobody stays held from the test before
        self.__init__()  # type: ignore[misc] # starts afresh in place: the app holds this very object


probe = Probe()
