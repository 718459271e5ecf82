"""The lines of a cost and its sale name each other's voucher, whatever came first."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count, permutations

import pytest

from domain.errors import ChangedMeanwhile, ReasonCode
from domain.journal import JournalLine
from domain.outcome import Action
from domain.pending_work import WorkKind
from domain.rows import Merge
from domain.staging import StagedActual
from domain.tables import Table
from domain.workflows.post_pending import posting_command, read_pending
from domain.workflows.relate_vouchers import ARRIVAL_MAX, relate_vouchers
from tests.line import END_OF_AUGUST, START, Line
from tests.workflows.restless import dying, interleave
from tests.workflows.staged_work import connect, cost, finance, lines, sale, stage, without, works

COST, SALE = cost("c"), sale("s")
KIND = WorkKind.RELATED_VOUCHERS


def arrive(line: Line, what: str) -> None:
    if what == "connection":
        connect(line, SALE, COST)
    else:
        stage(line, COST if what == "cost" else SALE)
    line.tick()


def of(line: Line, staged: StagedActual) -> list[JournalLine]:
    return [each for each in lines(line) if each.actual == staged.actual]


def related(line: Line) -> set[tuple[str | None, str | None]]:
    """Voucher and related voucher of each line, in every journal, as names."""
    names = {each.voucher: "cost" if each.actual == COST.actual else "sale" for each in lines(line)}
    return {(names.get(each.voucher), names.get(each.related_voucher or "")) for each in lines(line)}


@pytest.mark.parametrize("order", list(permutations(("cost", "sale", "connection"))), ids=" ".join)
def test_the_order_of_arrival_does_not_matter(order: tuple[str, ...]) -> None:
    line = finance()
    for what in order:
        arrive(line, what)
    assert related(line) == {("cost", "sale"), ("sale", "cost")}
    assert works(line, KIND) == []


def test_a_line_without_a_connection_names_none() -> None:
    line = finance()
    arrive(line, "cost")
    arrive(line, "sale")
    assert related(line) == {("cost", None), ("sale", None)}


def test_a_transaction_that_never_crosses_is_waited_for_a_month() -> None:
    line = finance()
    arrive(line, "connection")
    arrive(line, "cost")
    line.clock.set(START + ARRIVAL_MAX)
    line.tick()
    assert len(works(line, KIND)) == 1
    line.clock.set(START + ARRIVAL_MAX + timedelta(seconds=1))
    line.tick()
    assert works(line, KIND) == []
    assert related(line) == {("cost", None)}


def test_a_transaction_that_is_staged_is_waited_for_as_long_as_it_takes() -> None:
    line = finance()
    foreign = sale("s", currency="GBP")
    stage(line, foreign)
    connect(line, foreign, COST)
    arrive(line, "cost")
    line.clock.set(START + 2 * ARRIVAL_MAX)
    line.tick()
    assert len(works(line, KIND)) == 1


@pytest.mark.parametrize("when", ["before posting", "after posting", "after posting twice"])
def test_a_line_in_error_names_it_in_every_journal_in_which_it_stood(when: str) -> None:
    line = finance()
    stage(line, COST, SALE)
    if when == "before posting":
        connect(line, SALE, COST)
    line.tick()
    # a sale that is not accrued posts without an account; the cost does not
    without(line, PostingType=122)
    line.post_all()
    if when == "after posting twice":
        line.post_all()
    if when != "before posting":
        connect(line, SALE, COST)
    line.tick()
    assert len(of(line, COST)) == 2
    assert len(of(line, SALE)) == 1
    assert related(line) == {("cost", "sale"), ("sale", "cost")}


def test_relating_and_moving_at_the_same_time_loses_no_voucher() -> None:
    for at, until in ((at, until) for at in range(1, 40, 2) for until in range(1, 20)):
        line = finance()
        stage(line, COST, SALE)
        line.tick()
        without(line, PostingType=122)
        connect(line, SALE, COST)
        interleave(line, line.post_all, partial(relate, line), at, until)
        line.post_all()
        line.tick()
        assert related(line) == {("cost", "sale"), ("sale", "cost")}, f"calls {at} and {until}"
        assert works(line, KIND) == []


def relate(line: Line) -> None:
    for work in [row for row in line.rows(Table.FINANCE_PENDING_WORK) if row.key.partition == KIND.value]:
        with suppress(ChangedMeanwhile):
            list(relate_vouchers(line.store, [work], START))


def test_a_line_that_is_moved_while_it_is_related_names_the_voucher_where_it_went() -> None:
    for call in count(1):
        line = finance()
        stage(line, COST, SALE)
        line.tick()
        without(line, PostingType=122)
        connect(line, SALE, COST)
        switch = interleave(line, line.tick, partial(post_journals, line), call, 1_000)
        line.tick()
        assert related(line) == {("cost", "sale"), ("sale", "cost")}, f"call {call}"
        if not switch.switches:
            break
    assert call > 10


def post_journals(line: Line) -> None:
    works = list(read_pending(line.store, WorkKind.POST_JOURNAL))
    line.send(*(posting_command(work, START, END_OF_AUGUST) for work in works))
    line.drain()


def test_dying_at_any_call_of_the_tick_loses_no_voucher() -> None:
    for fatal in count(1):
        line = finance()
        stage(line, COST, SALE)
        connect(line, SALE, COST)
        with dying(line, fatal) as death:
            line.tick()
        line.tick()
        assert related(line) == {("cost", "sale"), ("sale", "cost")}, f"call {fatal}"
        assert works(line, KIND) == []
        if not death.died:
            break
    assert fatal > 20


@pytest.mark.parametrize("at_once", [1, 2, 3, 10])
def test_ranges_that_are_looked_at_together_or_apart_end_alike(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr("domain.workflows.relate_vouchers.PAIRS_AT_ONCE", at_once)
    line = finance()
    pairs = [(cost(f"c{number}"), sale(f"s{number}")) for number in range(5)]
    for one, other in pairs:
        stage(line, one, other)
        connect(line, other, one)
    connect(line, sale("missing"), cost("c0"))
    pending = len(works(line, KIND))
    outcomes = line.tick()
    vouchers = {each.actual: (each.voucher, each.related_voucher) for each in lines(line)}
    assert len(vouchers) == 10
    assert all(vouchers[one.actual] == vouchers[other.actual][::-1] for one, other in pairs)
    assert sum(outcome.action is Action.VOUCHERS_RELATED for outcome in outcomes) == pending - 1 == 5
    assert len(works(line, KIND)) == 1


def test_a_range_on_which_the_program_stumbles_holds_up_no_other() -> None:
    line = finance()
    pairs = [(cost(f"c{number}"), sale(f"s{number}")) for number in range(3)]
    for one, other in pairs:
        stage(line, one, other)
        connect(line, other, one)
    broken = line.rows(Table.FINANCE_TRANSACTION_RELATIONSHIPS)[1].key
    line.store.write(
        Table.FINANCE_TRANSACTION_RELATIONSHIPS, broken.partition, (Merge(broken.row, {"Transaction1Role": None}),)
    )
    outcomes = line.tick()
    assert [outcome.problems[0].code for outcome in outcomes if outcome.problems] == [ReasonCode.ROW_COLUMN_WRONG]
    assert sum(each.related_voucher is not None for each in lines(line)) == 4
    assert len(works(line, KIND)) == 1
