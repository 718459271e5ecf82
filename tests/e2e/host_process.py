"""The dev host as a person starts it: a process of its own, told to stop by a signal."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.e2e.conftest import REPOSITORY

SECONDS_MAX = 60.0
LAST_LINES = 15
# Import each second, which also gives whoever waits a line to look at. The clerk posts, nobody else.
SCHEDULES = {
    "IMPORT_FROM_STAGING_SCHEDULE": "* * * * * *",
    "POST_JOURNAL_SCHEDULE": "0 0 3 1 1 *",
    "POST_PROPOSAL_SCHEDULE": "0 0 3 1 1 *",
}


class HostProcess:
    """A running `python -m tools.devhost run`; as a context manager it never outlives a test.

    Attributes:
        lines: everything that it has said, in order.
    """

    def __init__(self, storage: str) -> None:
        """Start it on this storage."""
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._has_ended = False
        self._process = subprocess.Popen(
            self.command(storage),
            cwd=REPOSITORY,
            env=os.environ | SCHEDULES,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # a group of its own, so that whatever it leaves behind can be found
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def command(self, storage: str) -> list[str]:
        """What is started."""
        return [sys.executable, "-m", "tools.devhost", "run", "--app", ".", "--storage", storage]

    def kill(self) -> None:
        """Kill it, as a power cut does: nothing comes to its end."""
        self.__exit__(None, None, None)

    def wait_for[Found](self, what: str, look: Callable[[], Found]) -> Found:
        """Look each time that the host says something, until something is found.

        Raises:
            AssertionError: nothing was found in time, or the host has ended; with its last lines.
        """
        deadline = time.monotonic() + SECONDS_MAX
        with self._said:
            while not (found := look()):
                remaining = deadline - time.monotonic()
                if self._has_ended or remaining <= 0 or not self._said.wait(remaining):
                    raise AssertionError("\n".join((f"waited in vain for {what}:", *self.lines[-LAST_LINES:])))
        return found

    def wait_until_it_says(self, text: str) -> str:
        """Wait for a line that holds the text, and give it."""
        return self.wait_for(repr(text), lambda: next((line for line in self.lines if text in line), ""))

    def stop(self) -> int:
        """Ask it to stop, as a service manager does, and give its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(SECONDS_MAX)

    def has_left_something_running(self) -> bool:
        """Whether any process of its group is still alive."""
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._tell(line.rstrip("\n"))
        with self._said:
            self._has_ended = True
            self._said.notify_all()

    def _tell(self, line: str) -> None:
        with self._said:
            self.lines.append(line)
            self._said.notify_all()
