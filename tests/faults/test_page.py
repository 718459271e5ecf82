"""The page about reliability counts the stories that there are."""

import re

from tests.architecture.sources import text_of
from tests.faults.stories import STORIES

ROW = re.compile(
    r"^\| (?P<story>[a-z ]+) \| (?P<calls>[\d,]+) \| (?P<faults>[\d,]+) \| (?P<same>[\d,]+) \|$", re.MULTILINE
)
TOGETHER = re.compile(r"^\| \*\*together\*\* \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)


def test_the_page_counts_every_story_and_adds_up() -> None:
    page = text_of("docs/reliability.md")
    rows = list(ROW.finditer(page))
    assert [row["story"] for row in rows] == [story.name for story in STORIES]
    (sums,) = TOGETHER.findall(page)
    for name, told in zip(("calls", "faults", "same"), sums, strict=True):
        assert sum(int(row[name].replace(",", "")) for row in rows) == int(told.replace(",", ""))
    assert all(int(row["faults"].replace(",", "")) == 9 * int(row["calls"].replace(",", "")) for row in rows)
