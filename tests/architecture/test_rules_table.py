"""The table of rules is true: what it names exists, and nothing that decides, refuses or shows a rule is missing."""

import re
from collections.abc import Iterator
from functools import reduce
from importlib import import_module

import pytest

from domain.confirmation import SCENARIOS
from domain.errors import ReasonCode
from tests.architecture.sources import ROOT, text_of, tracked_files

RULES = "docs/rules.md"
FOLDER = "tests/scenarios/"
ROW = re.compile(r"^\|(?!-)(.+)\|$", re.MULTILINE)
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
QUOTED = re.compile(r"`confirmation\.SCENARIOS` \"([^\"]+)\"")
# codes that say that a message, a row or a delivery failed, not that a rule refused something
OF_DELIVERY = frozenset(
    code
    for code in ReasonCode
    if code.startswith(("message_", "row_", "map_"))
    or code in {"document_unknown", "content_differs", "staged_row_changed", "attempts_exhausted"}
)


def cells(text: str, table_of: int) -> Iterator[list[str]]:
    """The cells of every row of the tables that have so many columns, without their headings."""
    for row in ROW.findall(text):
        found = [cell.strip() for cell in row.split(" | ")]
        if len(found) == table_of and found[0] not in {"rule", "reason", "what"}:
            yield found


def exists(name: str) -> bool:
    """Whether domain has a module with this function, class or table."""
    module, _, attribute = name.rpartition(".")
    try:
        reduce(getattr, [attribute], import_module(f"domain.{module}"))
    except (ImportError, AttributeError):
        return False
    return True


def shown_by(text: str) -> set[str]:
    """The paths of the scenarios and tests that the last column names."""
    rows = [*cells(text, 4), *cells(text, 3)]
    names = {name for row in rows for name in IN_BACKTICKS.findall(row[-1])}
    return {f"{FOLDER}{name}" if name.endswith(".md") else f"tests/{name}" for name in names}


def codes(text: str) -> set[str]:
    """The reasons that the tables name."""
    answers = {name for row in cells(text, 4) for name in IN_BACKTICKS.findall(row[2]) if "." not in name}
    return answers | {name for row in cells(text, 3) for name in IN_BACKTICKS.findall(row[0])}


def unknown_places(text: str) -> list[str]:
    """The places of decisions that do not exist."""
    named = {name for row in cells(text, 4) for name in IN_BACKTICKS.findall(row[2]) if "." in name}
    return sorted(name for name in named if not exists(name))


def test_every_place_of_a_decision_exists() -> None:
    assert unknown_places(text_of(RULES)) == []


def test_every_row_of_the_table_of_confirmation_exists() -> None:
    assert set(QUOTED.findall(text_of(RULES))) <= {scenario.name for scenario in SCENARIOS}


def test_every_scenario_and_test_that_is_named_exists() -> None:
    assert sorted(name for name in shown_by(text_of(RULES)) if not (ROOT / name).is_file()) == []


def test_every_scenario_stands_in_the_table() -> None:
    scenarios = {path for path in tracked_files() if path.startswith(FOLDER) and path.endswith(".md")}
    assert sorted(scenarios - shown_by(text_of(RULES))) == []


def test_every_reason_that_refuses_stands_in_the_table() -> None:
    refusing = {code.value for code in ReasonCode} - OF_DELIVERY
    assert sorted(refusing - codes(text_of(RULES))) == []
    assert sorted(codes(text_of(RULES)) - {code.value for code in ReasonCode}) == []


def test_every_rule_says_all_four() -> None:
    assert [row for row in cells(text_of(RULES), 4) if not all(row) or "`" not in row[2] or "`" not in row[3]] == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("| a rule | a page | `backlog.is_due` | `non-chargeable lines.md` |", []),
        ("| a rule | a page | `backlog.is_dew` | `non-chargeable lines.md` |", ["backlog.is_dew"]),
        ("| a rule | a page | `backlogs.is_due` | `non-chargeable lines.md` |", ["backlogs.is_due"]),
    ],
)
def test_a_place_that_does_not_exist_is_told(row: str, told: list[str]) -> None:
    assert unknown_places(row) == told


def test_a_row_names_files_and_reasons() -> None:
    row = "| what | page | `batch_required` | `zero/a, b.md`, `unit/test_money.py` |"
    assert shown_by(row.replace("what", "this")) == {"tests/scenarios/zero/a, b.md", "tests/unit/test_money.py"}
    assert codes(row.replace("what", "this")) == {"batch_required"}
