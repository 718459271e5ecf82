"""What several transactions at a time are worth where the storage is far away: a confirmation over a slow memory.

`python -m benchmarks.at_once`; every call waits as long as a call to the service does, and nothing else is slow. The
emulator cannot show it: it serves one request after the other.
"""

import time

from benchmarks.console import give
from benchmarks.documents import invoices
from domain.workflows.dispatch import perform
from functions.storage.at_once import AtOnceRowStore
from tests.line import Line
from tests.many_lines import drafted

LINES = 5_000
CALL_SECONDS = 0.02


def main() -> None:
    """Print a row of a table for each number of transactions at a time."""
    draft = drafted(1, LINES)
    give("| at a time | seconds |")
    give("|---:|---:|")
    for at_once in (1, 2, 4, 8, 16):
        give(f"| {at_once} | {_seconds(draft.twin(), at_once):.1f} |")


def _seconds(line: Line, at_once: int) -> float:
    line.confirm(invoices(line)[0])
    command = line.queues.take()
    if command is None:
        raise RuntimeError("nobody asked for the confirmation")
    line.memory.after_call = lambda _: time.sleep(CALL_SECONDS)
    began = time.perf_counter()
    perform(AtOnceRowStore(line.store, at_once), line.queues, command)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
