"""Histories by seed: two hundred here, as many as you like with `make simulate SEEDS=N`."""

import os
from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.simulation import Simulation, repeat
from tests.faults.stories import SIMULATED

SEEDS, FROM = int(os.environ.get("SEEDS", "200")), int(os.environ.get("FROM", "0"))
# histories that one test looks at
AT_ONCE = 10


@pytest.mark.parametrize("first", range(FROM, FROM + SEEDS, AT_ONCE))
def test_whatever_happens_in_whatever_order_ends_alike(
    first: int, record_property: Callable[[str, object], None]
) -> None:
    calls, effects, faults = 0, 0, Counter[str]()
    seeds = range(first, min(first + AT_ONCE, FROM + SEEDS))
    for seed in seeds:
        try:
            told = Simulation(seed, SIMULATED[seed % len(SIMULATED)]).run()
        except AssertionError as error:
            raise AssertionError(f"{repeat(seed)}: {error}") from error
        assert told.wrong == [], repeat(seed)
        calls, effects, faults = calls + told.calls, effects + told.effects, faults + told.faults
    counted = {"histories": len(seeds), "calls": calls, "faults": faults.total(), "effects checked": effects}
    record_property("proof", ("simulation", counted))


def test_a_seed_tells_the_same_history_again() -> None:
    once, again = (Simulation(7, SIMULATED[0]).run() for _ in range(2))
    assert (once.calls, once.faults, once.effects) == (again.calls, again.faults, again.effects)
