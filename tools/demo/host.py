"""The dev host with the unmodified app, as a process that never outlives the demo.

The child holds the read end of a pipe. The operating system closes the write end when the demo ends, however it ends,
and the child then drains and stops.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from functions.setting_list import STORAGE
from tools.devhost.__main__ import main as run_devhost

REPOSITORY = Path(__file__).resolve().parents[2]
STOP_SECONDS_MAX = 20.0
# often, so that nobody waits for the timer; and posting is left to the clerk
SCHEDULES = {
    "IMPORT_FROM_STAGING_SCHEDULE": "*/2 * * * * *",
    "POST_JOURNAL_SCHEDULE": "0 0 3 1 1 *",
    "POST_PROPOSAL_SCHEDULE": "0 0 3 1 1 *",
}
# lines of the log that tell of something that went well
_WELL = re.compile(r"  ok  |  INFO  | created: | exists$|^devhost: ")


class Host:
    """A running host; use it as a context manager."""

    def __init__(self, storage: str, log: Path) -> None:
        """Start the host on this storage; what it says goes to the log."""
        self.log = log
        command = [sys.executable, "-m", "tools.demo.host", "run", "--app", str(REPOSITORY), "--storage", storage]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--create-queues"],
                cwd=REPOSITORY,
                env=environment(storage, os.environ),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the demo alone, which stops the host before the emulator
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process.poll() is None

    def last_lines(self, count: int) -> list[str]:
        """Give the last lines that tell of something else than success; all kinds, when there are none."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if not _WELL.search(line)][-count:] or lines[-count:]

    def stop(self) -> None:
        """Let the host drain and stop; after twenty seconds end it at once. Safe to repeat."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        """Return itself; the process already runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the process."""
        self.stop()


def environment(storage: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """Make the environment of the host: this storage and nothing that a shell says of another, and quick schedules."""
    kept = {name: text for name, text in inherited.items() if not name.startswith((STORAGE, "AzureWebJobsStorage"))}
    return {**kept, STORAGE: storage, "AzureWebJobsStorage": storage, "PYTHONUNBUFFERED": "1", **SCHEDULES}


def _end_with_owner() -> None:
    # nothing is ever written to the pipe: the read returns when the other end is closed
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS_MAX)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_owner, daemon=True).start()
    sys.exit(run_devhost())
