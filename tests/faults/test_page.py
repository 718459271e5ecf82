"""The page about reliability counts the stories that there are, and about as many calls as they make now."""

import re

from tests.architecture.sources import text_of
from tests.faults.matrix import cells, same_as, straight
from tests.faults.stories import STORIES

ROW = re.compile(
    r"^\| (?P<story>[a-z ]+) \| (?P<calls>[\d,]+) \| (?P<faults>[\d,]+) \| (?P<same>[\d,]+) \|$", re.MULTILINE
)
TOGETHER = re.compile(r"^\| \*\*together\*\* \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)


# how far a count may be off before the page is wrong: a stage that makes one call more or less changes no conclusion
TOLERANCE = 0.05


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_page_counts_every_story_and_adds_up() -> None:
    page = text_of("docs/reliability.md")
    rows = list(ROW.finditer(page))
    assert [row["story"] for row in rows] == [story.name for story in STORIES]
    (sums,) = TOGETHER.findall(page)
    for name, told in zip(("calls", "faults", "same"), sums, strict=True):
        assert sum(number(row[name]) for row in rows) == number(told)
    assert all(number(row["faults"]) == 9 * number(row["calls"]) for row in rows)


def test_the_page_counts_about_as_many_calls_as_the_stories_make() -> None:
    told = {row["story"]: row for row in ROW.finditer(text_of("docs/reliability.md"))}
    for story in STORIES:
        run = straight(story)
        counted = {
            "calls": sum(len(step.asked) for step in run.steps),
            "same": sum(map(bool, map(same_as, cells(run)))),
        }
        for name, count in counted.items():
            assert abs(count - number(told[story.name][name])) <= TOLERANCE * count, f"{story.name}: {count} {name}"
