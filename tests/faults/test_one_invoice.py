"""Every fault at every call of the stories about one invoice, and about finance alone."""

from collections.abc import Callable

import pytest

from tests.faults.matrix import straight
from tests.faults.single import TOLD_MAX, every_fault, every_skew, replayed
from tests.faults.stories import STORIES, of_many
from tests.faults.world import Story

MINE = [story for story in STORIES if not of_many(story)]


@pytest.mark.parametrize("story", MINE, ids=lambda story: story.name)
def test_every_fault_at_every_call_ends_as_if_there_had_been_none(
    story: Story, record_property: Callable[[str, object], None]
) -> None:
    count, wrong = every_fault(story)
    record_property("proof", (f"faults, {story.name}", count._asdict()))
    assert wrong[:TOLD_MAX] == [], f"{len(wrong)} of {count.cells}"


@pytest.mark.parametrize("story", MINE, ids=lambda story: story.name)
def test_a_host_whose_clock_is_wrong_changes_nothing(story: Story) -> None:
    count, wrong = every_skew(story)
    assert count
    assert wrong[:TOLD_MAX] == []


@pytest.mark.parametrize("story", MINE, ids=lambda story: story.name)
def test_all_is_accounted_for_and_one_more_replay_changes_nothing(story: Story) -> None:
    assert replayed(straight(story)) == []
