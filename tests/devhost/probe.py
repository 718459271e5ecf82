"""Where the test app reports to, and where it takes its orders from; one for the whole process."""

import threading
from collections.abc import Callable
from typing import Any

WAIT_SECONDS_MAX = 20.0


class Probe:
    """What the functions have seen, and the gate at which they can be held."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.gate = threading.Event()
        self.tick_order = ""
        # Done inside the next timer function, for a test that lets time pass meanwhile.
        self.during_tick: Callable[[], None] = lambda: None
        self._changed = threading.Condition()

    def saw(self, function: str, what: object) -> None:
        with self._changed:
            self.calls.append((function, what))
            self._changed.notify_all()

    def obey(self, order: str) -> None:
        """Fail at an order that begins with bad, and wait at one that begins with hold."""
        if order.startswith("bad"):
            raise ValueError(f"cannot take\n   {order}")
        if order.startswith("hold") and not self.gate.wait(WAIT_SECONDS_MAX):
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

    def reset(self) -> None:
        self.gate.set()  # nobody stays held from the test before
        self.__init__()  # type: ignore[misc] # starts afresh in place: the app holds this very object


probe = Probe()
