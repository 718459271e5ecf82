"""Pairs of faults by seed: a fixed number here, as many as you like with `make simulate SEEDS=N`."""

import os
from collections.abc import Callable

import pytest

from tests.faults.pairs import pair_of_faults, repeat

SEEDS, FROM = int(os.environ.get("SEEDS", "200")), int(os.environ.get("FROM", "0"))
# pairs that one test looks at
AT_ONCE = 50


@pytest.mark.parametrize("first", range(FROM, FROM + SEEDS, AT_ONCE))
def test_two_faults_end_as_none(first: int, record_property: Callable[[str, object], None]) -> None:
    struck = 0
    seeds = range(first, min(first + AT_ONCE, FROM + SEEDS))
    for seed in seeds:
        pair = pair_of_faults(seed)
        assert pair.wrong == [], f"{repeat(seed)}: {pair.place}"
        struck += pair.struck
    record_property("proof", ("pairs of faults", {"pairs": len(seeds), "faults struck": struck}))
