"""The memory of a worker's process at each stage of one long invoice, and what each line asks of it and of the storage.

`python -m benchmarks.resident 1000 10000 100000`. The rows stand in a file, and cross the codec of the lean client both
ways, so the process holds what a worker holds; there are no sockets and no other process, whose time would be measured
too. The highest resident memory of each stage is what the system says (`VmHWM`), so it runs on Linux alone. Processor
time is that of the process without that of the file.
"""

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.console import give, tell
from benchmarks.documents import renamed, rows_when_ready
from benchmarks.file_store import FileRowStore, Used
from benchmarks.machine import peak_megabytes
from domain.pending_work import WorkKind
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.post_pending import posting_command, read_pending
from functions.setting_list import WRITES_AT_ONCE
from functions.storage.at_once import AtOnceRowStore
from functions.storage.memory_queues import MemoryQueues
from tests.fakes.frozen_clock import FrozenClock
from tests.line import END_OF_AUGUST, START, Line
from tests.many_lines import contract

REPOSITORY = Path(__file__).resolve().parents[1]


def _work(file: Path) -> dict[str, dict[str, float]]:
    """Bill the invoice in this process; gives the highest resident megabytes of each stage, and what was asked for."""
    # what a worker has loaded before it begins
    importlib.import_module("function_app")
    clock = FrozenClock(START)
    rows = FileRowStore(file)
    store = AtOnceRowStore(rows, int(WRITES_AT_ONCE.default or 1))
    line = Line(store, MemoryQueues(clock), clock)
    peaks = {"loaded": peak_megabytes(forget=True)}
    line.create_proforma(contract(0))
    _drain(line, peaks)
    (page,) = store.read_pages(Table.DATAVERSE_DRAFTS, contract(0))
    rows.used, began = Used(), time.process_time()
    line.confirm(str(page[0].columns["Invoice"]))
    _drain(line, peaks)
    problems = [each.problems for each in import_from_staging(store, line.queues, START) if each.problems]
    if problems:
        raise RuntimeError(f"the import has problems: {problems}")
    peaks["import-from-staging"] = peak_megabytes(forget=True)
    line.send(*(posting_command(each, START, END_OF_AUGUST) for each in read_pending(store, WorkKind.POST_PROPOSAL)))
    _drain(line, peaks)
    taken = time.process_time() - began - rows.used.seconds
    asked = {"calls": rows.used.calls, "KiB": rows.used.moved / 1024, "client CPU, us": 1e6 * taken}
    return {"peaks": peaks, "asked": asked}


def _drain(line: Line, peaks: dict[str, float]) -> None:
    while (command := line.queues.take()) is not None:
        outcome = perform(line.store, line.queues, command)
        if outcome.problems:
            raise RuntimeError(f"{command.name} has problems: {outcome.problems}")
        peaks[command.name] = max(peaks.get(command.name, 0.0), peak_megabytes(forget=True))


def _measured(lines: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="resident-") as folder:
        file = Path(folder) / "rows"
        seeded = FileRowStore.new(file)
        for table, row, names in rows_when_ready(lines):
            seeded.fill(table, row.key.partition, renamed(row, names))
        command = [sys.executable, "-m", "benchmarks.resident", "--of", str(file)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the run of {lines} lines failed:\n{done.stderr[-3000:]}")
    measured: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _table(what: str, at: str, sizes: Sequence[int], columns: Sequence[Mapping[str, float]]) -> None:
    give(f"| {what} | {' | '.join(f'{at} {lines:,}' for lines in sizes)} |")
    give(f"|---|{'---:|' * len(sizes)}")
    for name in columns[0]:
        give(f"| {name} | {' | '.join(f'{column[name]:,.3g}' for column in columns)} |")


def main(arguments: list[str]) -> int:
    """Print a row of a table for each stage, with the megabytes at each size, and what a line asks for."""
    if arguments[:1] == ["--of"]:
        give(json.dumps(_work(Path(arguments[1]))))
        return 0
    sizes = [int(each) for each in arguments] or [1_000, 10_000]
    found = []
    for lines in sizes:
        tell(f"{lines:,} lines")
        found.append(_measured(lines))
    _table("stage", "MB at", sizes, [each["peaks"] for each in found])
    give("")
    each_line = [
        {name: value / lines for name, value in of["asked"].items()} for lines, of in zip(sizes, found, strict=True)
    ]
    _table("a line, from confirmation to write-back", "at", sizes, each_line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
