"""Every documented case ties out, or says what it waits for: credit notes, several currencies and companies, zero, ...

Where a case ends in the middle, what is missing waits for work that is pending or for a person. The others are told.
"""

from pathlib import Path

import pytest

from domain.errors import ReasonCode
from domain.workflows.reconcile_history import Wanted, tie_out_all
from domain.workflows.reconcile_reading import Look
from tools.scenarios.compare import play
from tools.scenarios.document import read_scenario
from tools.scenarios.world import World

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
# cases that are about a difference
DIFFER: dict[str, ReasonCode] = {
    # finance has no account for the customer, so the sale cannot cross
    "a sale without its customer stays behind.md": ReasonCode.NOT_ARRIVED,
    "a failed run says why and comes again.md": ReasonCode.NOT_ARRIVED,
    # an actual was rolled back in Dataverse after it had crossed
    "G48 actuals prevalidation.md": ReasonCode.EXTRA_ROW,
    "prevalidation is off.md": ReasonCode.EXTRA_ROW,
    "refused without the sale behind it.md": ReasonCode.EXTRA_ROW,
}


@pytest.mark.parametrize("path", sorted(SCENARIOS.rglob("*.md")), ids=lambda path: path.stem)
def test_a_scenario_ties_out_or_says_what_it_waits_for(path: Path) -> None:
    world = World(SAMPLES)
    play(read_scenario(path.read_text(encoding="utf-8")), world)
    looks = tie_out_all(
        Look.begin(world.store), lambda table: sorted({row.key.partition for row in world.store.rows(table)}), Wanted()
    )
    stopped = [finding for looked in looks for finding in looked.tie_out.stopped]
    wanted = {DIFFER[path.name]} if path.name in DIFFER else set()
    assert {finding.remark.code for finding in stopped} == wanted, [finding.sentence for finding in stopped]
