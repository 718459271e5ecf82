"""Whether everything of a proposal has arrived, and exactly what has not."""

import pytest

from domain.completeness import (
    SHOWN_MAX,
    is_whole,
    late_sales,
    lonely,
    mismatch,
    needs_sale,
    sale_keys,
    unconnected,
    unposted,
    without_milestone,
)
from domain.confirmation import digest_of
from domain.identifiers import derive_id
from domain.invoice_proposal import Proposal
from domain.option_sets import BillingMethod, FinanceTransactionType, TransactionClass
from domain.rows import RowKey
from domain.staging import StagedRelationship
from tests.finance_builders import make_proposal, make_staged

IDS = sorted(derive_id("id", number) for number in range(7))
SALE = make_staged(name="s")
BILLED = make_staged(FinanceTransactionType.BILLED_SALES, name="b")


def confirmed(*ids: str) -> Proposal:
    return make_proposal("USD", billed_sales=len(ids), billed_sales_digest=digest_of(ids))


def connection(one: str, other: str, key: str | None) -> StagedRelationship:
    return StagedRelationship(
        connection=IDS[0],
        transaction1=IDS[1],
        transaction1_role=one,
        transaction1_type="msdyn_actual",
        transaction2=IDS[2],
        transaction2_role=other,
        transaction2_type="msdyn_actual",
        transaction2_key=key,
    )


@pytest.mark.parametrize(
    ("arrived", "whole"),
    [
        (IDS[:3], True),
        (IDS[2::-1], True),
        (IDS[:2], False),
        (IDS[:4], False),
        # as many, but another one
        ([*IDS[:2], IDS[5]], False),
        # one of them twice
        ([*IDS[:2], IDS[1]], False),
    ],
)
def test_a_proposal_is_whole_by_count_and_digest(arrived: list[str], whole: bool) -> None:
    assert is_whole(confirmed(*IDS[:3]), arrived) is whole


def test_a_proposal_without_billed_sales_is_whole_when_none_arrived() -> None:
    assert is_whole(confirmed(), [])
    assert not is_whole(confirmed(), IDS[:1])


@pytest.mark.parametrize(
    ("arrived", "ids", "told"),
    [
        (IDS[:2], (IDS[2],), f"has 2 of 3 billed sales in staging: missing {IDS[2]}."),
        (IDS[:4], (IDS[3],), f"has 4 of 3 billed sales in staging: not confirmed {IDS[3]}."),
        ([*IDS[:2], IDS[4]], (IDS[2], IDS[4]), f"missing {IDS[2]}; not confirmed {IDS[4]}."),
        (IDS[:3], (), "the confirmed digest differs."),
    ],
)
def test_a_mismatch_names_what_is_missing_and_what_is_too_many(
    arrived: list[str], ids: tuple[str, ...], told: str
) -> None:
    problem = mismatch(confirmed(*IDS[:3]), set(arrived), set(IDS[:3]))
    assert problem.ids == ids
    assert told in problem.sentence


def test_a_sentence_shows_five_ids_and_the_problem_has_all() -> None:
    problem = mismatch(confirmed(*IDS), set(), set(IDS))
    assert problem.ids == tuple(IDS)
    assert f"{IDS[SHOWN_MAX - 1]} and 2 more" in problem.sentence
    assert IDS[SHOWN_MAX] not in problem.sentence


@pytest.mark.parametrize(
    ("connections", "keys"),
    [
        ([connection("Billed Sales", "Unbilled Sales", "p/r")], {IDS[1]: RowKey("p", "r")}),
        ([connection("Reversing", "Original", "p/r")], {}),
        ([connection("Unbilled Sales", "Cost", "p/r")], {}),
        ([connection("Billed Sales", "Unbilled Sales", None)], {}),
    ],
)
def test_only_a_billed_and_an_unbilled_sale_belong_together(
    connections: list[StagedRelationship], keys: dict[str, RowKey]
) -> None:
    assert sale_keys(connections) == keys


@pytest.mark.parametrize(
    ("transaction_class", "needed"),
    [(each, each not in {TransactionClass.MILESTONE, TransactionClass.RETAINER}) for each in TransactionClass],
)
def test_all_but_on_account_rows_need_a_sale(transaction_class: TransactionClass, needed: bool) -> None:
    assert needs_sale(BILLED.changed(transaction_class=transaction_class)) is needed


def test_what_was_added_by_hand_to_a_fixed_price_line_needs_no_sale() -> None:
    assert not needs_sale(BILLED.changed(billing_method=BillingMethod.FIXED_PRICE))
    assert needs_sale(BILLED.changed(billing_method=BillingMethod.TIME_AND_MATERIAL))


def test_a_row_without_its_connection_is_named() -> None:
    problem = unconnected(confirmed(), lonely([BILLED], {}))
    assert problem is not None
    assert (problem.code.value, problem.ids) == ("connection_missing", (BILLED.actual,))
    assert unconnected(confirmed(), lonely([BILLED], {BILLED.actual: RowKey("p", "r")})) is None
    milestone = BILLED.changed(transaction_class=TransactionClass.MILESTONE)
    assert unconnected(confirmed(), lonely([milestone], {})) is None


def test_a_sale_that_is_not_posted_is_named_by_its_own_id_and_one_that_has_not_arrived_by_the_billed_one() -> None:
    problem = unposted(confirmed(), late_sales({IDS[0]: SALE, IDS[1]: None, IDS[2]: SALE.changed(processed=True)}))
    assert problem is not None
    assert (problem.code.value, problem.ids) == ("unbilled_sales_not_posted", (SALE.actual, IDS[1]))
    assert "waits for 2 unbilled sale(s)" in problem.sentence
    assert unposted(confirmed(), late_sales({IDS[2]: SALE.changed(processed=True)})) is None


def test_a_milestone_that_finance_does_not_know_is_named() -> None:
    problem = without_milestone(confirmed(), [IDS[3]])
    assert problem is not None
    assert (problem.code.value, problem.ids) == ("milestone_missing", (IDS[3],))
    assert without_milestone(confirmed(), []) is None
