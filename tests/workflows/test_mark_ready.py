"""Marking items of the backlog as Ready to invoice."""

from datetime import date

import pytest

from domain.backlog import BacklogEntry, ItemKind
from domain.commands import CreateProforma
from domain.contract import Milestone
from domain.errors import ReasonCode, Refused
from domain.option_sets import AdjustmentStatus, BillingStatus, MilestoneStatus
from domain.outcome import Action
from domain.tables import Table
from tests.builders import contract_on, cost_of, sale, sales
from tests.line import Breaker, Line, ProcessDied
from tests.workflows.adatum import CONTRACT, guid, milestone

NOT_READY = milestone(invoice_status=MilestoneStatus.NOT_READY)


def statuses(line: Line) -> list[object]:
    return [row.columns.get("msdyn_billingstatus") for row in line.rows(Table.DATAVERSE_ACTUALS)]


def index(line: Line) -> list[str]:
    return [entry.item for entry in line.records(Table.DATAVERSE_BILLING_BACKLOG, BacklogEntry)]


def test_everything_open_and_past_dated_is_marked_and_nothing_else() -> None:
    open_sale, later = sale(1), sale(2, transaction_date="2026-09-01")
    adjusted = sale(3, adjustment_status=AdjustmentStatus.ADJUSTED)
    nobody_pays, billed = sale(4, contract_customer=None), sale(5, invoice=guid(90))
    canceled = sale(6, billing_status=BillingStatus.CANCELED)
    cost, _ = cost_of(open_sale, 7)
    line = contract_on(Line.in_memory(), open_sale, later, adjusted, nobody_pays, billed, canceled, cost, NOT_READY)
    outcome = line.mark_ready(CONTRACT)
    assert (outcome.action, outcome.facts, outcome.problems) == (Action.ITEMS_MARKED_READY, {"items": 2}, ())
    assert index(line) == [open_sale.actual, NOT_READY.milestone]
    assert statuses(line).count(int(BillingStatus.READY_TO_INVOICE)) == 1
    (marked,) = line.records(Table.DATAVERSE_MILESTONES, Milestone)
    assert marked == NOT_READY.changed(invoice_status=MilestoneStatus.READY_TO_INVOICE)


def test_a_named_item_that_cannot_be_marked_is_told_with_its_reason() -> None:
    good, later = sale(1), sale(2, transaction_date="2026-09-01")
    adjusted, nobody_pays = sale(3, adjustment_status=AdjustmentStatus.ADJUSTED), sale(4, contract_customer=None)
    cost, _ = cost_of(good, 5)
    line = contract_on(Line.in_memory(), good, later, adjusted, nobody_pays, cost)
    named = [each.actual for each in (good, later, adjusted, nobody_pays, cost)]
    outcome = line.mark_ready(CONTRACT, *named, guid(77))
    assert outcome.facts == {"items": 1}
    assert {problem.ids[0]: problem.code for problem in outcome.problems} == {
        later.actual: ReasonCode.ITEM_NOT_ON_BACKLOG,
        adjusted.actual: ReasonCode.ITEM_ADJUSTED,
        nobody_pays.actual: ReasonCode.ITEM_HAS_NO_CUSTOMER,
        cost.actual: ReasonCode.ITEM_NOT_ON_BACKLOG,
        guid(77): ReasonCode.ITEM_NOT_ON_BACKLOG,
    }
    assert index(line) == [good.actual]


def test_only_named_items_are_marked() -> None:
    line = contract_on(Line.in_memory(), *sales(3))
    line.mark_ready(CONTRACT, sale(2).actual)
    assert index(line) == [sale(2).actual]


def test_marking_again_changes_nothing() -> None:
    line = contract_on(Line.in_memory(), *sales(3), NOT_READY)
    line.mark_ready(CONTRACT)
    once = line.snapshot()
    assert line.mark_ready(CONTRACT).facts == {"items": 4}
    assert line.snapshot() == once


def test_nothing_to_mark_is_no_problem() -> None:
    line = contract_on(Line.in_memory(), sale(1))
    outcome = line.mark_ready(CONTRACT, up_to=date(2026, 8, 1))
    assert (outcome.action, outcome.problems) == (Action.NOTHING_TO_DO, ())
    assert index(line) == []


def test_an_unknown_contract_is_refused_and_nothing_is_written() -> None:
    line = Line.in_memory()
    with pytest.raises(Refused) as refused:
        line.mark_ready(CONTRACT)
    assert (refused.value.problem.code, refused.value.problem.ids) == (ReasonCode.CONTRACT_UNKNOWN, (CONTRACT,))
    assert line.snapshot() == {}


def test_an_item_that_changes_meanwhile_is_left_and_the_person_is_told() -> None:
    line = contract_on(Line.in_memory(), sale(1))

    def claimed_by_a_draft(_: object) -> None:
        line.memory.before_call = lambda call: None
        line.mark_ready(CONTRACT)
        line.send(command)
        line.drain()

    command = CreateProforma(
        command=guid(61),
        correlation=guid(62),
        requested_at=line.clock.now(),
        contract=CONTRACT,
        cut_off=date(2026, 8, 31),
    )
    calls = 0

    def when_it_writes(call: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            claimed_by_a_draft(call)

    line.memory.before_call = when_it_writes
    with pytest.raises(Refused) as refused:
        line.mark_ready(CONTRACT)
    assert refused.value.problem.code == ReasonCode.DOCUMENT_WRONG_STATE
    assert statuses(line) == [int(BillingStatus.CUSTOMER_INVOICE_CREATED)]


def test_a_death_at_any_request_leaves_no_ready_item_off_the_index() -> None:
    whole = contract_on(Line.in_memory(), *sales(3), NOT_READY)
    counted = Breaker(whole)
    whole.mark_ready(CONTRACT)
    for at in range(1, counted.requests + 1):
        for after in (False, True):
            line = contract_on(Line.in_memory(), *sales(3), NOT_READY)
            breaker = Breaker(line, at=at, after=after, error=ProcessDied())
            with pytest.raises(ProcessDied):
                line.mark_ready(CONTRACT)
            assert breaker.has_broken
            ready = statuses(line).count(int(BillingStatus.READY_TO_INVOICE))
            kinds = [entry.kind for entry in line.records(Table.DATAVERSE_BILLING_BACKLOG, BacklogEntry)]
            assert kinds.count(ItemKind.UNBILLED_SALES) >= ready
            line.mark_ready(CONTRACT)
            assert line.snapshot() == whole.snapshot()


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_the_calls_are_three_pages_and_three_transactions_for_each_hundred_items(count: int) -> None:
    line = contract_on(Line.in_memory(), *sales(count))
    line.memory.calls.clear()
    line.mark_ready(CONTRACT)
    methods = [call.method for call in line.memory.calls]
    hundreds = -(-count // 100)
    assert (methods.count("find"), methods.count("read_pages"), methods.count("write")) == (1, 3, 3 * hundreds)
