"""Acts on a draft: done as a whole or not at all, whoever begins, dies, repeats, or does something else meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.actuals import Actual
from domain.draft_acts import ACT_DETAILS_MAX
from domain.draft_editing import NewLine
from domain.errors import ReasonCode, Refused
from domain.option_sets import BillingStatus, InvoiceState, ProjectInvoiceStatus, TransactionClass
from domain.outcome import Action, Outcome
from domain.rows import Delete, Insert
from domain.saving import save
from domain.tables import Table
from domain.workflows.edit_draft import add_line, delete_draft, edit_details, remove_details, review_draft
from domain.workflows.refresh_draft import refresh_draft
from tests.builders import actuals, connections, details_of, drafted, edit, index, invoices, lines, put_all, sale, sales
from tests.line import Breaker, Line, ProcessDied, Snapshot
from tests.workflows.adatum import CONTRACT, LABOR, guid, milestone
from tests.workflows.adatum import after_writes as before_the_next_write

ON = date(2026, 8, 31)
GIFT = NewLine("gift", 1, TransactionClass.FEE, Decimal(1), Decimal(300), date(2026, 8, 28), category=LABOR)

type Act = Callable[[Line], Outcome]


def a_draft() -> Line:
    """Three transactions, a milestone and a line by hand on a draft, and one more that is ready."""
    line = Line.in_memory()
    header = drafted(line, *sales(3), milestone(invoice_status=192350000))
    add_line(line.store, invoice=header.invoice, entry=replace(GIFT, wish="first"))
    put_all(line, sale(9))
    line.mark_ready(CONTRACT)
    return line


def invoice_of(line: Line) -> str:
    return invoices(line)[0].invoice


def edit_two(line: Line) -> Outcome:
    changes = {"quantity": "6", "tax": "10"}
    edits = {detail.detail: changes for detail in details_of(line) if detail.source in _sources(1, 2)}
    return edit_details(line.store, invoice=invoice_of(line), edits=edits)


def _sources(*numbers: int) -> set[str]:
    return {sale(number).actual for number in numbers}


def add(line: Line) -> Outcome:
    return add_line(line.store, invoice=invoice_of(line), entry=GIFT)


def remove_some(line: Line) -> Outcome:
    ids = [
        detail.detail
        for detail in details_of(line)
        if detail.source is None or detail.source in _sources(1) | {milestone().milestone}
    ]
    return remove_details(line.store, invoice=invoice_of(line), details=ids)


def delete(line: Line) -> Outcome:
    return delete_draft(line.store, invoice=invoice_of(line))


def review(line: Line) -> Outcome:
    return review_draft(line.store, invoice=invoice_of(line), status=ProjectInvoiceStatus.IN_REVIEW)


def refresh(line: Line) -> Outcome:
    return refresh_draft(line.store, invoice=invoice_of(line), cut_off=ON)


ACTS: list[Act] = [edit_two, add, remove_some, delete, review, refresh]
NAMES = [act.__name__ for act in ACTS]


def done(act: Act) -> Snapshot:
    line = a_draft()
    act(line)
    return line.snapshot()


def requests(act: Act) -> int:
    line = a_draft()
    counter = Breaker(line)
    act(line)
    return counter.requests


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("act", ACTS, ids=NAMES)
def test_a_death_at_any_call_leaves_nothing_half_done(act: Act, after: bool) -> None:
    begun, ended = a_draft().snapshot(), done(act)
    for at in range(1, requests(act) + 1):
        line = a_draft()
        Breaker(line, at=at, after=after, error=ProcessDied())
        with pytest.raises(ProcessDied):
            act(line)
        # somebody else comes along; what has begun is finished, what has not is not
        with _nothing_to_do_is_fine():
            edit_details(line.store, invoice=invoice_of(line), edits={})
            review_draft(line.store, invoice=invoice_of(line), status=invoices(line)[0].status)
        assert line.snapshot() in (begun, ended), at
        # and whoever began may do it again
        with _nothing_to_do_is_fine():
            act(line)
        assert line.snapshot() == ended, at


class _nothing_to_do_is_fine:
    """What is deleted or removed already can't be deleted or removed again."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        codes = {ReasonCode.DOCUMENT_WRONG_STATE, ReasonCode.LINE_DETAIL_UNKNOWN}
        return isinstance(error, Refused) and error.problem.code in codes


