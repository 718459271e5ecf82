"""The timer: what it costs, when it looks, how often it sends again, and what it says when it gives up."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import batched
from typing import Any

import pytest

from domain.commands import SyncTableMap
from domain.errors import ReasonCode
from domain.open_documents import GRACE, PARTITION, TRIES_MAX, OpenDocument, of_invoice
from domain.outcome import Action, Outcome
from domain.problems import OpenProblem
from domain.rows import Delete, Insert, Merge, RowKey, StoredRow
from domain.tables import Table
from domain.workflows.open_index import TABLE
from domain.workflows.reconcile import DOCUMENTS_PER_TICK_MAX, reconcile
from tests.line import ADATUM, CONTRACT_ADATUM, START, Delivery, Line
from tests.workflows.restless import copy_of, straight

DAY = timedelta(days=1)
QUEUES = ("sync-table-map",)


def tick(line: Line, after: timedelta = GRACE) -> Outcome:
    """One tick of the reconciliation alone; its outcome."""
    line.clock.set(line.clock.now() + after)
    return list(reconcile(line.store, line.queues, QUEUES, line.clock.now()))[-1]


def opened(line: Line) -> list[OpenDocument]:
    return line.records(TABLE, OpenDocument)


def problems(line: Line) -> list[OpenProblem]:
    found = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    return [each for each in found if each.code is ReasonCode.RECONCILIATION_GAVE_UP]


def deaf() -> Line:
    """A contract whose rows never reach finance, whatever is sent."""
    line = Line.in_memory(Delivery(lost=lambda command: isinstance(command, SyncTableMap)))
    line.load_samples(ADATUM)
    line.drain()
    return line


def test_a_tick_over_nothing_costs_one_call() -> None:
    line = straight()
    line.reconcile()
    assert opened(line) == []
    line.memory.calls.clear()
    assert tick(line).action is Action.NOTHING_TO_DO
    assert len(line.memory.calls) <= 1


def test_a_tick_before_its_time_costs_one_call() -> None:
    line = deaf()
    line.memory.calls.clear()
    assert tick(line, timedelta(minutes=14)).facts["looked_at"] == 0
    assert len(line.memory.calls) == 1


def test_history_does_not_make_a_tick_dearer() -> None:
    """What is done and tied out is not read again."""
    line, fresh = straight(), Line.in_memory()
    fresh.load_samples()
    line.reconcile()
    for each in (line, fresh):
        row = of_invoice("gone", "PRO-1", CONTRACT_ADATUM)
        for stands in each.rows(TABLE):
            each.store.write(TABLE, PARTITION, (Delete(stands.key.row),))
        each.store.write(TABLE, PARTITION, (Insert(row.key.row, row.to_columns()),))
        each.memory.calls.clear()
        tick(each)
    counts = [len([call for call in each.memory.calls if call.table is not TABLE]) for each in (line, fresh)]
    assert counts[0] <= counts[1]


def test_what_is_lost_is_sent_at_growing_distance_and_then_given_up() -> None:
    line = deaf()
    sent, at = [], []
    for quarter in range(1, 60):
        outcome = tick(line)
        line.drain()
        if outcome.facts["sent_again"]:
            sent.append(outcome.facts["sent_again"])
            at.append(quarter)
    assert at == [2, 4, 8, 16, 32]
    assert sent == [2] * TRIES_MAX
    assert problems(line) == []
    tick(line, DAY)
    actuals, connections = problems(line)
    assert "actuals have not arrived" in actuals.sentence
    assert "16" in actuals.sentence
    assert "USD" in actuals.sentence
    assert {row.columns["msdyn_actualid"] for row in line.rows(Table.DATAVERSE_ACTUALS)} >= set(actuals.ids)
    assert "connections have not arrived" in connections.sentence


def test_what_was_given_up_goes_on_when_somebody_has_mended_it() -> None:
    line = deaf()
    for _ in range(8):
        line.reconcile(after=DAY)
    assert len(problems(line)) == 2
    line.delivery = Delivery()
    line.load_samples(ADATUM)
    line.finish()
    line.reconcile(3, after=DAY)
    assert problems(line) == []
    assert opened(line) == []


def test_a_document_that_moves_is_left_alone() -> None:
    line = deaf()
    assert tick(line).facts["sent_again"] == 0
    line.delivery = Delivery()
    line.load_samples(ADATUM)
    line.drain()
    line.tick()
    assert tick(line).facts["sent_again"] == 0


def test_what_waits_for_a_person_is_no_problem_and_is_not_sent() -> None:
    line = Line.in_memory()
    line.load_samples(ADATUM)
    line.drain()
    line.tick()
    outcomes = line.reconcile(6, after=timedelta(hours=1))
    assert sum(int(each.facts.get("sent_again", 0)) for each in outcomes) == 0
    assert [each.map for each in opened(line)] != []
    assert line.rows(Table.INVOICING_PROBLEMS) == []


def test_a_row_that_cannot_be_read_holds_up_no_other_document() -> None:
    line = straight()
    line.reconcile()
    broken, sound = (row.key.row for row in line.rows(Table.DATAVERSE_INVOICES)[:2])
    for invoice in (broken, sound):
        line.confirm(invoice)
    row = next(row for row in line.rows(Table.DATAVERSE_ACTUALS) if row.key.partition == broken)
    line.store.write(Table.DATAVERSE_ACTUALS, broken, (Merge(row.key.row, {"msdyn_amount": "many"}),))
    for invoice in (broken, sound):
        document = of_invoice(invoice, "PRO-1", CONTRACT_ADATUM)
        line.store.write(TABLE, PARTITION, (Insert(document.key.row, document.to_columns()),))
    tick(line)
    assert [each.partition for each in opened(line)] == [broken]
    (problem,) = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert (problem.document, problem.code) == (broken, ReasonCode.ROW_COLUMN_WRONG)


def test_more_documents_than_a_tick_takes_are_looked_at_by_the_next() -> None:
    line = Line.in_memory()
    for number in range(DOCUMENTS_PER_TICK_MAX + 7):
        document = of_invoice(f"gone-{number:03d}", "PRO-1", CONTRACT_ADATUM)
        line.store.write(TABLE, PARTITION, (Insert(document.key.row, document.to_columns()),))
    first, second = tick(line), tick(line, timedelta(minutes=1))
    assert (first.facts["looked_at"], first.facts["left_for_later"]) == (DOCUMENTS_PER_TICK_MAX, 7)
    assert (second.facts["looked_at"], second.facts["left_for_later"]) == (7, 0)


@pytest.mark.parametrize(("others", "is_named"), [(0, True), (2_500, True), (20_000, False)])
def test_a_document_that_is_given_up_names_its_dead_letters_on_any_page(
    others: int, is_named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = deaf()
    letters = [_letter(f"{number:05d}", "another document") for number in range(others)]
    letters.append(_letter("mine", CONTRACT_ADATUM))
    read_pages = line.store.read_pages

    def read(table: Table, partition: str, **how: Any) -> Iterator[Sequence[StoredRow]]:
        is_letters = table is Table.INVOICING_DEAD_LETTERS
        return batched(letters, 1_000, strict=False) if is_letters else read_pages(table, partition, **how)

    monkeypatch.setattr(line.store, "read_pages", read)
    for _ in range(TRIES_MAX + 1):
        tick(line, DAY)
        line.drain()
        # what may still be sent again is no problem yet
        assert problems(line) == []
    tick(line, DAY)
    assert [each.ids[-1] == "mine" for each in problems(line)] == [is_named] * 2
    assert ["dead letters speak of it" in each.sentence for each in problems(line)] == [is_named] * 2


def _letter(letter: str, document: str) -> StoredRow:
    return StoredRow(RowKey(QUEUES[0], letter), {"Letter": letter, "Document": document}, "", START)


def test_two_ticks_at_once_do_what_one_does() -> None:
    line = deaf()
    tick(line)
    line.clock.set(line.clock.now() + GRACE)
    other = copy_of(line)
    other.clock.set(line.clock.now() + GRACE)
    for _ in range(2):
        list(reconcile(line.store, line.queues, QUEUES, line.clock.now()))
    assert [each.tries for each in opened(line)] == [1, 1]
