"""Two faults in one run, by seed: the second one befalls what comes of the first, or something else soon after."""

from random import Random
from typing import NamedTuple

from tests.faults.kinds import FAULTS
from tests.faults.matrix import ends_alike, straight, tried
from tests.faults.single import unaccounted
from tests.faults.stories import STORIES

# a milestone with its header and its money, and a journal whose line comes back with its reasons
PAIRED = tuple(story for story in STORIES if story.name in {"milestone", "journal with an error line"})
# calls after the first fault within which the second one strikes
WITHIN_MAX = 40


class Pair(NamedTuple):
    """What two faults did."""

    place: str
    # that have struck: the run may end before the second one
    struck: int
    wrong: list[str]


def pair_of_faults(seed: int) -> Pair:
    """Run the story of a seed with its two faults."""
    chance = Random(seed)
    run = straight(PAIRED[seed % len(PAIRED)])
    step = chance.choice(run.steps)
    at = chance.randint(1, len(step.asked))
    plan = ((chance.choice(FAULTS), at), (chance.choice(FAULTS), at + chance.randint(1, WITHIN_MAX)))
    world = tried(run, step, *plan)
    place = f"{run.story.name}, {step.place}: {', '.join(f'{fault.name} at {at}' for fault, at in plan)}"
    return Pair(place, min(world.struck, len(plan)), [*ends_alike(run, world), *unaccounted(world)])


def repeat(seed: int) -> str:
    """The command that repeats a pair."""
    return f"make simulate SEEDS=1 FROM={seed}"