@pytest.mark.parametrize("act", [edit_two, add, remove_some, refresh], ids=lambda act: act.__name__)
def test_a_confirmation_that_meets_a_begun_act_carries_it_out_first(act: Act) -> None:
    expected = a_draft()
    act(expected)
    expected.confirm(invoice_of(expected), on=ON)
    expected.drain()
    for at in range(1, requests(act) + 1):
        line = a_draft()
        Breaker(line, at=at, error=ProcessDied())
        with pytest.raises(ProcessDied):
            act(line)
        begun = invoices(line)[0].pending_act is not None
        line.confirm(invoice_of(line), on=ON)
        line.drain()
        header = invoices(line)[0]
        assert (header.status, line.dead) == (ProjectInvoiceStatus.CONFIRMED, [])
        if begun:
            assert header == invoices(expected)[0]
            assert actuals(line) == actuals(expected)


@pytest.mark.parametrize("act", ACTS, ids=NAMES)
def test_a_confirmation_that_comes_in_between_wins_or_loses_as_a_whole(act: Act) -> None:
    for table in (Table.DATAVERSE_INVOICES, Table.DATAVERSE_INVOICE_LINE_DETAILS, Table.DATAVERSE_INVOICE_LINES):
        line = a_draft()
        before = details_of(line)

        came: list[Table] = []

        def confirm(line: Line = line, came: list[Table] = came, table: Table = table) -> None:
            came.append(table)
            line.confirm(invoice_of(line), on=ON)
            line.drain()

        before_the_next_write(line.memory, table, confirm)
        with _nothing_to_do_is_fine():
            act(line)
        header = invoices(line)[0]
        if header.state == InvoiceState.CANCELED:
            assert details_of(line) == []
            continue
        assert (header.status == ProjectInvoiceStatus.CONFIRMED) == bool(came)
        billed = [each for each in actuals(line) if each.transaction_type.name == "BILLED_SALES"]
        assert (header.billed_sales or 0) == len(billed)
        assert sum(each.amount for each in billed if each.billing_type == 192350001) in (0, header.amount)
        assert header.details == len(details_of(line))
        assert len(before) in (header.details, header.details - 1, header.details + 3)


def test_what_a_slow_refresh_takes_too_late_for_a_confirmed_invoice_is_on_the_backlog_again() -> None:
    line = a_draft()
    put_all(line, late := sale(8))
    line.mark_ready(CONTRACT)
    (entry,) = [row for row in line.rows(Table.DATAVERSE_BILLING_BACKLOG) if row.columns["Item"] == late.actual]

    def confirm() -> None:
        # whoever confirms carries out the refresh without the item, which became ready later
        save(line.store, Table.DATAVERSE_BILLING_BACKLOG, CONTRACT, (Delete(entry.key.row),))
        line.confirm(invoice_of(line), on=ON)
        line.drain()
        save(line.store, Table.DATAVERSE_BILLING_BACKLOG, CONTRACT, (Insert(entry.key.row, entry.columns),))

    before_the_next_write(line.memory, Table.DATAVERSE_ACTUALS, confirm)
    refresh(line)
    (header,) = invoices(line)
    assert (header.status, header.details) == (ProjectInvoiceStatus.CONFIRMED, len(details_of(line)))
    assert late.actual not in {each.source for each in details_of(line)}
    assert index(line) == [late.actual]
    (standing,) = [each for each in actuals(line) if each.actual == late.actual]
    assert (standing.billing_status, standing.invoice) == (BillingStatus.READY_TO_INVOICE, None)


def test_two_who_edit_the_same_draft_both_get_what_they_want() -> None:
    line = a_draft()
    first, second = details_of(line)[:2]

    def other() -> None:
        edit_details(line.store, invoice=invoice_of(line), edits={second.detail: {"quantity": "1"}})

    before_the_next_write(line.memory, Table.DATAVERSE_INVOICES, other)
    edit_details(line.store, invoice=invoice_of(line), edits={first.detail: {"quantity": "2"}})
    assert [str(each.quantity) for each in details_of(line)[:2]] == ["2", "1"]
    assert invoices(line)[0].amount == sum(each.amount for each in details_of(line))


