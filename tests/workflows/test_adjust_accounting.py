"""Adjust accounting: done once as a whole, and never beside the lines of a proposal, whatever happens in between."""

from datetime import date
from decimal import Decimal
from functools import cache
from itertools import count

import pytest

from domain.commands import ImportProposal
from domain.errors import InvoicingError, NotYet, Refused
from domain.identifiers import derive_id
from domain.invoice_proposal import ProposalStatus
from domain.ledger import LedgerEntry, ProjectTransaction, out_of_balance
from domain.money import total
from domain.pending_work import WorkKind
from domain.posting_types import PostingType
from domain.rows import Merge, RowKey
from domain.tables import Table
from domain.workflows.adjust_accounting import adjust_accounting
from domain.workflows.import_proposal import import_proposal
from domain.workflows.post_pending import posting_command, read_pending
from tests.finance_builders import PROPOSAL
from tests.line import END_OF_AUGUST, Line
from tests.workflows.restless import dying, interleave
from tests.workflows.staged_work import (
    ACCRUES,
    add_setup,
    finance,
    key_of,
    problems,
    proposal_lines,
    propose,
    read_proposal,
    sale,
    stage,
)

SALE = sale(1)
SEVEN = {"dimensions": "CostCenter=7"}


def posted() -> Line:
    """One accrued sale, posted; the header of its proposal has arrived."""
    return prepared().twin()


@cache
def prepared() -> Line:
    line = finance(ACCRUES)
    stage(line, SALE)
    line.tick()
    line.post_all()
    propose(line, SALE)
    change = Merge(key_of(SALE).row, {"msdyn_invoice": PROPOSAL})
    line.store.write(Table.DATAVERSE_ACTUALS, key_of(SALE).partition, (change,))
    return line


def adjust(line: Line, **fields: str) -> ProjectTransaction:
    return adjust_accounting(line.store, key_of(SALE), fields=fields or SEVEN, on=END_OF_AUGUST)


def wip(line: Line) -> dict[str | None, Decimal]:
    """What stands on WIP, by dimensions."""
    sums: dict[str | None, Decimal] = {}
    for each in line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry):
        if each.posting_type is PostingType.WIP_SALES_VALUE:
            before = sums.get(each.default_dimension, Decimal(0))
            sums[each.default_dimension] = total((before, each.accounting_amount))
    return sums


def go_on(line: Line) -> None:
    for _ in range(2):
        line.tick()
        works = list(read_pending(line.store, WorkKind.POST_PROPOSAL))
        line.send(*(posting_command(work, line.clock.now(), END_OF_AUGUST) for work in works))
        line.drain()


def test_dying_at_any_call_changes_nothing() -> None:
    straight = posted()
    adjust(straight)
    assert wip(straight) == {None: 0, "CostCenter=7": 1000}
    for after_writes in (False, True):
        for fatal in count(1):
            line = posted()
            with dying(line, fatal, after_writes=after_writes) as death:
                adjust(line)
            adjust(line)
            assert line.snapshot() == straight.snapshot(), f"call {fatal}"
            if not death.died:
                break


def test_what_is_left_half_done_keeps_the_proposal_waiting_and_is_finished() -> None:
    for fatal in count(1):
        line = posted()
        with dying(line, fatal) as death:
            adjust(line)
        (transaction,) = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
        line.tick()
        if transaction.pending_adjustment is not None:
            assert proposal_lines(line) == []
            assert "is being adjusted" in problems(line)[0].sentence
            # any adjustment carries out the one that stands
            adjust(line, dimensions="CostCenter=7")
        go_on(line)
        assert read_proposal(line).status is ProposalStatus.INVOICED
        assert set(wip(line).values()) == {Decimal(0)}
        if not death.died:
            return


@pytest.mark.parametrize("other", ["import", "import and post"])
def test_between_any_two_calls_the_proposal_may_be_imported_and_posted(other: str) -> None:
    command = ImportProposal(
        command=derive_id("import"), correlation=PROPOSAL, requested_at=posted().clock.now(), proposal=PROPOSAL
    )
    for at in count(1):
        switches = 0
        for until in (1, 3, 5, 7, 10, 15, 25, 40, 60):
            line = posted()

            def second(line: Line = line) -> None:
                import_proposal(line.store, line.queues, command)
                if other != "import":
                    go_on(line)

            switches = interleave(line, lambda: ignoring(line), second, at, until).switches  # noqa: B023
            go_on(line)
            ignoring(line)
            go_on(line)
            where = f"{at}, {until}"
            assert read_proposal(line).status is ProposalStatus.INVOICED, where
            assert set(wip(line).values()) == {Decimal(0)}, where
            assert out_of_balance(line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)) is None, where
            if switches < 2:
                break
        if not switches:
            return


def ignoring(line: Line) -> None:
    try:
        adjust(line)
    except InvoicingError:
        return


def test_the_day_of_the_first_try_counts_and_there_must_be_an_open_period() -> None:
    line = posted()
    with dying(line, 12):
        adjust(line)
    adjust_accounting(line.store, key_of(SALE), fields=SEVEN, on=date(2026, 9, 1))
    days = {each.accounting_date for each in line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)}
    assert date(2026, 9, 1) not in days
    add_setup(line, {"Kind": "FiscalCalendarPeriod", "StartDate": "2026-01-01", "EndDate": "2026-08-30"})
    before = line.snapshot()
    with pytest.raises(Refused, match="2026-08-31"):
        adjust(line, dimensions="")
    assert line.snapshot() == before


def test_what_is_unknown_or_was_taken_back_is_told() -> None:
    line = posted()
    with pytest.raises(NotYet):
        adjust_accounting(line.store, RowKey("a", "b"), fields=SEVEN, on=END_OF_AUGUST)
    change = Merge(key_of(SALE).row, {"msdyn_adjustmentstatus": 192350001})
    line.store.write(Table.DATAVERSE_ACTUALS, key_of(SALE).partition, (change,))
    with pytest.raises(Refused, match="was taken back in Dataverse"):
        adjust(line)
