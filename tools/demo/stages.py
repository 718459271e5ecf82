"""Waiting for what the app does: a line for each stage, and a deadline."""

import time
from collections.abc import Callable
from typing import NamedTuple

from rich.console import Console

from tools.cli.drawing import say
from tools.demo.host import Host

POLL_SECONDS = 0.2
SECONDS_MAX = 60.0


class StageFailed(Exception):
    """A stage did not finish; the message names it and says how far it came."""


class Progress(NamedTuple):
    """How many of how many."""

    done: int
    all: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left; nothing at all is not enough."""
        return self.done >= self.all > 0


class Stages:
    """Tells of each stage, and waits for it."""

    def __init__(self, console: Console, host: Host, seconds_max: float = SECONDS_MAX) -> None:
        """Tell it to this console; a host that ended ends the waiting."""
        self.console = console
        self._host = host
        self._seconds_max = seconds_max

    def wait(self, name: str, look: Callable[[], Progress]) -> None:
        """Look until nothing is left.

        Raises:
            StageFailed: the deadline is over, or the host has ended.
        """
        started = time.monotonic()
        with self.console.status(f"{name} ..."):
            while not (found := look()).is_whole:
                if not self._host.is_running:
                    raise StageFailed(f"{name}: the host has ended")
                if time.monotonic() - started > self._seconds_max:
                    raise StageFailed(f"{name}: {found.done} of {found.all} after {self._seconds_max:.0f} seconds")
                time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - started
        say(self.console, f"  {name}: {found.done} of {found.all}  ({seconds:.1f} s)", "green")
