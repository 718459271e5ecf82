"""Commands kept in memory in the order in which they become visible, for a driver that runs them one by one."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import RLock
from typing import NamedTuple

from domain.commands import Command
from domain.limits import check_delay, check_message
from domain.ports import Clock


class Waiting(NamedTuple):
    """A command that waits in a queue."""

    # not delivered before this instant
    visible_at: datetime
    command: Command


type SendHook = Callable[[Command], None]


def _no_hook(_: Command) -> None:
    return None


class MemoryQueues:
    """A CommandSender in memory, safe for threads; `take` gives the commands back.

    Attributes:
        clock: tells what is visible.
        waiting: what was sent and not yet taken; those sent first stand first.
        sent: everything that was ever sent, in order.
        before_send: called before a command is kept; what it raises is what the sender gets, and nothing was sent.
        after_send: called when a command was kept; what it raises is what the sender gets, as a lost answer.
    """

    def __init__(self, clock: Clock, encode: Callable[[Command], str] = Command.model_dump_json) -> None:
        """Start empty. `encode` makes the body whose size is checked; the clock tells what is visible."""
        self.clock = clock
        self._encode = encode
        self._lock = RLock()
        self.waiting: list[Waiting] = []
        self.sent: list[Command] = []
        self.before_send: SendHook = _no_hook
        self.after_send: SendHook = _no_hook

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        """Keep each command, visible after the delay.

        Raises:
            LimitExceeded: a body over 49,152 bytes, or a delay over seven days; then nothing was sent.
        """
        check_delay(delay_seconds)
        for command in commands:
            check_message(command.name, command.document, self._encode(command))
        for command in commands:
            self.before_send(command)
            with self._lock:
                self.waiting.append(Waiting(self.clock.now() + timedelta(seconds=delay_seconds), command))
                self.sent.append(command)
            self.after_send(command)

    def take(self) -> Command | None:
        """Remove and give the command that has been visible for longest, or None when none is visible now."""
        now = self.clock.now()
        with self._lock:
            visible = [each for each in self.waiting if each.visible_at <= now]
            if not visible:
                return None
            # min takes the first of equals, so commands of one instant stay in order
            earliest = min(visible, key=lambda each: each.visible_at)
            self.waiting.remove(earliest)
            return earliest.command

    def next_visible_at(self) -> datetime | None:
        """Tell when the next command becomes visible, so that a driver can set its clock; None when none waits."""
        with self._lock:
            return min((each.visible_at for each in self.waiting), default=None)
