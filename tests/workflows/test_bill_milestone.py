"""A milestone header in parts: billed once, whoever dies, repeats or comes at once; the header follows its lines."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest

from domain.contract import Milestone
from domain.errors import OutcomeUnknown, ReasonCode, Refused
from domain.loading import open_document
from domain.milestone_header import MilestoneHeader
from domain.option_sets import InvoiceScheduleType, MilestoneHeaderStatus, MilestoneStatus
from domain.outcome import Action, Outcome
from domain.progress_billing import Next
from domain.split_billing import LineCustomer
from domain.tables import Table
from domain.workflows.bill_milestone import make_next_ready, set_next, split_customers
from domain.workflows.edit_draft import delete_draft
from domain.workflows.load_rows import load_rows
from domain.workflows.refresh_draft import refresh_draft
from tests.builders import SECOND_PAYER, contract_on, index, invoices, second_payer
from tests.line import END_OF_AUGUST, START, Breaker, Line, ProcessDied
from tests.unit.test_progress_billing import header
from tests.workflows.adatum import CONTRACT, LINE, PAYER, PROJECT, guid

ROOF = guid(650)
DAY = date(2026, 8, 24)
FAULTS = {"process dies": ProcessDied(), "answer is lost": OutcomeUnknown("the connection was closed")}


def split_rows() -> tuple[LineCustomer, LineCustomer]:
    common = {"contract_line": LINE, "contract": CONTRACT}
    first = {"line_customer": guid(701), "contract_customer": PAYER, "percent": "60", "is_rounding": True}
    second = {"line_customer": guid(702), "contract_customer": SECOND_PAYER, "percent": "40"}
    return LineCustomer.model_validate({**common, **first}), LineCustomer.model_validate({**common, **second})


def with_header(*splits: LineCustomer, **changes: object) -> Line:
    """A contract with two customers, a header of 999.99 and a split."""
    payer, account = second_payer()
    line = contract_on(Line.in_memory(), payer, account)
    for split in splits or split_rows():
        line.put(Table.DATAVERSE_LINE_CUSTOMERS, split.key, split)
    made = header("999.99", tax="250.00", project=PROJECT, **changes)
    line.put(Table.DATAVERSE_MILESTONE_HEADERS, made.key, made)
    return line


def say_next(line: Line, percent: object = "20") -> Outcome:
    return set_next(line.store, contract=CONTRACT, header=ROOF, wanted=Next(percent=Decimal(str(percent))))


def make_ready(line: Line) -> Outcome:
    return make_next_ready(line.store, line.queues, contract=CONTRACT, header=ROOF, on=DAY, at=START)


def headed(line: Line) -> MilestoneHeader:
    (found,) = line.records(Table.DATAVERSE_MILESTONE_HEADERS, MilestoneHeader)
    return found


def milestones(line: Line) -> list[Milestone]:
    return line.records(Table.DATAVERSE_MILESTONES, Milestone)


def bill(line: Line, wish: object = "") -> None:
    line.create_proforma(CONTRACT, wish=wish)
    line.drain()


def whole_story(line: Line) -> None:
    """A part from the header to confirmed invoices."""
    say_next(line)
    make_ready(line)
    line.drain()
    bill(line)
    for invoice in invoices(line):
        line.confirm(invoice.invoice)
    line.drain()


def test_each_customer_gets_its_part_and_the_header_follows() -> None:
    line = with_header()
    whole_story(line)
    assert [str(invoice.amount) for invoice in sorted(invoices(line), key=lambda each: each.amount)] == [
        "80.00",
        "120.00",
    ]
    assert sum(invoice.tax for invoice in invoices(line)) == Decimal("50.00")
    after = headed(line)
    assert (after.status, after.next_status) == (MilestoneHeaderStatus.IN_PROGRESS, MilestoneStatus.NOT_READY)
    assert (str(after.invoiced), str(after.remaining), after.next_amount) == ("200.00", "799.99", None)
    assert sum(each.amount for each in milestones(line) if each.is_rest) == Decimal("799.99")
    # parts cross to finance, what is left does not
    staged = {row.columns["TransactionId"] for row in line.rows(Table.FINANCE_MILESTONES_STAGING)}
    assert staged == {each.milestone for each in milestones(line) if not each.is_rest}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_any_call_of_a_split_ends_in_the_same_tables(error: BaseException, after: bool) -> None:
    clean = with_header()
    say_next(clean)
    counted = Breaker(clean)
    make_ready(clean)
    requests = counted.requests
    clean.drain()
    assert requests > 12
    for at in range(1, requests + 1):
        line = with_header()
        say_next(line)
        Breaker(line, at=at, after=after, error=error)
        with suppress(type(error)):
            make_ready(line)
        # whoever asked asks again, as after every failed command of a person
        make_ready(line)
        line.drain()
        assert line.snapshot() == clean.snapshot(), f"call {at}"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_any_call_of_billing_a_part_ends_in_the_same_tables(error: BaseException, after: bool) -> None:
    def made() -> Line:
        line = with_header()
        say_next(line)
        make_ready(line)
        line.drain()
        return line

    def billed(line: Line) -> None:
        bill(line)
        for invoice in sorted(invoices(line), key=lambda each: each.number):
            line.confirm(invoice.invoice)
        line.drain()

    clean = made()
    counted = Breaker(clean)
    billed(clean)
    for at in range(1, counted.requests + 1):
        line = made()
        breaker = Breaker(line, at=at, after=after, error=error)
        with suppress(type(error)):
            billed(line)
        # whoever could not send a command sends it again
        billed(line)
        assert breaker.has_broken
        assert not line.dead
        assert line.snapshot() == clean.snapshot(), f"call {at}"


def _with_draft() -> Line:
    line = with_header()
    say_next(line)
    make_ready(line)
    line.drain()
    bill(line)
    return line


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_at_any_call_of_deleting_a_draft_gives_the_part_back(error: BaseException, after: bool) -> None:
    def deleted(line: Line) -> None:
        for invoice in invoices(line):
            delete_draft(line.store, invoice=invoice.invoice)

    clean = _with_draft()
    counted = Breaker(clean)
    deleted(clean)
    assert headed(clean).next_status == MilestoneStatus.READY_TO_INVOICE
    for at in range(1, counted.requests + 1):
        line = _with_draft()
        Breaker(line, at=at, after=after, error=error)
        with suppress(type(error)):
            deleted(line)
        with suppress(Refused):
            deleted(line)
        for invoice in invoices(line):
            with suppress(Refused):
                delete_draft(line.store, invoice=invoice.invoice)
        assert line.snapshot() == clean.snapshot(), f"call {at}"


def _interleaved(first: Callable[[Line], object], second: Callable[[Line], object], at: int, line: Line) -> bool:
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


@pytest.mark.parametrize("second", [make_ready, say_next], ids=["ready", "next"])
def test_another_act_between_any_two_calls_of_a_split_leaves_one_part(second: Callable[[Line], object]) -> None:
    clean = with_header()
    say_next(clean)
    make_ready(clean)
    clean.drain()
    at, is_interleaved = 1, True
    while is_interleaved:
        line = with_header()
        say_next(line)

        def other(each: Line) -> None:
            with suppress(Refused):
                second(each)

        is_interleaved = _interleaved(make_ready, other, at, line)
        line.drain()
        assert line.snapshot() == clean.snapshot(), f"call {at}"
        at += 1
    assert at > 12


def test_two_confirmations_at_once_leave_a_header_that_has_counted_both() -> None:
    clean = _with_draft()
    for invoice in sorted(invoices(clean), key=lambda each: each.number):
        clean.confirm(invoice.invoice)
    clean.drain()
    at, is_interleaved = 1, True
    while is_interleaved:
        line = _with_draft()
        one, two = sorted(invoices(line), key=lambda each: each.number)

        def confirm(each: Line, invoice: str = one.invoice) -> None:
            each.confirm(invoice)
            each.drain()

        def confirm_other(each: Line, invoice: str = two.invoice) -> None:
            confirm(each, invoice)

        is_interleaved = _interleaved(confirm, confirm_other, at, line)
        assert not is_interleaved or line.snapshot() == clean.snapshot(), f"call {at}"
        at += 5
    assert at > 20


def test_refresh_takes_a_part_and_the_header_says_so() -> None:
    line = with_header()
    say_next(line, 10)
    make_ready(line)
    line.drain()
    bill(line)
    for invoice in invoices(line):
        line.confirm(invoice.invoice)
    line.drain()
    say_next(line, 10)
    make_ready(line)
    bill(line, "second")
    draft = next(each for each in invoices(line) if each.is_editable and each.contract_customer == PAYER)
    delete_draft(line.store, invoice=draft.invoice)
    assert headed(line).next_status == MilestoneStatus.READY_TO_INVOICE
    other = next(each for each in invoices(line) if each.is_editable)
    with_refresh = refresh_draft(line.store, invoice=other.invoice, cut_off=END_OF_AUGUST)
    assert with_refresh.action == Action.NOTHING_TO_DO
    bill(line, "third")
    assert headed(line).next_status == MilestoneStatus.CUSTOMER_INVOICE_CREATED


def test_a_part_that_is_ready_is_only_sent_again() -> None:
    line = with_header()
    say_next(line)
    assert make_ready(line).action == Action.MILESTONE_CHANGED
    line.drain()
    before = line.snapshot()
    assert make_ready(line).action == Action.NOTHING_TO_DO
    assert len(line.queues.waiting) == 2
    line.drain()
    assert line.snapshot() == before
    assert len(index(line)) == 2


@pytest.mark.parametrize(
    ("act", "splits", "code"),
    [
        (make_ready, split_rows()[:1], ReasonCode.SPLIT_NOT_WHOLE),
        (
            make_ready,
            [each.changed(is_rounding=False) for each in split_rows()],
            ReasonCode.ROUNDING_CUSTOMER_WRONG,
        ),
    ],
    ids=["not whole", "no rounding customer"],
)
def test_a_refused_split_changes_nothing(
    act: Callable[[Line], Outcome], splits: list[LineCustomer], code: ReasonCode
) -> None:
    line = with_header(*splits)
    say_next(line)
    before = line.snapshot()
    with pytest.raises(Refused) as refused:
        act(line)
    assert refused.value.problem.code == code
    assert line.snapshot() == before


def test_each_way_of_billing_refuses_the_acts_of_the_other() -> None:
    line = with_header(schedule_type=InvoiceScheduleType.MILESTONE_BASED)
    for act in (say_next, make_ready):
        with pytest.raises(Refused, match="is billed as a whole"):
            act(line)
    with pytest.raises(Refused, match="is billed in parts"):
        split_customers(with_header().store, line.queues, contract=CONTRACT, header=ROOF, at=START)
    with pytest.raises(Refused, match="is not known"):
        make_ready(Line.in_memory())


def _load(line: Line, table: Table, *rows: object) -> list[str]:
    body = json.dumps({"table": table.value, "rows": rows}).encode()
    report = load_rows(line.store, line.queues, open_document("rows.json", body), line.loading)
    return [each.problem.sentence for each in report.problems]


def test_loading_tells_a_split_that_is_not_whole_and_refuses_what_the_header_makes() -> None:
    line = contract_on(Line.in_memory())
    first, second = split_rows()
    (told,) = _load(line, Table.DATAVERSE_LINE_CUSTOMERS, first.to_columns())
    assert f"contract line {LINE} totals 60 %" in told
    assert _load(line, Table.DATAVERSE_LINE_CUSTOMERS, second.to_columns()) == []
    part = whole_part()
    (told,) = _load(line, Table.DATAVERSE_MILESTONES, part)
    assert "its lines are made when it is split" in told
    (told,) = _load(line, Table.DATAVERSE_MILESTONES, {**part, "msdyn_milestoneheader": None, "msdyn_amount": "0"})
    assert "has tax but no amount" in told
    assert line.rows(Table.DATAVERSE_MILESTONES) == []


def whole_part() -> dict[str, object]:
    line = with_header()
    say_next(line)
    make_ready(line)
    part = next(each for each in milestones(line) if not each.is_rest)
    return dict(part.to_columns())


def test_a_header_that_stands_cannot_be_loaded_otherwise() -> None:
    line = with_header()
    whole_story(line)
    stands = headed(line)
    (told,) = _load(line, Table.DATAVERSE_MILESTONE_HEADERS, {**header("5.00").to_columns()})
    assert "never changed" in told
    assert headed(line) == stands
