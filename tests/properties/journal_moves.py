"""The statuses of integration journals and their lines move as their table says, and no row of them goes."""

from collections.abc import Sequence

from domain.journal import JournalStatus, LineStatus
from domain.journal_statuses import JOURNAL_MOVES, LINE_MOVES, Move, reachable
from domain.tables import Table
from tests.line import Snapshot


def assert_moves(before: Snapshot, after: Snapshot) -> None:
    """Assert that every status came about by moves that its table has."""
    _assert_moves(before, after, Table.FINANCE_INTEGRATION_JOURNALS, JournalStatus, JOURNAL_MOVES)
    _assert_moves(before, after, Table.FINANCE_INTEGRATION_JOURNAL_LINES, LineStatus, LINE_MOVES)


def _assert_moves[S: (JournalStatus, LineStatus)](
    before: Snapshot, after: Snapshot, table: Table, kind: type[S], moves: Sequence[Move[S]]
) -> None:
    stands = after.get(table.value, {})
    for key, row in before.get(table.value, {}).items():
        was, now = kind(str(row["Status"])), kind(str(stands[key]["Status"]))
        assert now in reachable(moves, was), f"{table.value} {key}: {was} became {now}"
