"""The whole line over the samples: what it leaves, in any order of delivery, and wherever a process dies."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import cache
from itertools import count
from random import Random

import pytest

from domain.commands import Command
from domain.completeness import SALE_ROLES
from domain.journal import JournalLine
from domain.ledger import LedgerEntry
from domain.pending_work import WorkKind
from domain.rows import RowKey
from domain.staging import StagedActual, StagedRelationship
from domain.tables import Table
from domain.workflows.post_pending import posting_command, read_pending
from functions.storage.memory import Call
from tests.line import END_OF_AUGUST, START, Line, ProcessDied
from tests.workflows.restless import (
    CONTRACTS,
    Named,
    all_at_once,
    copy_of,
    loaded,
    named,
    numbers,
    restless_drain,
    straight,
)

SEEDS = range(40)


@cache
def expected() -> tuple[Named, tuple[str, ...]]:
    """What the straight run leaves, and the ids of its invoices, which are the same in every run."""
    line = straight()
    return named(line), tuple(row.key.row for row in line.rows(Table.DATAVERSE_INVOICES))


def restless_finish(line: Line, chance: Random) -> None:
    for kind in (WorkKind.POST_JOURNAL, WorkKind.POST_PROPOSAL) * 2:
        works = list(read_pending(line.store, kind))
        line.send(*(posting_command(work, line.clock.now(), END_OF_AUGUST) for work in works))
        restless_drain(line, chance)
        line.tick()


def vouchers(line: Line) -> dict[str, list[LedgerEntry]]:
    entries: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry):
        entries[entry.voucher].append(entry)
    return dict(entries)


def assert_oracles(line: Line) -> None:
    """What must hold of any finished line, whatever happened on the way."""
    assert line.rows(Table.FINANCE_PENDING_WORK) == []
    assert line.rows(Table.INVOICING_PROBLEMS) == []
    assert line.dead == []
    for name, entries in vouchers(line).items():
        assert sum(entry.amount for entry in entries) == Decimal(0), name
        assert sum(entry.accounting_amount for entry in entries) == Decimal(0), name
    for sequence, given in numbers(line).items():
        assert given == list(range(1, len(given) + 1)), sequence
    lines = [each.actual for each in line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)]
    assert len(lines) == len(set(lines))
    for staged in line.records(Table.FINANCE_ACTUALS_STAGING, StagedActual):
        assert staged.processed, staged.actual
        assert staged.voucher is not None or staged.accounting_amount == Decimal(0), staged.actual


def test_the_straight_run_leaves_nothing_undone() -> None:
    line = straight()
    assert_oracles(line)
    assert {sequence: len(given) for sequence, given in numbers(line).items()} == {
        "usmf|journal-voucher": 13,
        "dkds|journal-voucher": 1,
        "usmf|customer-invoice": 2,
        "dkds|customer-invoice": 1,
        "usmf|invoice-voucher": 2,
        "dkds|invoice-voucher": 1,
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_order_copies_and_ticks_change_nothing(seed: int) -> None:
    tables, invoices = expected()
    line, chance = loaded(), Random(seed)
    all_at_once(line, list(invoices))
    restless_drain(line, chance)
    restless_finish(line, chance)
    assert_oracles(line)
    assert named(line) == tables


@pytest.mark.parametrize("last", ["relationships", "actuals", "proposal"])
def test_a_map_that_is_late_changes_nothing(last: str) -> None:
    tables, invoices = expected()
    line = loaded()
    all_at_once(line, list(invoices))
    waiting = []
    while (command := line.queues.take()) is not None:
        waiting.append(command)
    late = [command for command in waiting if last in getattr(command, "map", "")]
    line.send(*(command for command in waiting if command not in late))
    chance = Random(last)
    restless_drain(line, chance)
    line.tick()
    line.send(*late)
    restless_drain(line, chance)
    restless_finish(line, chance)
    assert named(line) == tables


def test_doing_everything_once_more_changes_nothing() -> None:
    line = straight()
    before = line.snapshot()
    for command in list(line.queues.sent):
        line.send(command)
        line.drain()
    line.tick()
    line.drain()
    assert line.snapshot() == before


# -- the process dies just before a call, or just after it

STAGES = ("tick of journals", "post journals", "tick of proposals", "post proposals")
KINDS = {"post journals": WorkKind.POST_JOURNAL, "post proposals": WorkKind.POST_PROPOSAL}


def stage(line: Line, name: str) -> None:
    """Run a stage; posting includes the write-backs and the export that it sends."""
    if name not in KINDS:
        line.tick()
        return
    line.send(*(posting_command(work, START, END_OF_AUGUST) for work in read_pending(line.store, KINDS[name])))
    line.drain()


@cache
def before_stage(name: str) -> Line:
    """The samples up to a stage."""
    line = loaded()
    line.drain()
    line.bill(*CONTRACTS)
    for each in STAGES[: STAGES.index(name)]:
        stage(line, each)
    return line


def hook(line: Line, death: str, calls: Iterator[int], fatal: int) -> None:
    """Let the process die at one of the calls of the storage, or at one of the commands that are sent."""

    def die(asked: Call | Command) -> None:
        # what follows a read is what comes before the next call
        is_read = isinstance(asked, Call) and asked.method != "write" and death == "after"
        if not is_read and next(calls) == fatal:
            raise ProcessDied

    if death == "before":
        line.memory.before_call = line.queues.before_send = die
    else:
        line.memory.after_call = line.queues.after_send = die


def unhook(line: Line) -> None:
    for doors, before, after in (
        (line.memory, "before_call", "after_call"),
        (line.queues, "before_send", "after_send"),
    ):
        setattr(doors, before, lambda _: None)
        setattr(doors, after, lambda _: None)


@pytest.mark.parametrize("death", ["before", "after"])
@pytest.mark.parametrize("name", STAGES)
def test_dying_at_any_call_changes_nothing(name: str, death: str) -> None:
    tables, _ = expected()
    for fatal in count(1):
        line, calls = copy_of(before_stage(name)), count(1)
        hook(line, death, calls, fatal)
        # the host delivers again what died; a tick just ends
        with suppress(ProcessDied):
            stage(line, name)
        unhook(line)
        if next(calls) <= fatal:
            break
        line.finish()
        assert_oracles(line)
        assert named(line) == tables, f"died {death} call {fatal}"
    assert fatal > 10


# -- what belongs together names each other


def test_connected_cost_and_sale_name_each_others_voucher() -> None:
    line = straight()
    lines = {each.actual: each for each in line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)}
    related = set()
    for connection in line.records(Table.FINANCE_TRANSACTION_RELATIONSHIPS, StagedRelationship):
        if (connection.transaction1_role, connection.transaction2_role) == ("Unbilled Sales", "Cost"):
            sale, cost = lines[connection.transaction1], lines[connection.transaction2]
            assert (sale.related_voucher, cost.related_voucher) == (cost.voucher, sale.voucher)
            related |= {sale.actual, cost.actual}
    assert len(related) == 12
    # a fee has no cost, and a fixed-price contract no unbilled sale
    assert {each.actual for each in lines.values() if each.related_voucher is None} == set(lines) - related


def test_every_billed_sale_is_connected_to_the_sale_that_was_posted_for_it() -> None:
    line = straight()
    staged = {row.key: StagedActual.from_columns(row.columns) for row in line.rows(Table.FINANCE_ACTUALS_STAGING)}
    pairs = [
        (staged[RowKey.from_text(each.transaction1_key or "")], staged[RowKey.from_text(each.transaction2_key or "")])
        for each in line.records(Table.FINANCE_TRANSACTION_RELATIONSHIPS, StagedRelationship)
        if (each.transaction1_role, each.transaction2_role) == SALE_ROLES
    ]
    assert len(pairs) == 7
    assert all(billed.amount == sale.amount and sale.voucher for billed, sale in pairs)
