"""A reversal takes back exactly what its original was posted with: rate, accounts and amounts, whatever holds now."""

from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.journal import JournalLine
from domain.journal_lines import journal_line
from domain.ledger import ProjectTransaction, out_of_balance
from domain.line_posting import LinePosting
from domain.money import total
from domain.option_sets import FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.posting import post_line
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual
from tests.finance_builders import (
    ACCRUES_ALL,
    JOURNAL,
    PARTIES_GBP,
    PROJECT,
    key_of,
    make_posting,
    make_setup,
    make_staged,
    profile_row,
    rate_row,
    told,
    voucher_of,
    voucher_table,
)

WIP = {**profile_row(), **ACCRUES_ALL}


def setup_at(rate: str, *more: dict[str, object]) -> LegalEntitySetup:
    return make_setup(WIP, rate_row("GBP", "USD", "2026-01-01", rate), *more)


def original(**attributes: object) -> StagedActual:
    return make_staged(currency="GBP", price="33.33", **attributes)  # type: ignore[arg-type]


def reversal(of: StagedActual) -> StagedActual:
    back = make_staged(of.transaction_type, of.transaction_class, currency="GBP", name="back")
    turned = {"quantity": -of.quantity, "price": of.price, "amount": -of.amount, "billing_type": of.billing_type}
    return back.changed(reverses=key_of(of), **turned)


def reversed_line(setup: LegalEntitySetup, of: StagedActual, transaction: ProjectTransaction) -> JournalLine:
    content = journal_line(setup, reversal(of), key_of(reversal(of)), PARTIES_GBP, transaction)
    assert not isinstance(content, tuple), content
    return content.in_journal(JOURNAL, 1, "PJV-0002")


@pytest.mark.parametrize("rate", ["100", "128.4", "139.7777"])
@pytest.mark.parametrize(
    "transaction_class", [TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL]
)
def test_the_pair_leaves_nothing_behind_at_any_rate(rate: str, transaction_class: TransactionClass) -> None:
    sale = make_posting(setup_at("120"), original(transaction_class=transaction_class), PARTIES_GBP)
    line = reversed_line(setup_at(rate), original(transaction_class=transaction_class), sale.transaction)
    back = post_line(setup_at(rate), line, PROJECT, sale.transaction)
    assert isinstance(back, LinePosting)
    assert out_of_balance(back.entries) is None
    assert back.accounting_amount == -sale.accounting_amount
    assert back.transaction.reverses == sale.transaction.actual_key
    for entry in sale.entries:
        mine = [each for each in (*sale.entries, *back.entries) if each.main_account == entry.main_account]
        assert total(each.amount for each in mine) == 0
        assert total(each.accounting_amount for each in mine) == 0


def test_it_goes_to_the_accounts_of_the_original_whatever_the_set_up_says_now() -> None:
    sale = make_posting(setup_at("120"), original(), PARTIES_GBP)
    accounts = [
        {"Kind": "ProjPosting", "PostingType": 129, "MainAccount": "999999", "AccountName": "New WIP"},
        profile_row(),
    ]
    setup = setup_at("130", *accounts)
    back = post_line(setup, reversed_line(setup, original(), sale.transaction), PROJECT, sale.transaction)
    assert isinstance(back, LinePosting)
    assert voucher_table(back.entries) == voucher_of("""
        161300 WIP sales value: -133.32 GBP = -159.98 USD at 1.2, 129
        420200 Accrued revenue: 133.32 GBP = 159.98 USD at 1.2, 128
    """)


def test_what_was_not_accrued_is_reversed_without_entries() -> None:
    staged = original(billing_type=FinanceBillingType.NON_CHARGEABLE)
    sale = make_posting(setup_at("120"), staged, PARTIES_GBP)
    line = reversed_line(setup_at("130"), staged, sale.transaction)
    back = post_line(setup_at("130"), line, PROJECT, sale.transaction)
    assert isinstance(back, LinePosting)
    assert (back.entries, told(line.extended_price, line.quantity)) == ((), "0 -4")


def test_it_waits_while_its_original_is_not_posted() -> None:
    (problem,) = journal_line(setup_at("120"), reversal(original()), "a/b", PARTIES_GBP)
    assert isinstance(problem, Problem)
    assert problem.code is ReasonCode.UNBILLED_SALES_NOT_POSTED
    assert problem.ids == (reversal(original()).actual, original().actual)
    assert original().actual in problem.sentence


def test_a_reversal_without_a_name_and_a_cost_are_ordinary_lines() -> None:
    unnamed = reversal(original()).changed(reverses=None)
    content = journal_line(setup_at("130"), unnamed, "a/b", PARTIES_GBP)
    assert not isinstance(content, tuple)
    assert (content.exchange_rate, content.extended_price) == (Decimal("1.3"), Decimal("-133.32"))
    cost = reversal(original()).changed(transaction_type=FinanceTransactionType.COST)
    assert isinstance(journal_line(setup_at("130"), cost, "a/b", PARTIES_GBP), tuple) is False


def test_what_an_invoice_has_billed_cannot_be_taken_back_by_the_journal() -> None:
    sale = make_posting(setup_at("120"), original(), PARTIES_GBP).transaction
    line = reversed_line(setup_at("120"), original(), sale)
    problem = post_line(setup_at("120"), line, PROJECT, sale.changed(invoice="INV-0001"))
    assert isinstance(problem, Problem)
    assert problem.code is ReasonCode.DOCUMENT_WRONG_STATE
    assert "INV-0001" in problem.sentence
    waits = post_line(setup_at("120"), line, PROJECT)
    assert isinstance(waits, Problem)
    assert waits.code is ReasonCode.UNBILLED_SALES_NOT_POSTED
