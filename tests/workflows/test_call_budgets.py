"""What each stage asks of the storage stays within the budgets of `docs/performance.md`, which is where they stand.

`LINES=10000` in the environment counts at this size too.
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from math import ceil

import pytest

from tests.architecture.sources import text_of
from tests.many_lines import loaded
from tests.stage_calls import Calls, Counter, stage_calls

PAGE = "docs/performance.md"
# the last one crosses into a second page, where stages that look first read more than once
SIZES = (1, 10, 100, 1_000, 1_001, *map(int, os.environ.get("LINES", "").split()))
FULL_PAGE = 1_000
# reads that a stage makes one by one instead of as ranges, when it is about a row or two
SINGLY_MAX = 6
# calls by which a budget may be too large, or a tenth of it
LOOSE_MAX = 2
RELATE = "relate vouchers"
CALLS_PER_LINE_MAX = 0.25
STAGES_BEFORE = ("contract's actuals", "import journal", "relate", "post journal", "write back journal", "create")

TERM = re.compile(r"(?P<times>\d*)(?P<letter>[JD]?)(?P<shares>(?:⌈\d*N/\d+⌉)*)")
SHARE = re.compile(r"⌈(\d*)N/(\d+)⌉")


def value_of(formula: str, lines: int) -> int:
    """Compute a formula of the page: a sum of products of numbers, letters and rounded shares of N."""
    return sum(_term(term, lines) for term in formula.split(" + "))


def _term(text: str, lines: int) -> int:
    found = TERM.fullmatch(text)
    assert found is not None, f"{text!r} is no term"
    letters = {"": 1, "J": ceil(lines / 100), "D": 1 if lines <= FULL_PAGE else 2}
    value = int(found["times"] or 1) * letters[found["letter"]]
    for times, size in SHARE.findall(found["shares"]):
        value *= ceil(int(times or 1) * lines / int(size))
    return value


@cache
def formulas() -> Mapping[str, tuple[str, ...]]:
    table = text_of(PAGE).split("## Call budgets")[1].split("|---|---|---|---|---|\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()]
    return {stage: tuple(cells) for stage, *cells in rows}


def budget(stage: str, lines: int) -> Calls:
    return Calls(*(value_of(formula, lines) for formula in formulas()[stage]))


@cache
def counted(lines: int) -> Mapping[str, Calls]:
    return stage_calls(lines)


def test_every_stage_has_a_budget_and_every_budget_a_stage() -> None:
    assert list(counted(1)) == list(formulas())


@pytest.mark.parametrize("lines", SIZES)
def test_no_stage_asks_for_more_than_its_budget(lines: int) -> None:
    over = {}
    for stage, calls in counted(lines).items():
        allowed = budget(stage, lines)
        is_over = calls.transactions > allowed.transactions or calls.messages > allowed.messages
        if lines <= SINGLY_MAX:
            is_over |= calls.pages + calls.finds > allowed.pages + allowed.finds + SINGLY_MAX
        else:
            # the first row of a second page is read singly too
            is_over |= calls.pages > allowed.pages or calls.finds > allowed.finds + (4 if lines > FULL_PAGE else 0)
        if is_over:
            over[stage] = (calls, allowed)
    assert not over


@pytest.mark.parametrize("lines", [10, 100, 1_000])
def test_no_budget_has_grown_loose(lines: int) -> None:
    loose = {
        (stage, name): (count, allowed)
        for stage, calls in counted(lines).items()
        for name, count, allowed in zip(Calls._fields, calls, budget(stage, lines), strict=True)
        if allowed - count > max(LOOSE_MAX, allowed // 10)
    }
    assert not loose


@pytest.mark.parametrize("lines", [1_000, 2_000, 3_000])
def test_relating_the_vouchers_of_one_day_grows_with_its_lines_and_not_with_their_square(lines: int) -> None:
    counter = Counter(loaded(lines), of="contract's actuals: ")
    counter.drain()
    counter.tick()
    assert counter.calls[RELATE] == budget(RELATE, lines)


def test_a_line_of_a_long_invoice_costs_a_quarter_of_a_call() -> None:
    stages = {stage: calls for stage, calls in counted(1_000).items() if not stage.startswith(STAGES_BEFORE)}
    assert len(stages) == len(formulas()) - len(STAGES_BEFORE) - 1
    calls = sum(each.transactions + each.pages + each.finds for each in stages.values())
    assert calls / 1_000 <= CALLS_PER_LINE_MAX


def test_formulas_are_read_as_people_read_them() -> None:
    assert value_of("3 + 2⌈2N/100⌉ + 4J", 101) == 3 + 2 * 3 + 4 * 2
    assert value_of("2J⌈N/1000⌉", 1_001) == 2 * 11 * 2
    assert [value_of("D⌈N/1000⌉ + D", lines) for lines in (1_000, 1_001)] == [2, 6]
    with pytest.raises(AssertionError, match="no term"):
        value_of("2N", 1)
