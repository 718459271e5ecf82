"""Adding what is ready to the drafts that stand: the latest of each customer, or a new one."""

from datetime import timedelta

import pytest

from domain.errors import ReasonCode, Refused
from domain.outcome import Action, Outcome
from domain.proforma import DraftEntry, Invoice
from domain.tables import Table
from domain.workflows.add_to_invoice import add_to_invoice
from domain.workflows.edit_draft import delete_draft
from tests.builders import SECOND_PAYER, contract_on, create, edit, index, invoices, put_all, sale, second_payer
from tests.line import END_OF_AUGUST, START, Breaker, Line, ProcessDied
from tests.workflows.adatum import CONTRACT, PAYER, guid


def add(line: Line, wish: int = 1) -> Outcome:
    at = line.clock.now()
    return add_to_invoice(line.store, contract=CONTRACT, cut_off=END_OF_AUGUST, wish=guid(700 + wish), at=at)


def with_ready(line: Line, number: int, **changes: object) -> None:
    put_all(line, sale(number, **changes))
    line.mark_ready(CONTRACT)


def entries(line: Line) -> list[str]:
    return [entry.invoice for entry in line.records(Table.DATAVERSE_DRAFTS, DraftEntry)]


def amounts(line: Line) -> dict[str, str]:
    return {each.number: str(each.amount) for each in invoices(line)}


def two_drafts() -> Line:
    line = contract_on(Line.in_memory())
    for number in (1, 2):
        with_ready(line, number)
        create(line, wish=number)
        line.clock.set(START + timedelta(seconds=number))
    with_ready(line, 3)
    return line


def test_of_several_drafts_the_latest_takes_it() -> None:
    line = two_drafts()
    assert add(line).facts["items"] == 1
    assert amounts(line) == {"PRO-000001": "1600.00", "PRO-000002": "3200.00"}
    assert index(line) == []


def test_each_customer_has_drafts_of_its_own() -> None:
    line = contract_on(Line.in_memory(), *second_payer())
    with_ready(line, 1)
    create(line)
    with_ready(line, 2)
    with_ready(line, 3, contract_customer=SECOND_PAYER)
    assert add(line).facts["items"] == 2
    by_customer = {each.contract_customer: str(each.amount) for each in invoices(line)}
    assert by_customer == {PAYER: "3200.00", SECOND_PAYER: "1600.00"}


def test_drafts_that_take_no_more_are_passed_over() -> None:
    line = two_drafts()
    first, second = (next(each for each in invoices(line) if each.number == name) for name in sorted(amounts(line)))
    delete_draft(line.store, invoice=second.invoice)
    edit(line, first.changed(confirmed_by=guid(90), confirmed_on=END_OF_AUGUST))
    add(line)
    assert sorted(amounts(line)) == ["PRO-000001", "PRO-000002", "PRO-000003"]
    assert amounts(line)["PRO-000003"] == "3200.00"


def test_the_index_names_the_drafts_and_forgets_the_others() -> None:
    line = two_drafts()
    assert sorted(entries(line)) == sorted(each.invoice for each in invoices(line))
    first, second = sorted(invoices(line), key=lambda each: each.number)
    line.confirm(first.invoice)
    line.drain()
    assert entries(line) == [second.invoice]
    delete_draft(line.store, invoice=second.invoice)
    assert entries(line) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_call_and_the_same_wish_again_end_alike(after: bool) -> None:
    for start in (two_drafts, _no_draft):
        line = start()
        counter = Breaker(line)
        add(line)
        ended = line.snapshot()
        for at in range(1, counter.requests + 1):
            line = start()
            Breaker(line, at=at, after=after, error=ProcessDied())
            with pytest.raises(ProcessDied):
                add(line)
            add(line)
            assert line.snapshot() == ended, at


def _no_draft() -> Line:
    line = contract_on(Line.in_memory())
    with_ready(line, 1)
    return line


def test_nothing_ready_and_an_unknown_contract_are_told() -> None:
    line = contract_on(Line.in_memory())
    outcome = add(line)
    assert (outcome.action, [each.code for each in outcome.problems]) == (
        Action.NOTHING_TO_DO,
        [ReasonCode.NOTHING_TO_INVOICE],
    )
    with pytest.raises(Refused) as refusal:
        add_to_invoice(line.store, contract=guid(99), cut_off=END_OF_AUGUST, wish=guid(1), at=START)
    assert refusal.value.problem.code == ReasonCode.CONTRACT_UNKNOWN
    assert line.records(Table.DATAVERSE_INVOICES, Invoice) == []
