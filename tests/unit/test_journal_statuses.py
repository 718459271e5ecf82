"""The life of journals and lines is a table: every status has a way out, and the page tells the same."""

import re

import pytest

from domain.journal import JournalStatus, LineStatus
from domain.journal_statuses import (
    JOURNAL_MOVES,
    JOURNAL_WAYS_OUT,
    LINE_MOVES,
    LINE_WAYS_OUT,
    OPEN_JOURNALS,
    OPEN_LINES,
    Move,
    reachable,
)
from tests.architecture.sources import text_of

PAGE = "docs/reference/journal-statuses.md"
FOUR_CELLS = re.compile(r"^\| (\w+) \| (\w+) \| `(\w+)` \| (.+) \|$", re.MULTILINE)
TWO_CELLS = re.compile(r"^\| (\w+) \| ([^|`]+) \|$", re.MULTILINE)


def test_the_page_has_every_move_and_every_way_out() -> None:
    text = text_of(PAGE)
    moves = [(str(move.before), str(move.after), move.by, move.when) for move in JOURNAL_MOVES]
    moves += [(str(move.before), str(move.after), move.by, move.when) for move in LINE_MOVES]
    assert FOUR_CELLS.findall(text) == moves
    ways = [*((str(status), way) for status, way in JOURNAL_WAYS_OUT.items())]
    ways += [(str(status), way) for status, way in LINE_WAYS_OUT.items()]
    assert [found for found in TWO_CELLS.findall(text) if found in ways] == ways


def test_every_status_has_a_way_out_and_is_reached() -> None:
    assert set(JOURNAL_WAYS_OUT) == reachable(JOURNAL_MOVES, JournalStatus.DRAFT) == set(JournalStatus)
    assert set(LINE_WAYS_OUT) == reachable(LINE_MOVES, LineStatus.DRAFT) == set(LineStatus)


def test_what_is_decided_never_goes_back() -> None:
    for status in set(JournalStatus) - OPEN_JOURNALS:
        assert reachable(JOURNAL_MOVES, status).isdisjoint(OPEN_JOURNALS)
    for each in set(LineStatus) - OPEN_LINES:
        assert reachable(LINE_MOVES, each) == {each}


@pytest.mark.parametrize("moves", [JOURNAL_MOVES, LINE_MOVES], ids=["journals", "lines"])
def test_no_move_stands_twice(moves: tuple[Move[str], ...]) -> None:
    pairs = [(move.before, move.after) for move in moves]
    assert len(set(pairs)) == len(pairs)
