"""Runs of invoice schedules: once, whoever dies, ticks twice or ticks at the same time; and nothing reads history."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial

import pytest

from domain.contract import Contract, Milestone
from domain.errors import OutcomeUnknown, ReasonCode
from domain.identifiers import derive_id
from domain.invoice_schedule import DueSchedule, InvoiceSchedule
from domain.loading import open_document
from domain.option_sets import InvoiceRunStatus, MilestoneStatus
from domain.outcome import Action
from domain.rows import Delete, Merge, RowKey
from domain.schedule_planning import Frequency
from domain.tables import Table
from domain.workflows.create_scheduled_proformas import create_scheduled_proformas
from domain.workflows.dispatch import perform
from domain.workflows.load_rows import load_rows
from domain.workflows.plan_schedules import plan_schedules
from domain.workflows.rebuild_indexes import rebuild_indexes
from tests.builders import (
    SECOND_LINE,
    SECOND_PAYER,
    contract_line,
    contract_on,
    details_of,
    index,
    invoices,
    sale,
    second_payer,
    stored_problems,
)
from tests.line import Breaker, Delivery, Line, ProcessDied
from tests.workflows.adatum import CONTRACT, LINE, PAYER, PROJECT, USD, guid
from tests.workflows.restless import overtake

RUN_DATE = date(2026, 9, 1)
TICK = datetime(2026, 9, 1, 3, tzinfo=UTC)
FAULTS = {"process dies": ProcessDied(), "answer is lost": OutcomeUnknown("the connection was closed")}


def schedule(number: int, line: str = LINE, run_date: date = RUN_DATE, **changes: object) -> InvoiceSchedule:
    fields = {"schedule": guid(500 + number), "contract_line": line, "contract": CONTRACT, "run_date": run_date}
    return InvoiceSchedule.model_validate({**fields, **changes})


def planned_on(line: Line, *schedules: InvoiceSchedule) -> Line:
    rows = [each.to_columns() for each in schedules]
    line.load("schedules.json", json.dumps({"table": "DataverseInvoiceSchedules", "rows": rows}).encode())
    return line


def planned(*schedules: InvoiceSchedule) -> Line:
    """Two lines, two payers, two sales and a milestone that are ready, and these schedules."""
    payer, account = second_payer()
    second = sale(2, contract_line=SECOND_LINE, contract_customer=SECOND_PAYER)
    rows = (contract_line(2), payer, account, sale(1), second, _milestone())
    line = contract_on(Line.in_memory(), *rows)
    line.mark_ready(CONTRACT)
    return planned_on(line, *(schedules or (schedule(1), schedule(2, SECOND_LINE))))


def _milestone() -> Milestone:
    fields = {
        "milestone": guid(600),
        "name": "Delivery",
        "contract": CONTRACT,
        "contract_line": LINE,
        "contract_customer": PAYER,
        "project": PROJECT,
        "amount": "500.00",
        "currency": USD,
        "milestone_date": "2026-08-20",
        "invoice_status": MilestoneStatus.NOT_READY,
    }
    return Milestone.model_validate(fields)


def tick(line: Line, now: datetime = TICK) -> Action:
    return create_scheduled_proformas(line.store, line.queues, now).action


def run(line: Line, now: datetime = TICK) -> None:
    tick(line, now)
    line.drain()


def standing(line: Line) -> list[InvoiceSchedule]:
    return line.records(Table.DATAVERSE_INVOICE_SCHEDULES, InvoiceSchedule)


def due(line: Line) -> list[str]:
    return [entry.schedule for entry in line.records(Table.DATAVERSE_DUE_SCHEDULES, DueSchedule)]


def test_a_run_makes_a_draft_for_each_customer_and_leaves_nothing_to_do() -> None:
    line = planned()
    assert tick(line) == Action.INVOICING_SCHEDULED
    assert [outcome.action for outcome in line.drain()] == [Action.PROFORMA_CREATED]
    assert len(invoices(line)) == 2
    assert {each.run_status for each in standing(line)} == {InvoiceRunStatus.RUN_SUCCESSFUL}
    assert {each.invoice for each in standing(line)} <= {each.invoice for each in invoices(line)}
    assert (index(line), due(line)) == ([], [])
    assert tick(line) == Action.NOTHING_TO_DO


def test_a_schedule_that_was_changed_while_its_run_began_or_ended_is_looked_at_again() -> None:
    line = planned()
    (row, _) = line.rows(Table.DATAVERSE_INVOICE_SCHEDULES)

    def overtaken_by(cut_off: str) -> None:
        changed = (Merge(row.key.row, {"msdyn_transactioncutoffdate": cut_off}),)
        edit = partial(line.store.write, Table.DATAVERSE_INVOICE_SCHEDULES, CONTRACT, changed)
        overtake(line, "write", Table.DATAVERSE_INVOICE_SCHEDULES, edit)

    overtaken_by("2026-08-29")
    tick(line)
    command = line.queues.take()
    assert command is not None
    overtaken_by("2026-08-30")
    perform(line.store, line.queues, command)
    assert {each.run_status for each in standing(line)} == {InvoiceRunStatus.RUN_SUCCESSFUL}
    assert [each.cut_off for each in standing(line)] == [date(2026, 8, 30), None]


def test_a_tick_before_the_run_date_reads_one_page_and_writes_nothing() -> None:
    line = planned()
    before = line.snapshot()
    line.memory.calls.clear()
    tick(line, datetime(2026, 8, 31, 23, 59, tzinfo=UTC))
    assert len(line.memory.calls) == 1
    assert line.snapshot() == before


def test_a_tick_costs_what_is_due_and_not_what_has_run() -> None:
    line = planned()
    run(line)
    history = [schedule(10 + month, run_date=date(2020, 1 + month, 1)) for month in range(12)]
    planned_on(line, *(each.changed(run_status=InvoiceRunStatus.RUN_SUCCESSFUL) for each in history))
    planned_on(line, schedule(30), *(schedule(40 + day, run_date=date(2027, 1, 1 + day)) for day in range(20)))
    line.memory.calls.clear()
    tick(line)
    # the index, the one schedule that is due, and its run
    assert len(line.memory.calls) == 3


def _faulty(line: Line, breaker: Breaker, error: BaseException) -> None:
    with suppress(type(error)):
        tick(line)
    line.drain()
    # the next tick goes on with whatever was begun
    run(line)
    assert breaker.has_broken or breaker.requests


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_any_call_ends_in_the_same_tables(error: BaseException, after: bool) -> None:
    clean = planned()
    counted = Breaker(clean)
    run(clean)
    requests = counted.requests
    run(clean)
    assert requests > 30
    for at in range(1, requests + 1):
        line = planned()
        _faulty(line, Breaker(line, at=at, after=after, error=error), error)
        assert line.snapshot() == clean.snapshot(), f"call {at}"
        assert not line.dead


def _interleaved(first: Callable[[Line], None], second: Callable[[Line], None], at: int, line: Line) -> bool:
    """Do the first until its call with this number, then the whole second, then the rest of the first."""
    calls = 0
    done = False

    def before(_: object) -> None:
        nonlocal calls, done
        calls += 1
        if calls == at and not done:
            done = True
            second(line)

    line.memory.before_call = before
    first(line)
    return done


@pytest.mark.parametrize("delivery", [Delivery(), Delivery(twice=True)], ids=["once", "twice"])
def test_only_one_of_two_ticks_at_the_same_time_works(delivery: Delivery) -> None:
    clean = planned()
    run(clean)
    for at in range(1, 12):
        line = planned()
        line.delivery = delivery
        _interleaved(lambda each: (tick(each), None)[1], lambda each: (tick(each), None)[1], at, line)
        line.drain()
        assert line.snapshot() == clean.snapshot(), f"call {at}"


def test_a_second_tick_with_its_deliveries_between_any_two_calls_of_the_first_changes_nothing() -> None:
    clean = planned()
    run(clean)
    at, is_interleaved = 1, True
    while is_interleaved:
        line = planned()
        is_interleaved = _interleaved(run, run, at, line)
        line.drain()
        assert line.snapshot() == clean.snapshot(), f"call {at}"
        at += 1
    assert at > 30


def test_a_tick_that_died_in_the_middle_of_a_long_run_is_gone_on_with() -> None:
    schedules = [schedule(number) for number in range(150)]
    clean = planned(*schedules)
    run(clean)
    line = planned(*schedules)
    writes = 0

    def die(call: object) -> None:
        nonlocal writes
        writes += "write" in str(getattr(call, "method", call)).lower()
        if writes == 2:
            raise ProcessDied

    line.memory.before_call = die
    with pytest.raises(ProcessDied):
        tick(line)
    line.memory.before_call = lambda _: None
    assert 0 < sum(each.run is not None for each in standing(line)) < 150
    # hours later: the instant of the run stays the one with which it was begun
    run(line, TICK.replace(hour=9))
    assert len({each.run for each in standing(line)}) == 1
    assert line.snapshot() == clean.snapshot()


def test_an_unknown_contract_fails_the_run_until_it_is_known() -> None:
    line = planned_on(Line.in_memory(), schedule(1))
    run(line)
    (failed,) = standing(line)
    assert failed.run_status == InvoiceRunStatus.RUN_FAILED
    assert stored_problems(line) == [ReasonCode.CONTRACT_UNKNOWN]
    assert due(line) == [failed.schedule]
    contract_on(line, sale(1))
    line.mark_ready(CONTRACT)
    run(line)
    (mended,) = standing(line)
    assert (mended.run_status, mended.failures) == (InvoiceRunStatus.RUN_SUCCESSFUL, 1)
    assert stored_problems(line) == []
    assert [each.transaction_class.name for each in details_of(line)] == ["TIME"]


def test_a_run_date_that_is_moved_is_the_one_that_counts() -> None:
    line = planned(schedule(1))
    planned_on(line, schedule(1, run_date=date(2026, 10, 1)))
    run(line)
    assert invoices(line) == []
    run(line, datetime(2026, 10, 1, 3, tzinfo=UTC))
    assert len(invoices(line)) == 1
    assert due(line) == []


def test_loading_a_schedule_again_does_not_run_it_again() -> None:
    line = planned(schedule(1))
    run(line)
    before = line.snapshot()
    planned_on(line, schedule(1))
    assert due(line) == [guid(501)]
    run(line)
    assert line.snapshot() == before


def test_an_entry_of_the_index_without_its_schedule_is_passed_over() -> None:
    line = planned()
    lost = DueSchedule(contract=CONTRACT, schedule=guid(599), run_date=RUN_DATE)
    line.put(Table.DATAVERSE_DUE_SCHEDULES, RowKey("to-run", f"{RUN_DATE}|{CONTRACT}|{guid(599)}"), lost)
    run(line)
    assert len(invoices(line)) == 2
    assert due(line) == [guid(599)]


def test_an_old_command_without_the_new_field_still_takes_every_line() -> None:
    line = planned()
    line.create_proforma(CONTRACT)
    line.drain()
    assert len(details_of(line)) == 3
    run(line)
    assert {each.run_status for each in standing(line)} == {InvoiceRunStatus.RUN_SUCCESSFUL}
    assert {each.invoice for each in standing(line)} == {None}


def test_the_run_of_a_command_that_another_has_overtaken_does_nothing() -> None:
    line = planned()
    tick(line)
    (command,) = [line.queues.take()]
    assert command is not None
    line.send(command.model_copy(update={"command": derive_id("test", "other")}))
    assert [each.action for each in line.drain()] == [Action.NOTHING_TO_DO]
    assert invoices(line) == []


def test_a_schedule_of_a_line_that_was_not_loaded_is_refused() -> None:
    line = Line.in_memory()
    row = schedule(1).changed(contract=None).to_columns()
    body = json.dumps({"table": "DataverseInvoiceSchedules", "rows": [row]}).encode()
    report = load_rows(line.store, line.queues, open_document("schedules.json", body), line.loading)
    (problem,) = report.problems
    assert (problem.field, problem.problem.code) == ("msdyn_contractlineid", ReasonCode.ROW_COLUMN_WRONG)
    assert "name the file of the contract lines before this one" in problem.problem.sentence
    assert line.snapshot() == {}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_any_call_of_planning_plans_every_run_once(error: BaseException, after: bool) -> None:
    def plan(line: Line) -> None:
        row = line.store.find(Table.DATAVERSE_CONTRACTS, RowKey(CONTRACT, CONTRACT))
        assert row is not None
        contract = Contract.from_columns(row.columns)
        until = date(2027, 8, 31)
        plan_schedules(line.store, contract, line=1, first=RUN_DATE, until=until, every=Frequency.MONTH)

    clean = contract_on(Line.in_memory())
    counted = Breaker(clean)
    plan(clean)
    assert len(due(clean)) == 12
    for at in range(2, counted.requests + 1):
        line = contract_on(Line.in_memory())
        Breaker(line, at=at, after=after, error=error)
        with suppress(type(error)):
            plan(line)
        plan(line)
        assert line.snapshot() == clean.snapshot(), f"call {at}"


def test_a_failed_run_whose_entry_was_lost_is_found_again_by_making_the_indexes_anew() -> None:
    line = planned_on(Line.in_memory(), schedule(1), schedule(2, run_status=InvoiceRunStatus.RUN_SUCCESSFUL))
    run(line)
    (entry,) = line.rows(Table.DATAVERSE_DUE_SCHEDULES)
    line.store.write(Table.DATAVERSE_DUE_SCHEDULES, entry.key.partition, (Delete(entry.key.row),))

    def partitions(table: Table) -> list[str]:
        return sorted({row.key.partition for row in line.rows(table)})

    told = dict(rebuild_indexes(line.store, partitions))
    assert told[Table.DATAVERSE_DUE_SCHEDULES.value] == 1
    assert due(line) == [guid(501)]
