"""A fixed exchange rate agreement that comes late: unposted sales lines get its rate, what is posted keeps its own."""

from decimal import Decimal

import pytest

from domain.exchange_rates import rerated
from domain.identifiers import derive_id
from domain.journal import JournalLine, LineStatus
from domain.ledger import ProjectTransaction
from domain.option_sets import FinanceTransactionType
from domain.rows import Delete
from domain.tables import Table
from domain.workflows.apply_fixed_rate import apply_fixed_rate
from tests.finance_builders import (
    PARTIES_GBP,
    fixed_rate_row,
    make_journal_line,
    make_setup,
    make_staged,
    rate_row,
)
from tests.line import Line
from tests.workflows.staged_work import ACCRUES, add_setup, finance, sale, stage

MARKET = rate_row("GBP", "USD", "2026-01-01", "131")


def journalized(*numbers: int) -> Line:
    line = finance(ACCRUES, MARKET, currency="GBP")
    stage(line, *(sale(number).changed(currency="GBP") for number in numbers))
    line.tick()
    return line


def rates(line: Line) -> list[Decimal]:
    lines = line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)
    return [each.exchange_rate for each in lines]


def test_lines_that_wait_get_the_agreed_rate_and_post_with_it() -> None:
    line = journalized(1, 2)
    assert rates(line) == [Decimal("1.31")] * 2
    add_setup(line, fixed_rate_row("125"))
    assert apply_fixed_rate(line.store) == 2
    assert rates(line) == [Decimal("1.25")] * 2
    assert apply_fixed_rate(line.store) == 0
    line.post_all()
    posted = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
    assert {(each.exchange_rate, each.accrued_accounting_amount) for each in posted} == {
        (Decimal("1.25"), Decimal("1250.00"))
    }


def test_what_is_posted_keeps_its_rate() -> None:
    line = journalized(1)
    line.post_all()
    add_setup(line, fixed_rate_row("125"))
    assert apply_fixed_rate(line.store) == 0
    assert rates(line) == [Decimal("1.31")]


def test_the_agreement_of_another_contract_or_currency_changes_nothing() -> None:
    line = journalized(1)
    add_setup(line, fixed_rate_row("125", contract="C-2"), fixed_rate_row("9", currency="EUR"))
    assert apply_fixed_rate(line.store) == 0
    assert rates(line) == [Decimal("1.31")]


def test_a_legal_entity_without_set_up_is_passed_over() -> None:
    line = journalized(1)
    line.store.write(Table.FINANCE_SETUP, "usmf", [Delete(row.key.row) for row in line.rows(Table.FINANCE_SETUP)])
    assert apply_fixed_rate(line.store) == 0


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"status": LineStatus.ERROR}, True),
        ({"status": LineStatus.POSTED}, False),
        ({"status": LineStatus.TRANSFERRED}, False),
        ({"transaction_type": FinanceTransactionType.COST}, False),
        ({"reverses": f"p/{derive_id('x')}"}, False),
        ({"exchange_rate": Decimal("1.25")}, False),
        ({"currency": "EUR"}, False),
    ],
)
def test_only_unposted_sales_at_another_rate_change(changes: dict[str, object], counts: bool) -> None:
    line = make_journal_line(make_setup(MARKET), make_staged(currency="GBP"), PARTIES_GBP).changed(**changes)
    after = rerated(make_setup(MARKET, fixed_rate_row("125")), line)
    assert (after is not None) is counts
    if after is not None:
        assert after == line.changed(exchange_rate=Decimal("1.25"))
