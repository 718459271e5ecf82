"""A table that was deleted stands again as it was exported, and nothing that stands is overwritten."""

from pathlib import Path

import pytest
from rich.console import Console

from domain.rows import Insert, Merge
from domain.tables import Table
from functions.storage.memory import MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.line import ADATUM, Line, snapshot
from tools.cli.browsing import MemoryBrowser
from tools.cli.desk import Desk
from tools.table_copy.__main__ import run


def desk_over(store: MemoryRowStore, line: Line) -> Desk:
    return Desk(
        store=store,
        sender=line.queues,
        browser=MemoryBrowser(store),
        clock=line.clock,
        console=Console(width=300),
        place="memory",
        queues={},
    )


@pytest.fixture(scope="module")
def sample() -> Line:
    line = Line.in_memory()
    line.load_samples(ADATUM)
    return line


def test_every_table_stands_again_as_it_was(sample: Line, tmp_path: Path) -> None:
    assert run(["export", str(tmp_path)], desk_over(sample.memory, sample)) == 0
    empty = MemoryRowStore(FrozenClock())
    tables = [table.value for table in Table]
    assert run(["restore", str(tmp_path), *tables], desk_over(empty, sample)) == 0
    assert snapshot(empty) == snapshot(sample.memory) != {}
    again = run(["restore", str(tmp_path), *tables], desk_over(empty, sample))
    assert again == 0
    assert snapshot(empty) == snapshot(sample.memory)


def test_what_stands_otherwise_is_named_and_left_alone(
    sample: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table.DATAVERSE_ACTUALS
    run(["export", str(tmp_path), table.value], desk_over(sample.memory, sample))
    store = MemoryRowStore(FrozenClock())
    run(["restore", str(tmp_path), table.value], desk_over(store, sample))
    row = store.rows(table)[0]
    store.write(table, row.key.partition, (Merge(row.key.row, {"msdyn_description": "changed since"}, None),))
    assert run(["restore", str(tmp_path), table.value], desk_over(store, sample)) == 1
    assert "stands otherwise, left alone" in capsys.readouterr().out
    found = store.find(table, row.key)
    assert found is not None
    assert found.columns["msdyn_description"] == "changed since"


def test_what_is_missing_is_inserted_beside_what_stands(sample: Line, tmp_path: Path) -> None:
    table = Table.DATAVERSE_ACTUALS
    run(["export", str(tmp_path), table.value], desk_over(sample.memory, sample))
    store = MemoryRowStore(FrozenClock())
    row = sample.memory.rows(table)[0]
    store.write(table, row.key.partition, (Insert(row.key.row, row.columns),))
    assert run(["restore", str(tmp_path), table.value], desk_over(store, sample)) == 0
    assert len(store.rows(table)) == len(sample.memory.rows(table))


@pytest.mark.parametrize("arguments", [[], ["export"], ["restore", "x"], ["drop", "x"], ["export", "x", "NoSuch"]])
def test_a_wrong_call_is_told_how_to_call(sample: Line, arguments: list[str]) -> None:
    assert run(arguments, desk_over(sample.memory, sample)) == 2


def test_an_export_that_did_not_end_is_not_restored(sample: Line, tmp_path: Path) -> None:
    (tmp_path / "DataverseActuals.partial").write_text("{}")
    assert run(["restore", str(tmp_path), "DataverseActuals"], desk_over(sample.memory, sample)) == 1