REFUSED: list[tuple[str, Act, ReasonCode]] = [
    (
        "one of two edits",
        lambda line: edit_details(
            line.store,
            invoice=invoice_of(line),
            edits={details_of(line)[0].detail: {"quantity": "6"}, details_of(line)[1].detail: {"quantity": "-6"}},
        ),
        ReasonCode.QUANTITY_NEGATIVE,
    ),
    (
        "one of two removals",
        lambda line: remove_details(
            line.store, invoice=invoice_of(line), details=[details_of(line)[0].detail, guid(77)]
        ),
        ReasonCode.LINE_DETAIL_UNKNOWN,
    ),
    (
        "no such line",
        lambda line: add_line(
            line.store,
            invoice=invoice_of(line),
            entry=NewLine("x", 9, TransactionClass.FEE, Decimal(1), Decimal(1), ON),
        ),
        ReasonCode.INVOICE_LINE_UNKNOWN,
    ),
    ("no such draft", lambda line: delete_draft(line.store, invoice=guid(78)), ReasonCode.DOCUMENT_UNKNOWN),
    (
        "confirmed by hand",
        lambda line: review_draft(line.store, invoice=invoice_of(line), status=ProjectInvoiceStatus.CONFIRMED),
        ReasonCode.DOCUMENT_WRONG_STATE,
    ),
]


@pytest.mark.parametrize(("act", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_refused_changes_nothing(act: Act, code: ReasonCode) -> None:
    line = a_draft()
    before = line.snapshot()
    with pytest.raises(Refused) as refusal:
        act(line)
    assert refusal.value.problem.code == code
    assert line.snapshot() == before


@pytest.mark.parametrize("act", ACTS, ids=NAMES)
def test_nothing_is_done_to_an_invoice_that_is_confirmed_or_being_confirmed(act: Act) -> None:
    begun, confirmed = a_draft(), a_draft()
    edit(begun, invoices(begun)[0].changed(confirmed_by=guid(79), confirmed_on=ON))
    confirmed.confirm(invoice_of(confirmed), on=ON)
    confirmed.drain()
    for line in (begun, confirmed):
        before = line.snapshot()
        with pytest.raises(Refused) as refusal:
            act(line)
        assert refusal.value.problem.code == ReasonCode.DOCUMENT_WRONG_STATE
        assert line.snapshot() == before


def test_more_details_than_one_act_takes_are_edited_and_removed_in_pieces() -> None:
    line = Line.in_memory()
    count = 2 * ACT_DETAILS_MAX + 1
    header = drafted(line, *sales(count))
    ids = [detail.detail for detail in details_of(line)]
    edit_details(line.store, invoice=header.invoice, edits={id_: {"quantity": "1"} for id_ in ids})
    assert {str(detail.amount) for detail in details_of(line)} == {"200.00"}
    assert invoices(line)[0].amount == 200 * count
    remove_details(line.store, invoice=header.invoice, details=ids[1:])
    assert (len(details_of(line)), invoices(line)[0].amount, len(index(line))) == (1, Decimal(200), count - 1)


def test_g30_a_deleted_draft_gives_everything_back_and_keeps_its_number() -> None:
    line = a_draft()
    number = invoices(line)[0].number
    assert delete(line).action == Action.DRAFT_DELETED
    assert (details_of(line), lines(line), connections(line)) == ([], [], [])
    assert {each.billing_status for each in actuals(line)} == {BillingStatus.READY_TO_INVOICE}
    assert {each.invoice for each in actuals(line)} == {None}
    assert len(index(line)) == 5
    (header,) = invoices(line)
    assert (header.number, header.state, header.details, header.total) == (number, InvoiceState.CANCELED, 0, Decimal(0))


def test_a_command_that_is_delivered_again_does_not_make_a_deleted_draft_anew() -> None:
    line = a_draft()
    delete(line)
    before = line.snapshot()
    line.create_proforma(CONTRACT)
    line.drain()
    assert line.snapshot() == before


def test_what_another_draft_has_taken_is_not_given_back_by_a_late_removal() -> None:
    line = a_draft()
    detail = next(each for each in details_of(line) if each.source == sale(1).actual)
    stolen: Actual = next(each for each in actuals(line) if each.actual == sale(1).actual).changed(invoice=guid(80))
    edit(line, stolen)
    remove_details(line.store, invoice=invoice_of(line), details=[detail.detail])
    assert next(each for each in actuals(line) if each.actual == sale(1).actual) == stolen
    assert sale(1).actual not in index(line)


def test_repeating_what_stands_writes_nothing() -> None:
    for act in (edit_two, add, review, refresh):
        line = a_draft()
        act(line)
        line.memory.calls.clear()
        assert act(line).action == Action.NOTHING_TO_DO
        assert [call for call in line.memory.calls if call.method == "write"] == []
