"""Whatever message or row of a work index is lost once: when the timer has looked, the tables are as they would be."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from itertools import count

import pytest

from domain.commands import Command, ConfirmInvoice, CreateProforma
from domain.rows import Delete, RowKey
from domain.tables import Table
from tests.line import Delivery, Line
from tests.workflows.restless import CONTRACTS, Named, copy_of, loaded, named

# enough for the first look, for every try, and for what follows from it
LOOKS = 4
HOUR = timedelta(hours=1)
# what a person has asked for and nobody has begun: whoever asked is told that nothing came, and asks again
WISHES = (CreateProforma, ConfirmInvoice)


def ask_again(line: Line) -> None:
    for contract in CONTRACTS:
        line.mark_ready(contract)


def ask_for_drafts(line: Line) -> None:
    ask_again(line)
    for contract in CONTRACTS:
        line.create_proforma(contract)
    line.drain()


def ask_for_confirmation(line: Line) -> None:
    for row in line.rows(Table.DATAVERSE_INVOICES):
        line.confirm(row.key.row)


def let_timers_look(line: Line) -> None:
    line.reconcile(LOOKS, after=HOUR)


def deliver(line: Line) -> None:
    line.drain()


def import_what_is_staged(line: Line) -> None:
    line.tick()


def post(line: Line) -> None:
    line.post_all()


# a month: what is loaded crosses, is billed, posted and written back, while people and timers do their work
MONTH: tuple[Callable[[Line], None], ...] = (
    deliver,
    import_what_is_staged,
    let_timers_look,
    ask_again,
    ask_for_drafts,
    ask_for_confirmation,
    deliver,
    *(import_what_is_staged, post, deliver, let_timers_look) * LOOKS,
)


def play(line: Line, *, since: int = 0, until: int = len(MONTH)) -> Line:
    for step in MONTH[since:until]:
        step(line)
    return line


@cache
def undisturbed() -> tuple[Named, int]:
    """What stands when nothing is lost, and how many messages could have been."""
    taken: list[Command] = []

    def see(command: Command) -> bool:
        if not isinstance(command, WISHES):
            taken.append(command)
        return False

    line = loaded()
    line.delivery = Delivery(lost=see)
    return named(play(line)), len(taken)


def losing(number: int) -> tuple[Callable[[Command], bool], list[Command]]:
    """Lose the message of this number, counted over those that nobody will ask for again."""
    seen, lost = count(1), list[Command]()

    def lose(command: Command) -> bool:
        if isinstance(command, WISHES) or next(seen) != number:
            return False
        lost.append(command)
        return True

    return lose, lost


def test_nothing_is_open_when_all_is_done() -> None:
    tables, messages = undisturbed()
    assert Table.INVOICING_OPEN_DOCUMENTS.value not in tables
    assert Table.INVOICING_PROBLEMS.value not in tables
    assert Table.FINANCE_PENDING_WORK.value not in tables
    assert messages > 30


@pytest.mark.parametrize("part", range(8))
def test_each_message_can_be_lost_once(part: int) -> None:
    tables, messages = undisturbed()
    tried = 0
    for number in range(1 + part, messages + 1, 8):
        line = loaded()
        lose, lost = losing(number)
        line.delivery = Delivery(lost=lose)
        play(line)
        assert len(lost) == 1
        assert line.dead == [], lost
        assert named(line) == tables, f"message {number} is lost: {lost[0]!r}"
        tried += 1
    assert tried >= messages // 8


INDEXES = (
    Table.FINANCE_PENDING_WORK,
    Table.DATAVERSE_DRAFTS,
    Table.DATAVERSE_BILLING_BACKLOG,
    Table.INVOICING_OPEN_DOCUMENTS,
)


def lost_rows(at: int, *tables: Table, every: int = 1) -> Iterator[tuple[Table, RowKey, Line]]:
    """Lines that have come so far, each without one row of these tables; where wanted, one of so many rows."""
    before = play(loaded(), until=at)
    for table in tables:
        for row in before.rows(table)[at % every :: every]:
            line = copy_of(before)
            line.clock.set(before.clock.now())
            line.store.write(table, row.key.partition, (Delete(row.key.row),))
            yield table, row.key, line


# when there is most to lose: loaded, billed, confirmed, imported, posted
MOMENTS = (1, 2, 4, 5, 7, 8, 10)


@pytest.mark.parametrize("at", MOMENTS)
def test_each_row_of_each_work_index_can_be_lost_once(at: int) -> None:
    tables, _ = undisturbed()
    for table, key, line in lost_rows(at, *INDEXES):
        play(line, since=at)
        assert line.dead == []
        assert named(line) == tables, f"after {MONTH[at - 1].__name__}: {table} {key.text} is lost"


def test_work_indexes_have_rows_to_lose() -> None:
    tried = [table for at in MOMENTS for table, _, _ in lost_rows(at, *INDEXES)]
    assert {table: tried.count(table) > 2 for table in INDEXES} == dict.fromkeys(INDEXES, True)
