"""Runs of one size: the product, and its own calls replayed through each client, each on an emulator of its own."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.console import tell
from benchmarks.documents import Documents, documents
from benchmarks.stages import confirmations
from benchmarks.stores import store_of
from benchmarks.worker import Specification
from domain.commands import COMMANDS
from functions.messages import encode
from functions.settings import StorageConnection
from functions.storage.clients import queue_service, table_service
from functions.storage.ensure import ensure_storage
from functions.storage.queues import AzureCommandSender
from tools.devhost.azurite import Azurite

REPOSITORY = Path(__file__).resolve().parents[1]
# what the emulator is loaded with: nothing, or a lookup whose cost does not grow with the partition
EMULATORS: Mapping[str, Path | None] = {
    "row-key-first": Path(__file__).with_name("row_key_first.cjs"),
    "as-it-is": None,
}
# (c) the product, (a) its calls through azure-data-tables, (b) its calls through the lean client
PRODUCT, SDK, LEAN = ("product", "lean"), ("replay", "sdk"), ("replay", "lean")
RECORD = ("record", "lean")


@dataclass(frozen=True, slots=True)
class Size:
    """How many invoices of how many lines."""

    documents: int
    lines: int

    @property
    def rows(self) -> int:
        """Lines of all invoices together."""
        return self.documents * self.lines

    @property
    def name(self) -> str:
        """Say it to a person."""
        return f"{self.lines:,} lines" if self.documents == 1 else f"{self.documents} x {self.lines} lines"


def measure(size: Size, rounds: int, *, replays: bool, emulator: str) -> dict[str, Any]:
    """Measure one size.

    Args:
        size: invoices and lines.
        rounds: how often each way is run, one after the other in turn; medians are told.
        replays: whether the calls are replayed too; not for sizes at which nobody would wait for that.
        emulator: one of `EMULATORS`.
    """
    tell(f"{size.name}: preparing")
    prepared = documents(size.documents, size.lines)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        specification = Specification("", *RECORD, str(Path(folder) / "notes") if replays else "", 0)
        recorded = _run(prepared, specification, emulator)
        tell(f"{size.name}: {_calls_text(recorded['calls'], size)}, {_wall(recorded['stages']):.2f} s")
        if replays:
            found = _rounds(prepared, specification, rounds, emulator, size)
        else:
            # too long to be run twice: what was counted is what is told
            found = {PRODUCT[0]: [recorded["stages"]]}
    ways_found = {name: _medians(each) for name, each in found.items()}
    return {
        **asdict(size),
        "emulator": emulator,
        "calls": recorded["calls"],
        "bytes": recorded["bytes"],
        "ways": ways_found,
    }


def _rounds(
    prepared: Documents, recorded: Specification, rounds: int, emulator: str, size: Size
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, rounds + 1):
        for mode, client in (PRODUCT, SDK, LEAN):
            result = _run(prepared, replace(recorded, mode=mode, client=client), emulator)
            name = mode if mode == PRODUCT[0] else f"{mode} {client}"
            found.setdefault(name, []).append(result["stages"])
            tell(f"{size.name}: round {number} of {rounds}: {name} {_wall(result['stages']):.2f} s")
    return found


def _run(prepared: Documents, specification: Specification, emulator: str) -> dict[str, Any]:
    with Azurite.start(in_memory=True, preload=EMULATORS[emulator]) as azurite:
        connection = StorageConnection(azurite.connection_string, "", "", "", "")
        _seed(prepared, connection)
        where = replace(specification, connection_string=azurite.connection_string, emulator=azurite.pid)
        return _in_a_process(where, azurite.folder / "specification")


def _seed(prepared: Documents, connection: StorageConnection) -> None:
    with table_service(connection) as tables, queue_service(connection) as queues:
        names = [command.name for command in COMMANDS]
        ensure_storage(tables, queues, names)
        drafts = prepared.put_on(store_of("lean", connection))
        sender = AzureCommandSender(queues, {name: name for name in names}, encode)
        sender.send(list(confirmations(drafts)))


def _in_a_process(specification: Specification, file: Path) -> dict[str, Any]:
    file.write_text(json.dumps(asdict(specification)))
    command = [sys.executable, "-m", "benchmarks.worker", str(file)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"the run of {specification.mode} over {specification.client} failed:\n{done.stderr[-3000:]}"
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _medians(rounds: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Give the median of each reading of each stage, and of the whole line."""
    told = {stage: _median_of([each[stage] for each in rounds]) for stage in rounds[0]}
    return {**told, "whole line": _median_of([_whole(each) for each in rounds])}


def _whole(stages: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    names = next(iter(stages.values())).keys()
    return {name: _joined(name, [stage[name] for stage in stages.values()]) for name in names}


def _joined(name: str, values: Sequence[float]) -> float:
    return max(values) if name.startswith("peak") else sum(values)


def _median_of(readings: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in readings) for name in readings[0]}


def _wall(stages: Mapping[str, Mapping[str, float]]) -> float:
    return sum(stage["wall"] for stage in stages.values())


def _calls_text(calls: Mapping[str, int], size: Size) -> str:
    requests = calls["finds"] + calls["pages"] + calls["transactions"]
    return f"{requests:,} storage calls, {requests / size.rows:.3f} a line"


def sizes(lines: int | None) -> Iterator[tuple[Size, bool]]:
    """Give the sizes of a run, and whether their calls are replayed: the usual ones, or one of as many lines."""
    if lines is not None:
        yield Size(1, lines), lines <= 10_000
        return
    for size in (Size(500, 1), Size(100, 10), Size(1, 100), Size(1, 1000), Size(1, 10_000)):
        yield size, True
