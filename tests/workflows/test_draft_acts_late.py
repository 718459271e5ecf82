"""Acts on a draft by a slow worker: what others were through with meanwhile is not undone, and the totals agree."""

from functools import cache, partial
from itertools import count

from domain.outcome import Outcome
from domain.workflows.draft_acts import settle
from domain.workflows.edit_draft import edit_details, remove_details
from tests.builders import actuals, connections, details_of, drafted, index, invoices, lines, put_all, sale, sales
from tests.line import Line
from tests.workflows.adatum import CONTRACT
from tests.workflows.restless import At
from tests.workflows.test_draft_acts import ON, Act, _nothing_to_do_is_fine, add, invoice_of, refresh


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
