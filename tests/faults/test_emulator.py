"""Stories on the emulator, with a fault at one request, below the retries of the clients.

`CELLS=1000` in the environment tries so many requests and faults of all stories instead of a few of two.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import NamedTuple

import pytest

from tests.e2e.account import Account
from tests.faults.emulated import EMULATED_FAULTS, READ, WRITE, Emulator, HookedTransport, requests, tried_for_real
from tests.faults.kinds import Fault
from tests.faults.matrix import Run, same_rows, straight
from tests.faults.single import TOLD_MAX
from tests.faults.stories import STORIES
from tests.faults.world import Step
from tools.devhost.azurite import Azurite

SEED = 20260831
CELLS = int(os.environ.get("CELLS", "0"))
# without CELLS: each fault once at a read and once at a write
FEW = ("milestone", "partial credit")


class Cell(NamedTuple):
    """One request of the run without a fault."""

    run: Run
    step: Step
    at: int
    method: str


@pytest.fixture
def emulator(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    # retries wait; here they need not
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with Account.open(azurite.connection_string) as account, HookedTransport() as transport:
        account.empty()
        yield Emulator(account, transport)


def cells_of(emulator: Emulator, run: Run) -> Iterator[Cell]:
    for step, asked in requests(emulator, run):
        for at, each in enumerate(asked, start=1):
            yield Cell(run, step, at, each.method)


def chosen(cells: Sequence[Sequence[Cell]]) -> list[tuple[Cell, Fault]]:
    """Some cells with a fault each: by seed, and in the order of the stories."""
    chance = random.Random(SEED)
    if CELLS:
        everything = [(cell, fault) for each in cells for cell in each for fault in EMULATED_FAULTS]
        numbers = sorted(chance.sample(range(len(everything)), min(CELLS, len(everything))))
        return [everything[number] for number in numbers]
    wanted = [(fault, method) for fault in EMULATED_FAULTS for method in (READ, WRITE)]
    chance.shuffle(wanted)
    picked = [
        (place, chance.choice([number for number, cell in enumerate(cells[place]) if cell.method == method]), fault)
        for (fault, method), place in zip(wanted, cycle(range(len(cells))), strict=False)
    ]
    return [(cells[place][number], fault) for place, number, fault in sorted(picked, key=lambda each: each[:2])]


def test_a_fault_at_a_request_leaves_what_a_run_without_one_leaves(
    emulator: Emulator, record_property: Callable[[str, object], None]
) -> None:
    runs = [straight(story) for story in STORIES if CELLS or story.name in FEW]
    cells, wrong = list[list[Cell]](), list[str]()
    for run in runs:
        cells.append(list(cells_of(emulator, run)))
        assert same_rows(run.rests[len(run.story.acts)], emulator.look())
    picked = chosen(cells)
    for (run, step, at, method), fault in picked:
        found = tried_for_real(emulator, run, step, fault, at)
        where = f"{run.story.name} / {step.place}, request {at} ({method}): {fault.name}"
        wrong += ["\n".join((where, *found))] if found else []
    counts = {"requests": sum(map(len, cells)), "faults at them": len(picked)}
    record_property("proof", ("Emulator", counts))
    assert wrong[:TOLD_MAX] == [], f"{len(wrong)} of {len(picked)}"
