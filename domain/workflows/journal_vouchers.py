"""Choose the vouchers of the lines of a new integration journal."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.journal import JournalLine
from domain.number_sequences import formatted
from domain.ports import RowStore
from domain.rows import RowKey
from domain.saving import read_keys
from domain.tables import Table
from domain.workflows.deleted_lines import LINES
from domain.workflows.numbering import allocate
from domain.workflows.staged_range import Staged

SEQUENCE = "journal-voucher"


class Vouchers(NamedTuple):
    """The voucher of a line, and the one of the cost or sale that belongs to it."""

    own: str
    # None: not connected, or not known yet
    related: str | None = None


def choose_vouchers(
    store: RowStore, company: str, pattern: str, journal: str, members: Sequence[Staged]
) -> Mapping[str, Vouchers]:
    """Give each actual of a journal its voucher, the same ones in every try.

    An actual whose line was deleted keeps its vouchers: a number that is given is not lost, and what names it stays
    right.

    Args:
        store: where the sequence and deleted lines stand.
        company: the legal entity.
        pattern: the format of its vouchers.
        journal: id of the journal that is made.
        members: the staged rows of its lines, in their order.
    """
    places = {each.row.actual: RowKey.from_text(each.row.deleted_line) for each in members if each.row.deleted_line}
    rows = read_keys(store, LINES, places.values())
    deleted = {actual: JournalLine.from_columns(rows[key].columns) for actual, key in places.items()}
    kept = {actual: Vouchers(line.voucher, line.related_voucher) for actual, line in deleted.items()}
    new = [each.row.actual for each in members if each.row.actual not in kept]
    if not new:
        return kept
    numbers = Table.FINANCE_NUMBER_SEQUENCES
    first = allocate(store, numbers, f"{company}|{SEQUENCE}", journal, count=len(new))
    return kept | {actual: Vouchers(formatted(pattern, first + place)) for place, actual in enumerate(new)}
