"""A milestone header and a slow worker: no part is billed twice, and the header says what its lines say."""

from contextlib import suppress
from decimal import Decimal
from itertools import count

from domain.contract import Milestone
from domain.errors import Refused
from domain.option_sets import MilestoneStatus
from domain.progress_billing import recounted
from domain.tables import Table
from domain.workflows.milestone_headers import follow
from tests.builders import edit, invoices
from tests.line import Breaker, Line, ProcessDied
from tests.workflows.adatum import after_writes as before_the_next_write
from tests.workflows.restless import At
from tests.workflows.test_bill_milestone import bill, headed, make_ready, milestones, say_next, split_rows, with_header

WHOLE = split_rows()[0].changed(percent=Decimal(100))


def assert_header_follows(line: Line, where: str) -> None:
    """A header says what its lines say, and its lines are all that there is of it."""
    after, lines = headed(line), milestones(line)
    assert after.pending_split is None, where
    assert not lines or recounted(after, lines) == after, where
    assert set(after.lines) == {each.key.row for each in lines}, where
    assert sum(each.amount for each in lines) in (0, after.amount), where
    if after.next_status == MilestoneStatus.READY_TO_INVOICE:
        assert after.next_amount == sum(each.amount for each in lines if not each.is_rest), where


def test_a_split_before_a_header_is_changed_is_not_forgotten() -> None:
    for at in range(1, 6):
        line = with_header(WHOLE)
        say_next(line)
        another = At(line, at, make_ready)
        with suppress(Refused):
            say_next(line, 10)
        assert_header_follows(line, f"call {at}")
        assert (another.came, headed(line).splits) in ((True, 1), (False, 0))


def _half_split() -> Line:
    """A split that somebody has begun: its lines stand, and the header does not say so yet."""
    line = with_header(WHOLE)
    say_next(line)
    counted = Breaker(line)
    make_ready(line)
    requests = counted.requests
    line = with_header(WHOLE)
    say_next(line)
    # the header is written, read for the lines of what is ready, and the command is sent
    Breaker(line, at=requests - 5, error=ProcessDied())
    with suppress(ProcessDied):
        make_ready(line)
    assert headed(line).pending_split
    assert len(milestones(line)) == 2
    return line


def _billed(line: Line) -> None:
    make_ready(line)
    bill(line)


def test_a_slow_split_takes_no_part_off_its_draft() -> None:
    start = _half_split()
    for at in count(1):
        line = start.twin()
        another = At(line, at, _billed)
        # the part is on a draft by now
        with suppress(Refused):
            make_ready(line)
        line.drain()
        assert_header_follows(line, f"call {at}")
        if not another.came:
            break
        assert headed(line).splits == 1, f"call {at}"
        (draft,) = invoices(line)
        assert [each.invoice for each in milestones(line) if not each.is_rest] == [draft.invoice], f"call {at}"


def test_a_part_that_is_billed_before_a_slow_worker_makes_it_stays_as_it_is() -> None:
    line = with_header(WHOLE)
    say_next(line)
    before_the_next_write(line.memory, Table.DATAVERSE_MILESTONES, lambda: _billed(line))
    make_ready(line)
    assert_header_follows(line, "")
    assert [each.invoice for each in milestones(line) if not each.is_rest] == [invoices(line)[0].invoice]


def test_who_counts_a_header_carries_its_split_out_first() -> None:
    line = _half_split()
    follow(line.store, [headed(line).key])
    assert_header_follows(line, "")


def test_a_header_counts_what_another_worker_has_changed_meanwhile() -> None:
    line = with_header()
    say_next(line)
    make_ready(line)
    first, second = (each for each in milestones(line) if not each.is_rest)

    def billed(each: Milestone) -> None:
        edit(line, each.changed(invoice_status=MilestoneStatus.CUSTOMER_INVOICE_POSTED))
        follow(line.store, [headed(line).key])

    before_the_next_write(line.memory, Table.DATAVERSE_MILESTONE_HEADERS, lambda: billed(second))
    billed(first)
    assert_header_follows(line, "")
    assert headed(line).invoiced == first.amount + second.amount
