"""Acts on a draft: done as a whole or not at all, whoever begins, dies, repeats, or does something else meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache, partial
from itertools import count

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
from domain.workflows.draft_acts import settle
from domain.workflows.edit_draft import add_line, delete_draft, edit_details, remove_details, review_draft
from domain.workflows.refresh_draft import refresh_draft
from tests.builders import actuals, connections, details_of, drafted, edit, index, invoices, lines, put_all, sale, sales
from tests.line import Breaker, Line, ProcessDied, Snapshot
from tests.workflows.adatum import CONTRACT, LABOR, guid, milestone
from tests.workflows.adatum import after_writes as before_the_next_write
from tests.workflows.restless import At

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


@cache
def _two_sales() -> Line:
    line = Line.in_memory()
    drafted(line, *sales(2))
    return line


def _edit_first(line: Line, quantity: str) -> Outcome:
    return edit_details(
        line.store, invoice=invoice_of(line), edits={details_of(line)[0].detail: {"quantity": quantity}}
    )


def _remove_first(line: Line) -> Outcome:
    (first,) = (each.detail for each in details_of(line) if each.source == sale(1).actual)
    return remove_details(line.store, invoice=invoice_of(line), details=[first])


def _remove_by_hand(line: Line) -> Outcome:
    settle(line.store, invoice_of(line))
    by_hand = [each.detail for each in details_of(line) if each.source is None]
    return remove_details(line.store, invoice=invoice_of(line), details=by_hand)


def _remove_and_confirm(line: Line) -> Outcome:
    outcome = _remove_by_hand(line)
    line.confirm(invoice_of(line), on=ON)
    line.drain()
    return outcome


def _settle_and_make_ready(line: Line) -> Outcome:
    settle(line.store, invoice_of(line))
    put_all(line, sale(7))
    return line.mark_ready(CONTRACT, sale(7).actual)


def _refresh_for_more(line: Line) -> Outcome:
    put_all(line, sale(3))
    line.mark_ready(CONTRACT, sale(3).actual)
    return refresh(line)


def _settle_and_remove_first(line: Line) -> Outcome:
    settle(line.store, invoice_of(line))
    return _remove_first(line)


def _settle_and_remove_third(line: Line) -> Outcome:
    settle(line.store, invoice_of(line))
    third = [each.detail for each in details_of(line) if each.source == sale(3).actual]
    return remove_details(line.store, invoice=invoice_of(line), details=third)


def test_of_two_who_edit_the_same_detail_the_one_who_began_last_has_its_way() -> None:
    quantities = []
    for at in count(1):
        line = _two_sales().twin()
        another = At(line, at, partial(_edit_first, quantity="1"))
        _edit_first(line, "2")
        assert_sound(line, f"call {at}")
        if not another.came:
            break
        quantities.append(int(details_of(line)[0].quantity))
    # first the other comes before the act stands on the header, then after that
    assert set(quantities) == {1, 2}
    assert quantities == sorted(quantities, reverse=True)


def test_a_late_edit_of_a_detail_that_was_removed_changes_nothing() -> None:
    _between_any_two_calls(partial(_edit_first, quantity="2"), _settle_and_remove_first)


def test_a_detail_that_is_added_after_its_removal_is_taken_off() -> None:
    standing = _between_any_two_calls(add, _remove_by_hand)
    # who removes it before the act stands on the header finds nothing to remove
    assert set(standing) == {2, 3}
    assert standing == sorted(standing, reverse=True)


def test_a_detail_that_is_added_after_its_removal_is_taken_off_a_confirmed_invoice() -> None:
    _between_any_two_calls(add, _remove_and_confirm)


def test_what_a_late_refresh_finds_is_counted() -> None:
    _between_any_two_calls(_refresh_for_more, _settle_and_make_ready)


def test_a_late_refresh_takes_again_what_was_removed_or_leaves_it() -> None:
    _between_any_two_calls(_refresh_for_more, _settle_and_remove_third)


def test_a_late_removal_takes_nothing_from_a_draft_that_has_it_anew() -> None:
    _between_any_two_calls(_remove_first, refresh)


def _between_any_two_calls(act: Act, other: Act) -> list[int]:
    """Do an act with another one before each of its calls; gives how many details stood in the end."""
    standing: list[int] = []
    for at in count(1):
        line = _two_sales().twin()
        another = At(line, at, other)
        with _nothing_to_do_is_fine():
            act(line)
        assert_sound(line, f"call {at}")
        if not another.came:
            break
        standing.append(len(details_of(line)))
    return standing


def assert_sound(line: Line, where: str) -> None:
    """Header and lines have counted the details that stand, and each item is stamped that stands behind one."""
    (header,), details = invoices(line), details_of(line)
    amount = sum(each.amount for each in details)
    assert (header.pending_act, header.details, header.amount) == (None, len(details), amount), where
    assert sum(each.chargeable for each in lines(line)) == amount, where
    items = {sale(number).actual for number in range(1, 10)} & {each.actual for each in actuals(line)}
    stamped = {each.actual for each in actuals(line) if each.invoice == header.invoice} & items
    assert stamped == {each.source for each in details if each.source}, where
    # an entry whose item stands on a draft is passed over
    assert set(index(line)) >= items - stamped, where
    connected = [each for each in connections(line) if each.transaction1_type == "msdyn_invoicelinetransaction"]
    assert {each.transaction2 for each in connected} & items == stamped, where


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
