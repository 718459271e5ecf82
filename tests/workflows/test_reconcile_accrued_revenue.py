"""Reconciliation of accrued revenue: what is left in WIP is cleared once, whatever happens in between."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import count

import pytest

from domain.accrued_revenue import SYNCHRONOUS_LINES_MAX, correction_entries, imbalances, too_many
from domain.errors import NotYet, ReasonCode, Refused
from domain.journal import Journal, JournalStatus, JournalType
from domain.ledger import LedgerEntry, ProjectTransaction, out_of_balance
from domain.money import total
from domain.posting_types import PostingType
from domain.rows import Merge, Value
from domain.tables import Table
from domain.workflows import reconcile_accrued_revenue as workflow
from domain.workflows.reconcile_accrued_revenue import find_imbalances, reconcile_accrued_revenue
from tests.finance_builders import (
    ACCRUES_ALL,
    AUGUST_27,
    JOURNAL,
    PROPOSAL,
    make_posting,
    make_setup,
    make_staged,
    profile_row,
)
from tests.line import Line
from tests.workflows.restless import dying
from tests.workflows.staged_work import ACCRUES, add_setup, finance, propose, sale, stage

END = date(2026, 8, 31)
ALL = (Table.FINANCE_LEDGER_ENTRIES, Table.FINANCE_PROJECT_TRANSACTIONS, Table.FINANCE_INTEGRATION_JOURNALS)


def invoiced(*taken_back: str | None) -> Line:
    """One invoice over four hours at 250 for each amount that was taken back; None: exactly."""
    line = finance(ACCRUES)
    mine = [sale(number) for number in range(len(taken_back))]
    stage(line, *mine)
    line.tick()
    line.post_all()
    propose(line, *mine)
    line.tick()
    line.post_all()
    line.drain()
    for row, amount in zip(line.rows(Table.FINANCE_PROJECT_TRANSACTIONS), taken_back, strict=True):
        if amount is not None:
            merge = Merge(row.key.row, {"LedgerSalesReversed": amount})
            line.store.write(Table.FINANCE_PROJECT_TRANSACTIONS, row.key.partition, (merge,))
    return line


def reconcile(line: Line, **options: bool) -> list[Decimal]:
    return [each.amount for each in reconcile_accrued_revenue(line.store, proposals=(PROPOSAL,), on=END, **options)]


def corrections(line: Line) -> list[tuple[PostingType, Decimal]]:
    entries = line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)
    return [(each.posting_type, each.accounting_amount) for each in entries if each.voucher.startswith("ARR-")]


def content(line: Line) -> Mapping[str, Mapping[str, Value]]:
    return {f"{table}|{row.key.text}": dict(row.columns) for table in ALL for row in line.rows(table)}


def test_an_invoice_takes_back_exactly_so_nothing_is_found() -> None:
    line = invoiced(None, None)
    before = content(line)
    assert reconcile(line) == []
    assert content(line) == before


def test_what_is_left_is_cleared_once() -> None:
    line = invoiced("900", None, "1100", "700")
    assert sorted(reconcile(line)) == [Decimal(-100), Decimal(100), Decimal(300)]
    assert corrections(line) == [
        (PostingType.ACCRUED_REVENUE_SALES_VALUE, Decimal(300)),
        (PostingType.WIP_SALES_VALUE, Decimal(-300)),
    ]
    assert reconcile(line) == []
    assert find_imbalances(line.store, PROPOSAL) == ()
    (journal,) = (
        each
        for each in line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal)
        if each.journal_type is JournalType.ACCRUED_REVENUE
    )
    assert (journal.status, journal.lines) == (JournalStatus.POSTED, 3)


def test_dying_at_any_call_changes_nothing() -> None:
    straight = invoiced("900", "700")
    reconcile(straight)
    for fatal in count(1):
        line = invoiced("900", "700")
        with dying(line, fatal) as death:
            reconcile(line)
        reconcile(line)
        assert find_imbalances(line.store, PROPOSAL) == (), f"call {fatal}"
        assert content(line) == content(straight), f"call {fatal}"
        if not death.died:
            return


def transactions(line: Line) -> list[ProjectTransaction]:
    return line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)


def test_the_day_of_the_first_try_counts() -> None:
    for fatal in range(1, 15):
        line = invoiced("900")
        with dying(line, fatal):
            reconcile(line)
        reconcile_accrued_revenue(line.store, proposals=(PROPOSAL,), on=date(2026, 10, 1))
        days = {
            each.accounting_date
            for each in line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)
            if each.voucher.startswith("ARR-")
        }
        assert len(days) == 1, f"call {fatal}"


def test_more_lines_than_the_limit_need_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "too_many", lambda lines: too_many(lines + SYNCHRONOUS_LINES_MAX - 1))
    line = invoiced("900", "900")
    before = content(line)
    with pytest.raises(Refused) as refused:
        reconcile(line)
    assert refused.value.problem.code is ReasonCode.BATCH_REQUIRED
    assert content(line) == before
    assert reconcile(line, in_batch=True) == [Decimal(100)] * 2


@pytest.mark.parametrize(("lines", "needs_batch"), [(0, False), (1000, False), (1001, True)])
def test_g24_a_thousand_lines_may_be_posted_at_once(lines: int, needs_batch: bool) -> None:
    assert (too_many(lines) is not None) is needs_batch


def test_no_open_period_and_an_unknown_invoice_are_told() -> None:
    line = invoiced("900")
    add_setup(line, {"Kind": "FiscalCalendarPeriod", "StartDate": "2026-01-01", "EndDate": "2026-08-30"})
    with pytest.raises(Refused) as refused:
        reconcile(line)
    assert refused.value.problem.code is ReasonCode.PERIOD_CLOSED
    with pytest.raises(NotYet):
        find_imbalances(line.store, JOURNAL)


def transaction(**attributes: object) -> ProjectTransaction:
    posted = make_posting(make_setup({**profile_row(), **ACCRUES_ALL}), make_staged()).transaction
    return posted.changed(**{"invoice": "INV-1", "reversed_accounting_amount": Decimal(900), **attributes})


@pytest.mark.parametrize(
    ("attributes", "amounts"),
    [
        ({}, [Decimal(100)]),
        ({"corrected_accounting_amount": Decimal(40)}, [Decimal(60)]),
        ({"corrected_accounting_amount": Decimal(100)}, []),
        ({"invoice": None}, []),
        ({"reversed_accounting_amount": None}, []),
        ({"reversed_accounting_amount": Decimal(1000)}, []),
    ],
)
def test_only_invoiced_sales_that_were_taken_back_otherwise_are_found(
    attributes: dict[str, object], amounts: list[Decimal]
) -> None:
    assert [each.amount for each in imbalances([transaction(**attributes)])] == amounts


def test_there_is_one_entry_for_each_set_of_dimensions() -> None:
    found = list(imbalances([transaction(default_dimension=name) for name in (None, "A=1", "A=1", "A=2")]))
    entries = correction_entries(found, journal=JOURNAL, voucher="ARR-1", currency="USD", day=AUGUST_27)
    assert [(int(each.posting_type), each.default_dimension, each.amount) for each in entries] == [
        (128, None, Decimal(100)),
        (128, "A=1", Decimal(200)),
        (128, "A=2", Decimal(100)),
        (129, None, Decimal(-100)),
        (129, "A=1", Decimal(-200)),
        (129, "A=2", Decimal(-100)),
    ]
    assert out_of_balance(entries) is None
    assert total(each.accounting_amount for each in entries) == 0
