"""One measured run in a process of its own: the product, the product noting its calls, or its noted calls alone.

`python -m benchmarks.worker SPECIFICATION` reads a JSON file and prints JSON.
"""

import json
import pickle
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from azure.core.pipeline.transport import RequestsTransport

from benchmarks.calls import Job, RecordingSender, RecordingStore, Replay, counted, unconditional
from benchmarks.console import give
from benchmarks.machine import peak_megabytes
from benchmarks.stages import AT_ONCE, Measured, Plain, Queues, Recording, Replaying, Runner, Stages, body_of
from benchmarks.stores import store_of
from domain.commands import COMMANDS
from domain.ports import RowStore
from functions.messages import encode
from functions.setting_list import SETUP_SECONDS, WRITES_AT_ONCE
from functions.settings import StorageConnection
from functions.storage.at_once import AtOnceRowStore
from functions.storage.clients import queue_service
from functions.storage.queues import AzureCommandSender
from functions.storage.remembering import RememberingRowStore

_TICKS_PER_SECOND = 100


@dataclass(frozen=True, slots=True)
class Specification:
    """What to run."""

    connection_string: str
    # product, record or replay
    mode: str
    # sdk or lean
    client: str
    # where the notes of a recorded run lie; empty: it is counted, and can't be replayed
    notes: str
    # process id of the emulator, for its time
    emulator: int


class CountingTransport(RequestsTransport):  # type: ignore[misc]
    """The client's own transport, and the bytes that went and came; for the recorded run alone."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self.sent = self.received = 0

    def send(self, request: Any, **kwargs: Any) -> Any:
        response = super().send(request, **kwargs)
        body = request.body if hasattr(request, "body") else request.content
        size = len(body) if isinstance(body, str | bytes) else 0
        with self._lock:
            self.sent += size
            self.received += len(response.body())
        return response


@dataclass(frozen=True, slots=True)
class ProcessMeter:
    """Wall and processor time, memory, and the emulator's processor time."""

    emulator: int

    def read(self) -> Mapping[str, float]:
        return {
            "wall": time.perf_counter(),
            "cpu": time.process_time(),
            "emulator_cpu": _cpu_of(self.emulator),
            "peak_mb": peak_megabytes(),
        }


def _cpu_of(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def main(arguments: list[str]) -> int:
    """Run what the specification says and print what it took."""
    specification = Specification(**json.loads(Path(arguments[0]).read_text()))
    connection = StorageConnection(specification.connection_string, "", "", "", "")
    with queue_service(connection) as service, ThreadPoolExecutor(AT_ONCE) as pool:
        give(json.dumps(_run(specification, connection, Queues(service), pool)))
    return 0


def _run(
    specification: Specification, connection: StorageConnection, queues: Queues, pool: ThreadPoolExecutor
) -> dict[str, Any]:
    counting = CountingTransport() if specification.mode == "record" else None
    store = store_of(specification.client, connection, counting)
    sender = AzureCommandSender(queues.service, {kind.name: kind.name for kind in COMMANDS}, encode)
    jobs: dict[str, list[Job]] = {}
    measured = Measured()
    with ThreadPoolExecutor(AT_ONCE) as waves:
        runner: Runner
        if specification.mode == "product":
            runner = Plain(_as_wired(store), sender)
        elif specification.mode == "record":
            runner = Recording(
                _as_wired(RecordingStore(store, keeps_rows=bool(specification.notes))),
                RecordingSender(sender, body_of),
                jobs,
            )
        else:
            runner = Replaying(Replay(store, queues.send, waves), _prepared(specification.notes))
        Stages(queues, runner, pool).run(measured, ProcessMeter(specification.emulator))
    if specification.mode == "record" and specification.notes:
        Path(specification.notes).write_bytes(pickle.dumps(jobs))
    bytes_moved = {} if counting is None else {"sent": counting.sent, "received": counting.received}
    return {"stages": measured.stages, "calls": counted(chain.from_iterable(jobs.values())), "bytes": bytes_moved}


def _as_wired(store: RowStore) -> RowStore:
    remembering = RememberingRowStore(store, float(SETUP_SECONDS.default or 0), time.monotonic)
    return AtOnceRowStore(remembering, int(WRITES_AT_ONCE.default or 1))


def _prepared(notes: str) -> dict[str, list[Any]]:
    # our own file of a minute ago
    jobs: dict[str, list[Job]] = pickle.loads(Path(notes).read_bytes())  # noqa: S301
    return {key: [[unconditional(wave) for wave in job.waves()] for job in each] for key, each in jobs.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
