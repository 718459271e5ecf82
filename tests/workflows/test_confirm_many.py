"""Many drafts at once: up to 250, each with its status, none by the failure of another."""

import pytest

from domain.errors import ReasonCode, Refused
from domain.option_sets import BulkConfirmationStatus, NotToExceedStatus, ProjectInvoiceStatus
from domain.outcome import Action, Outcome
from domain.tables import Table
from domain.workflows.confirm_many import INVOICES_MAX, confirm_many
from tests.builders import actuals, drafted, edit, invoices, sale
from tests.line import END_OF_AUGUST, START, Line
from tests.workflows.adatum import guid, invoice

WISH = guid(88)


def drafts(count: int) -> Line:
    line = Line.in_memory()
    header = drafted(line, sale(1))
    for number in range(1, count):
        other = header.changed(invoice=guid(5_000 + number), number=f"PRO-{number + 1:06d}", details=0)
        line.put(Table.DATAVERSE_INVOICES, other.key, other)
    return line


def schedule(line: Line, *ids: str) -> Outcome:
    wanted = ids or [each.invoice for each in invoices(line)]
    return confirm_many(line.store, line.queues, invoices=wanted, on=END_OF_AUGUST, wish=WISH, at=START)


def statuses(line: Line) -> list[BulkConfirmationStatus | None]:
    return [each.bulk_status for each in invoices(line)]


def test_250_are_scheduled_and_251_are_refused() -> None:
    line = drafts(INVOICES_MAX)
    assert schedule(line).facts["invoices"] == INVOICES_MAX
    assert set(statuses(line)) == {BulkConfirmationStatus.SCHEDULED}
    assert {each.status for each in invoices(line)} == {ProjectInvoiceStatus.DRAFT}
    assert len(line.queues.waiting) == INVOICES_MAX
    line = drafts(INVOICES_MAX + 1)
    before = line.snapshot()
    with pytest.raises(Refused) as refusal:
        schedule(line)
    assert refusal.value.problem.code == ReasonCode.TOO_MANY_INVOICES
    assert (line.snapshot(), len(line.queues.waiting)) == (before, 0)


def test_none_is_refused_and_one_twice_is_one() -> None:
    line = drafts(1)
    with pytest.raises(Refused):
        confirm_many(line.store, line.queues, invoices=[], on=END_OF_AUGUST, wish=WISH, at=START)
    (header,) = invoices(line)
    assert schedule(line, header.invoice, header.invoice).facts["invoices"] == 1


def test_a_status_each_blank_scheduled_complete_or_failed() -> None:
    line = drafts(3)
    by_number = {each.number: each for each in invoices(line)}
    schedule(line, by_number["PRO-000001"].invoice, by_number["PRO-000002"].invoice)
    line.drain()
    told = {each.number: (each.status, each.bulk_status) for each in invoices(line)}
    assert told == {
        "PRO-000001": (ProjectInvoiceStatus.CONFIRMED, BulkConfirmationStatus.COMPLETE),
        # it has no line details
        "PRO-000002": (ProjectInvoiceStatus.DRAFT, BulkConfirmationStatus.FAILED),
        "PRO-000003": (ProjectInvoiceStatus.DRAFT, None),
    }


def test_it_is_processing_while_it_is_confirmed() -> None:
    line = drafts(1)
    seen: list[BulkConfirmationStatus | None] = []
    line.memory.after_call = lambda call: seen.extend(statuses(line)) if call.method == "write" else None
    schedule(line)
    line.drain()
    assert list(dict.fromkeys(seen)) == [
        BulkConfirmationStatus.SCHEDULED,
        BulkConfirmationStatus.PROCESSING,
        BulkConfirmationStatus.COMPLETE,
    ]


def test_a_failed_one_is_mended_and_confirmed_by_itself_or_again_in_bulk() -> None:
    for again in (False, True):
        line = drafts(1)
        (header,) = invoices(line)
        edit(line, actuals(line)[0].changed(nte_status=NotToExceedStatus.FAILED))
        schedule(line)
        line.drain()
        assert statuses(line) == [BulkConfirmationStatus.FAILED]
        edit(line, actuals(line)[0].changed(nte_status=None))
        if again:
            schedule(line)
        else:
            line.confirm(header.invoice)
        line.drain()
        assert statuses(line) == [BulkConfirmationStatus.COMPLETE]


def test_what_cannot_be_confirmed_is_told_and_the_others_go_on() -> None:
    line = drafts(2)
    first = invoices(line)[0].invoice
    confirmed = invoice(invoice=guid(4_000), number="PRO-000009")
    line.put(Table.DATAVERSE_INVOICES, confirmed.key, confirmed)
    outcome = schedule(line, confirmed.invoice, guid(4_001), first)
    assert outcome.action == Action.CONFIRMATION_SCHEDULED
    assert [each.code for each in outcome.problems] == [ReasonCode.DOCUMENT_WRONG_STATE, ReasonCode.DOCUMENT_UNKNOWN]


def test_a_confirmation_of_one_has_no_bulk_status() -> None:
    line = drafts(1)
    line.confirm(invoices(line)[0].invoice)
    line.drain()
    assert statuses(line) == [None]
