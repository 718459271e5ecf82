"""Every scenario beside this file is played over storage in memory; and the notation can tell a difference."""

from pathlib import Path

import pytest

from tools.scenarios.compare import play
from tools.scenarios.document import BadScenario, read_scenario
from tools.scenarios.runner import SAMPLES, run_file
from tools.scenarios.world import World

SCENARIOS = sorted(Path(__file__).parent.rglob("*.md"))
SOURCE = "# Name\n\nSource: somewhere\n\n"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_scenario_ends_as_it_says(path: Path) -> None:
    assert run_file(path) == []


def test_a_wrong_amount_is_told_with_both_rows() -> None:
    path = Path(__file__).parent / "G08 invoice confirmed without edits.md"
    text = path.read_text(encoding="utf-8").replace(
        "| PRO-000001 | Confirmed | 1,600", "| PRO-000001 | Confirmed | 1,599"
    )
    (difference,) = play(read_scenario(text), World(SAMPLES))
    told = "\n".join(difference.lines())
    assert "1,599" in told
    assert "(expected, not there)" in told
    assert "(there, not expected)" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no title", "a scenario has a title"),
        (SOURCE + "## Perhaps\n", "a step is Given, When or Then, not 'Perhaps'"),
        (SOURCE + "- import\n", "stands before the first step"),
        (SOURCE + "## Given\n\n| a |\n|---|\n", "a table stands under a heading"),
        (SOURCE + "## Given\n\n### Actuals\n\n| name | type |\n|---|---|\n| a |\n", "has 1 cells"),
        (SOURCE + "## Given\n\n### Unicorns\n\n| name |\n|---|\n| a |\n", "there are no rows called 'Unicorns'"),
        (SOURCE + "## Given\n\n### Actuals\n\n| horn |\n|---|\n| a |\n", "there is no column 'horn'"),
        (SOURCE + "## Given\n\n### Actuals\n\n| type |\n|---|\n| Loss |\n", "'Loss' is none of Cost"),
        (SOURCE + "## Given\n\n### Actuals\n\n| times |\n|---|\n| often |\n", "times must be a number, not 'often'"),
        (
            SOURCE + "## Given\n\n### Settings\n\n| skip sync policy |\n|---|\n| both |\n",
            "adjustments_cross or literal",
        ),
        (SOURCE + "## When\n\n- dance\n", "there is no command 'dance'"),
        (SOURCE + "## When\n\n- ready C-NOBODY up to 2026-08-31\n", "there is no contract 'C-NOBODY'"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_can(text: str, told: str) -> None:
    with pytest.raises(BadScenario, match=told):
        play(read_scenario(text), World(SAMPLES))
