"""What arrived rows give the timers of finance to do."""

import pytest

from domain.limits import KEY_UNITS_MAX, check_key
from domain.pending_work import CROSS_COMPANY, PendingWork, WorkKind, posting_work, work_for
from domain.rows import Columns
from domain.tables import Table
from tests.finance_builders import CONTRACT_PARTITION, PROPOSAL

STAGING, RELATIONSHIPS = Table.FINANCE_ACTUALS_STAGING, Table.FINANCE_TRANSACTION_RELATIONSHIPS


def roles(one: str, other: str) -> Columns:
    return {"Transaction1Role": one, "Transaction2Role": other}


def make_work(**attributes: object) -> PendingWork:
    work = PendingWork(
        kind=WorkKind.JOURNAL_LINES,
        company="usmf",
        partition=CONTRACT_PARTITION,
        first="2026-08-27|a",
        last="2026-08-27|b",
        rows=2,
        correlation=PROPOSAL,
    )
    return work.changed(**attributes)


@pytest.mark.parametrize(
    ("table", "columns", "kind"),
    [
        (STAGING, {"TransactionType": "Cost"}, WorkKind.JOURNAL_LINES),
        (STAGING, {"TransactionType": "Sales"}, WorkKind.JOURNAL_LINES),
        (STAGING, {"TransactionType": "BilledSales"}, None),
        (STAGING, {"TransactionType": "InterOrgSales"}, None),
        (STAGING, {"TransactionType": "ResourcingUnitCost"}, None),
        (Table.FINANCE_INVOICE_PROPOSALS, {}, WorkKind.PROPOSAL_LINES),
        (Table.FINANCE_MILESTONES_STAGING, {}, WorkKind.ON_ACCOUNT),
        (RELATIONSHIPS, roles("Unbilled Sales", "Cost"), WorkKind.RELATED_VOUCHERS),
        (RELATIONSHIPS, roles("Cost", "Unbilled Sales"), WorkKind.RELATED_VOUCHERS),
        (RELATIONSHIPS, roles("Billed Sales", "Unbilled Sales"), None),
        (RELATIONSHIPS, roles("Cost", "Cost"), None),
        (RELATIONSHIPS, roles("Reversing", "Original"), None),
        (Table.DATAVERSE_CUSTOMER_INVOICES, {}, None),
    ],
)
def test_what_an_arrived_row_gives_to_do(table: Table, columns: Columns, kind: WorkKind | None) -> None:
    assert work_for(table, columns) is kind


@pytest.mark.parametrize(
    "change", [{"rows": 3}, {"company": "gbsi"}, {"last": "2026-08-27|c"}, {"first": "2026-08-26"}]
)
def test_other_work_has_another_row(change: dict[str, object]) -> None:
    assert make_work(**change).key != make_work().key


def test_the_same_work_has_the_same_row_whoever_registers_it_and_however_often_it_was_begun() -> None:
    assert make_work(correlation=CONTRACT_PARTITION, claims=7, run="r").key == make_work().key


def test_the_longest_keys_still_make_a_row_key() -> None:
    key = make_work(first="f" * 150, last="l" * 150).key
    check_key(Table.FINANCE_PENDING_WORK, key)
    assert len(key.row) <= KEY_UNITS_MAX


def test_a_document_to_post_has_one_row() -> None:
    work = posting_work(WorkKind.POST_JOURNAL, company="usmf", document=PROPOSAL, correlation=PROPOSAL)
    assert work.key.text == f"post-journal/post-journal|usmf|{PROPOSAL}|{PROPOSAL}|{PROPOSAL}|0000001"
    assert make_work(company=CROSS_COMPANY).company == CROSS_COMPANY


def test_work_reads_back_as_it_was_written() -> None:
    work = make_work(claims=2, run="owner|choice")
    assert PendingWork.from_columns(work.to_columns()) == work
