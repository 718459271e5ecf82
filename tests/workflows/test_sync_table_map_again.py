"""Rows that come again with other content, and the work that arrived rows give to finance's timers."""

from collections import Counter
from collections.abc import Sequence

import pytest

from domain.errors import ChangedMeanwhile, ReasonCode
from domain.pending_work import PendingWork
from domain.rows import Columns, Delete, RowKey
from domain.tables import Table
from domain.workflows.sync_table_map import sync_table_map
from functions.storage.memory import Call, MemoryRowStore
from tests.workflows.adatum import (
    ACTUALS,
    CONTRACT,
    CORRELATION,
    GBPM,
    INVOICE,
    MILESTONE,
    MILESTONES,
    PROPOSALS,
    RELATIONSHIPS,
    STAGING,
    actual,
    after_writes,
    change,
    connection,
    content,
    guid,
    invoice,
    milestone,
    put,
    put_actuals,
    put_references,
    staged,
    sync,
    work,
)


@pytest.fixture
def store(memory_store: MemoryRowStore) -> MemoryRowStore:
    put_references(memory_store)
    return memory_store


# -- rows that come again with other content


def test_a_description_follows_and_nothing_else_is_touched(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1), actual(2))
    sync_table_map(store, sync(ACTUALS))
    change(store, STAGING, actual(1).backlog_key, VoucherNumber="V-1")
    change(store, Table.DATAVERSE_ACTUALS, actual(1).backlog_key, msdyn_description="Install the left arm")
    before = staged(store)
    outcome = sync_table_map(store, sync(ACTUALS))
    assert staged(store) == {**before, "Description": "Install the left arm"}
    assert (outcome.facts["updated"], outcome.problems) == (1, ())


@pytest.mark.parametrize(
    ("changes", "column"),
    [({"msdyn_amount": "1.00"}, "Amount"), ({"msdyn_contractlinecustomer": ""}, "FundingSourceId")],
)
def test_any_other_difference_is_a_problem_and_the_row_is_left_as_it_is(
    store: MemoryRowStore, changes: Columns, column: str
) -> None:
    put_actuals(store, actual(1), actual(3))
    sync_table_map(store, sync(ACTUALS))
    before = staged(store)
    # the description makes the difference visible even where the other column is gone
    change(store, Table.DATAVERSE_ACTUALS, actual(1).backlog_key, msdyn_description="other", **changes)
    put_actuals(store, actual(2))
    outcome = sync_table_map(store, sync(ACTUALS))
    assert [(each.code, each.ids) for each in outcome.problems] == [
        (ReasonCode.STAGED_ROW_CHANGED, (actual(1).actual,))
    ]
    assert f"column {column} of FinanceActualsStaging" in outcome.problems[0].sentence
    assert staged(store) == before
    assert staged(store, 2)["ActualId"] == actual(2).actual


def test_what_the_accountant_changed_on_the_header_is_kept(store: MemoryRowStore) -> None:
    put(store, Table.DATAVERSE_INVOICES, invoice().key, invoice())
    sync_table_map(store, sync(PROPOSALS, INVOICE))
    change(store, Table.FINANCE_INVOICE_PROPOSALS, invoice().key, InvoiceDate="2026-09-02", ProposalStatus="Open")
    before = content(store, Table.FINANCE_INVOICE_PROPOSALS)
    outcome = sync_table_map(store, sync(PROPOSALS, INVOICE))
    assert content(store, Table.FINANCE_INVOICE_PROPOSALS) == before
    assert (outcome.facts["updated"], outcome.problems) == (0, ())


def test_a_slow_worker_does_not_undo_a_newer_description(store: MemoryRowStore) -> None:
    key = actual(1).backlog_key
    put_actuals(store, actual(1))
    sync_table_map(store, sync(ACTUALS))
    change(store, Table.DATAVERSE_ACTUALS, key, msdyn_description="second")

    def overtake() -> None:
        change(store, Table.DATAVERSE_ACTUALS, key, msdyn_description="third")
        sync_table_map(store, sync(ACTUALS))

    # the first write finds the row, the second is the merge: be overtaken between its reads and that merge
    after_writes(store, STAGING, lambda: after_writes(store, STAGING, overtake))
    sync_table_map(store, sync(ACTUALS))
    assert staged(store)["Description"] == "third"


def test_a_row_that_never_stands_still_is_left_to_the_next_delivery(store: MemoryRowStore) -> None:
    key = actual(1).backlog_key
    put_actuals(store, actual(1))
    sync_table_map(store, sync(ACTUALS))
    change(store, Table.DATAVERSE_ACTUALS, key, msdyn_description="second")
    counted = Counter[str]()

    def disturb(call: Call) -> None:
        counted[call.method] += 1
        if call.method == "write" and call.table is STAGING:
            store.before_call = lambda _: None
            change(store, STAGING, key, Description=f"finance {counted['write']}")
            store.before_call = disturb

    store.before_call = disturb
    with pytest.raises(ChangedMeanwhile):
        sync_table_map(store, sync(ACTUALS))


# -- pending work


def described(works: Sequence[PendingWork]) -> list[tuple[str, str, str, str, str, int]]:
    """Everything that a timer reads."""
    return [(each.kind.value, each.company, each.partition, each.first, each.last, each.rows) for each in works]


def test_cost_and_unbilled_sales_are_work_for_each_company(store: MemoryRowStore) -> None:
    put_actuals(
        store,
        actual(1),
        actual(2, transaction_type=192350000),
        actual(3, owning_company=GBPM),
        actual(4, transaction_type=192350006),
        actual(5, transaction_type=192350007),
    )
    sync_table_map(store, sync(ACTUALS))
    assert described(work(store)) == [
        ("journal-lines", "gbpm", CONTRACT, "0", "~", 1),
        ("journal-lines", "usmf", CONTRACT, "0", "~", 2),
    ]
    assert {each.correlation for each in work(store)} == {CORRELATION}
    assert [row.key for row in store.rows(Table.FINANCE_PENDING_WORK)] == [each.key for each in work(store)]


def test_billed_sales_alone_and_connections_are_no_work(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1, transaction_type=192350006))
    put(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, RowKey(CONTRACT, "1"), connection(1))
    sync_table_map(store, sync(ACTUALS))
    sync_table_map(store, sync(RELATIONSHIPS))
    assert work(store) == []


def test_a_header_and_milestones_are_work(store: MemoryRowStore) -> None:
    put(store, Table.DATAVERSE_INVOICES, invoice().key, invoice())
    put(store, Table.DATAVERSE_MILESTONES, milestone().key, milestone())
    sync_table_map(store, sync(PROPOSALS, INVOICE, first=INVOICE, last=INVOICE))
    sync_table_map(store, sync(MILESTONES))
    assert described(work(store)) == [
        ("on-account", "usmf", CONTRACT, "0", "~", 1),
        ("proposal-lines", "usmf", INVOICE, INVOICE, INVOICE, 1),
    ]
    assert [row.columns["TransactionId"] for row in store.rows(Table.FINANCE_MILESTONES_STAGING)] == [MILESTONE]


def test_work_that_was_done_is_registered_again_and_pending_work_stays_one_row(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1))
    sync_table_map(store, sync(ACTUALS))
    sync_table_map(store, sync(ACTUALS, correlation=guid(99)))
    assert [each.correlation for each in work(store)] == [CORRELATION]
    store.write(Table.FINANCE_PENDING_WORK, "journal-lines", (Delete(work(store)[0].key.row),))
    sync_table_map(store, sync(ACTUALS))
    assert len(work(store)) == 1
