"""What notices that a guard is gone: a story, a fault in one of its steps, a history, or a test of the suite."""

from importlib import import_module
from inspect import signature
from itertools import product

import pytest
from _pytest.mark import ParameterSet
from _pytest.outcomes import Failed

from domain.errors import InvoicingError
from functions.storage.memory import MemoryRowStore
from tests.architecture.sources import ROOT
from tests.fakes.frozen_clock import FrozenClock
from tests.faults.matrix import cells, ends_alike, same_as, straight, tried
from tests.faults.simulation import Simulation
from tests.faults.single import unaccounted
from tests.faults.stories import SIMULATED, STORIES
from tests.faults.world import World

# test module to its dotted name
PLACES = {
    file.stem: ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in ROOT.glob("tests/[uw]*/test_*.py")
}


def prepare(killer: str) -> None:
    """Run the story of a killer while every guard stands: that is what it is held against."""
    story = next((each for each in STORIES if each.name in killer.split(" / ")), None)
    if story is not None:
        straight(story).known.clear()


def notices(killer: str) -> bool:
    """Whether the killer sees that something is wrong: by what it asserts, or by the domain's own error.

    Raises:
        Exception: the line or the killer crashes, which says nothing about the guard.
    """
    kind, _, rest = killer.partition(" / ")
    try:
        if kind == "history":
            seed = int(rest)
            return bool(Simulation(seed, SIMULATED[seed % len(SIMULATED)]).run().wrong)
        if kind.startswith("test_"):
            run_test(kind, rest)
            return False
        return _straight(rest) if kind == "straight" else _cells(*killer.split(" / "))
    except (AssertionError, InvoicingError, Failed):
        return True


def run_test(module: str, name: str) -> None:
    """Run a test of the suite, as `test_numbering / test_a_lost_answer_costs_no_number`.

    With each of its parameters; or with one, as `test_versions / test_what_was_changed[a look is noted]`.
    """
    name, _, one = name.removesuffix("]").partition("[")
    test = getattr(import_module(PLACES[module]), name)
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    for case in product(*(_cases(mark) for mark in marks)):
        arguments = {name: value for each in case for name, value in each.items()}
        if one and one not in arguments.values():
            continue
        if "memory_store" in signature(test).parameters:
            arguments["memory_store"] = MemoryRowStore(FrozenClock())
        test(**arguments)


def _cases(mark: pytest.Mark) -> list[dict[str, object]]:
    """Tell the arguments of each case of a parametrized test."""
    given, values = mark.args
    names = [each.strip() for each in given.split(",")] if isinstance(given, str) else list(given)
    cases = [value.values if isinstance(value, ParameterSet) else value for value in values]
    return [dict(zip(names, (case,) if len(names) == 1 else case, strict=True)) for case in cases]


def _straight(name: str) -> bool:
    story = next(each for each in STORIES if each.name == name)
    world = World.begin(story)
    world.run()
    return bool([*ends_alike(straight(story), world), *unaccounted(world)])


def _cells(name: str, step: str, fault: str) -> bool:
    run = straight(next(each for each in STORIES if each.name == name))
    tries = [cell for cell in cells(run) if (cell.step.place, cell.fault.name) == (step, fault) and not same_as(cell)]
    worlds = (tried(run, cell.step, (cell.fault, cell.at)) for cell in tries)
    return any([*ends_alike(run, world), *unaccounted(world)] for world in worlds)
