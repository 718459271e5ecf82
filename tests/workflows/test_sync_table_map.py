"""After a command, the rows that it names stand in the other system: once, mapped, whatever came beside it."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from domain.commands import SyncTableMap
from domain.errors import NotYet, OutcomeUnknown, ReasonCode, Refused
from domain.outcome import Action
from domain.pending_work import WorkKind
from domain.rows import Delete, Insert, RowKey
from domain.tables import Table
from domain.workflows.sync_table_map import sync_table_map
from functions.storage.memory import Call, MemoryRowStore
from tests.workflows.adatum import (
    ACTUALS,
    CONTRACT,
    EXPORT,
    INVOICE,
    LOOKUPS,
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
    project_invoice,
    put,
    put_actuals,
    put_many,
    put_references,
    staged,
    sync,
    work,
)


@pytest.fixture
def store(memory_store: MemoryRowStore) -> MemoryRowStore:
    put_references(memory_store)
    return memory_store


# -- what is true afterwards


def test_actuals_stand_in_staging_under_their_own_keys(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1), actual(2, quantity="2", amount="400.00"))
    outcome = sync_table_map(store, sync(ACTUALS))
    assert [row.key for row in store.rows(STAGING)] == [actual(1).backlog_key, actual(2).backlog_key]
    assert (staged(store)["TransactionType"], staged(store, 2)["Amount"]) == ("Sales", "400.00")
    assert (outcome.action, outcome.document, outcome.problems) == (Action.ROWS_SYNCED, CONTRACT, ())
    assert outcome.log_context() == {
        "action": "rows_synced",
        "document": CONTRACT,
        "map": ACTUALS,
        "version": "1.0.0.21",
        "rows": 2,
        "filtered_out": 0,
        "updated": 0,
        "left_behind": 0,
    }


def test_only_the_rows_of_the_range_cross(store: MemoryRowStore) -> None:
    put_actuals(store, *(actual(each) for each in range(1, 6)))
    first, last = actual(2).backlog_key.row, actual(4).backlog_key.row
    sync_table_map(store, sync(ACTUALS, first=first, last=last))
    assert [row.columns["ActualId"] for row in store.rows(STAGING)] == [actual(each).actual for each in (2, 3, 4)]


def test_g51_rows_with_skip_sync_never_stand_in_staging(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1, skip_sync=True), actual(2))
    outcome = sync_table_map(store, sync(ACTUALS))
    assert [row.columns["ActualId"] for row in store.rows(STAGING)] == [actual(2).actual]
    assert outcome.facts["filtered_out"] == 1


def test_nothing_that_passes_is_nothing_to_do(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1, skip_sync=True))
    assert sync_table_map(store, sync(ACTUALS)).action is Action.NOTHING_TO_DO
    assert work(store) == []


def test_a_posted_invoice_stands_in_dataverse(store: MemoryRowStore) -> None:
    put(store, Table.FINANCE_PROJECT_INVOICES, project_invoice().key, project_invoice())
    sync_table_map(store, sync(EXPORT, INVOICE, side="finance"))
    row = store.find(Table.DATAVERSE_CUSTOMER_INVOICES, RowKey(INVOICE, INVOICE))
    assert row is not None
    assert (row.columns["msdyn_invoicenumber"], row.columns["msdyn_projectinvoicestatus"]) == ("CIV-000001", 192350004)
    assert work(store) == []


# -- refusals


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (sync("msdyn_actuals"), ReasonCode.MAP_UNKNOWN, "the maps are project_invoice_proposal_v2, "),
        (sync(PROPOSALS, side="finance"), ReasonCode.PROPOSAL_ONE_WAY, "confirm or revise the proforma"),
        (sync(PROPOSALS, change="delete"), ReasonCode.PROPOSAL_ONE_WAY, "cannot be created or deleted in finance"),
        (sync(PROPOSALS, side="finance", change="delete"), ReasonCode.PROPOSAL_ONE_WAY, "V2 (invoices)"),
        (sync(RELATIONSHIPS, side="finance"), ReasonCode.MAP_ONE_WAY, "made in Dataverse"),
        (sync(MILESTONES, change="delete"), ReasonCode.MAP_ONE_WAY, "contract line in Dataverse"),
        (sync(ACTUALS, change="delete"), ReasonCode.MAP_ONE_WAY, "neither creates nor deletes"),
        (sync(ACTUALS, side="finance"), ReasonCode.MAP_ONE_WAY, "post the journal"),
        (sync(EXPORT), ReasonCode.MAP_ONE_WAY, "posted in finance"),
    ],
)
def test_what_a_map_does_not_do_is_refused_and_changes_nothing(
    store: MemoryRowStore, command: SyncTableMap, code: ReasonCode, words: str
) -> None:
    put_actuals(store, actual(1))
    before = content(store)
    with pytest.raises(Refused) as refused:
        sync_table_map(store, command)
    assert refused.value.problem.code is code
    assert words in refused.value.problem.sentence
    assert content(store) == before


# -- what is not there yet


def test_a_range_without_rows_is_tried_again(store: MemoryRowStore) -> None:
    with pytest.raises(NotYet) as missing:
        sync_table_map(store, sync(ACTUALS))
    assert (missing.value.problem.code, missing.value.problem.ids) == (ReasonCode.MAP_SOURCE_MISSING, (CONTRACT,))
    assert work(store) == []


def test_an_invoice_without_connections_is_done(store: MemoryRowStore) -> None:
    assert sync_table_map(store, sync(RELATIONSHIPS, INVOICE)).action is Action.NOTHING_TO_DO


def test_a_look_up_that_misses_names_its_rows_and_lets_the_others_cross(store: MemoryRowStore) -> None:
    elsewhere, nobody = guid(90), guid(91)
    put_actuals(
        store, actual(1), actual(2, project=elsewhere), actual(3, project=elsewhere), actual(4, resource=nobody)
    )
    with pytest.raises(NotYet) as missing:
        sync_table_map(store, sync(ACTUALS))
    problem = missing.value.problem
    assert problem.code is ReasonCode.MAP_LOOKUP_MISSING
    assert problem.ids == tuple(actual(each).actual for each in (2, 3, 4))
    assert f"Unable to look up DataverseProjects with value {elsewhere}" in problem.sentence
    assert f"2 rows, the first is {actual(2).actual}" in problem.sentence
    assert f"Unable to look up DataverseResources with value {nobody}" in problem.sentence
    assert [row.columns["ActualId"] for row in store.rows(STAGING)] == [actual(1).actual]
    assert [each.rows for each in work(store)] == [1]


def test_when_the_missing_row_is_there_the_rest_crosses_and_is_work_of_its_own(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1), actual(2, resource=guid(91)))
    with pytest.raises(NotYet):
        sync_table_map(store, sync(ACTUALS))
    store.write(Table.DATAVERSE_RESOURCES, guid(91), (Insert(guid(91), {"name": "Molly Clark"}),))
    assert sync_table_map(store, sync(ACTUALS)).problems == ()
    assert staged(store, 2)["BookableResourceName"] == "Molly Clark"
    assert [each.rows for each in work(store)] == [1, 2]


def test_a_wrong_value_stays_behind_as_a_problem(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1, transaction_type=192350004), actual(2))
    outcome = sync_table_map(store, sync(ACTUALS))
    assert [problem.code for problem in outcome.problems] == [ReasonCode.MAP_VALUE_UNKNOWN]
    assert outcome.problems[0].ids == (actual(1).actual,)
    assert (outcome.facts["rows"], outcome.facts["left_behind"]) == (1, 1)
    assert [row.columns["ActualId"] for row in store.rows(STAGING)] == [actual(2).actual]


def test_what_may_still_come_is_tried_again_although_something_else_stays_wrong(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1, resource=guid(91)), actual(2))
    change(store, Table.DATAVERSE_ACTUALS, actual(2).backlog_key, msdyn_transactiondate="")
    with pytest.raises(NotYet) as missing:
        sync_table_map(store, sync(ACTUALS))
    problem = missing.value.problem
    assert (problem.code, problem.ids) == (ReasonCode.MAP_LOOKUP_MISSING, (actual(1).actual, actual(2).actual))
    assert "DocumentDate is missing" in problem.sentence


def test_many_reasons_are_one_problem_of_bounded_size(store: MemoryRowStore) -> None:
    put_actuals(store, *(actual(each, project=guid(5000 + each)) for each in range(150)))
    with pytest.raises(NotYet) as missing:
        sync_table_map(store, sync(ACTUALS))
    assert missing.value.problem.sentence.endswith("and 140 more rows for other reasons")
    assert missing.value.problem.sentence.count("Unable to look up") == 10
    put_actuals(store, *(actual(each, project=guid(4000)) for each in range(1000, 1150)))
    with pytest.raises(NotYet) as missing:
        sync_table_map(store, sync(ACTUALS, first=actual(1000).backlog_key.row))
    assert len(missing.value.problem.ids) == 100
    assert "150 rows, the first is" in missing.value.problem.sentence


# -- once, whatever happens


def test_a_command_that_comes_twice_changes_nothing(store: MemoryRowStore) -> None:
    put_many(store, 250)
    sync_table_map(store, sync(ACTUALS))
    before = content(store)
    outcome = sync_table_map(store, sync(ACTUALS))
    assert content(store) == before
    assert (outcome.facts["rows"], outcome.facts["updated"]) == (250, 0)


def test_later_columns_of_a_staged_row_survive_a_second_arrival(store: MemoryRowStore) -> None:
    put_actuals(store, actual(1))
    sync_table_map(store, sync(ACTUALS))
    change(store, STAGING, actual(1).backlog_key, VoucherNumber="V-1", IsProcessed=True, ImportError="")
    before = content(store, STAGING)
    sync_table_map(store, sync(ACTUALS))
    assert content(store, STAGING) == before


def test_two_workers_at_once_leave_what_one_leaves(store: MemoryRowStore) -> None:
    put_many(store, 250)
    others: list[Action] = []
    after_writes(store, STAGING, lambda: others.append(sync_table_map(store, sync(ACTUALS)).action))
    assert [sync_table_map(store, sync(ACTUALS)).action, *others] == [Action.ROWS_SYNCED] * 2
    together = content(store)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: sync_table_map(store, sync(ACTUALS)).action, range(4)))
    assert done == [Action.ROWS_SYNCED] * 4
    assert content(store) == together
    assert len(store.rows(STAGING)) == 250


@pytest.mark.parametrize("step", range(1, 1 + 1 + LOOKUPS + 2 + 1))
def test_whatever_call_loses_its_answer_the_next_delivery_ends_the_same(store: MemoryRowStore, step: int) -> None:
    put_many(store, 150)
    calls: Iterator[int] = iter(range(1, 1000))

    def lose(_: Call) -> None:
        if next(calls) >= step:
            raise OutcomeUnknown("no answer")

    store.after_call = lose
    with pytest.raises(OutcomeUnknown):
        sync_table_map(store, sync(ACTUALS))
    store.after_call = lambda _: None
    sync_table_map(store, sync(ACTUALS))
    assert len(store.rows(STAGING)) == 150
    assert [(each.kind, each.rows) for each in work(store)] == [(WorkKind.JOURNAL_LINES, 150)]


def test_the_order_of_the_maps_does_not_matter(store: MemoryRowStore) -> None:
    put(store, Table.DATAVERSE_INVOICES, invoice().key, invoice())
    billed = actual(1, transaction_type=192350006, invoice=INVOICE)
    put(store, Table.DATAVERSE_ACTUALS, RowKey(INVOICE, "0001|billed"), billed)
    put(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, RowKey(INVOICE, "0001|link"), connection(1))
    finance = (STAGING, Table.FINANCE_INVOICE_PROPOSALS, Table.FINANCE_TRANSACTION_RELATIONSHIPS)
    ends = []
    for order in permutations((PROPOSALS, ACTUALS, RELATIONSHIPS)):
        for name in (*order, order[0]):
            sync_table_map(store, sync(name, INVOICE))
        ends.append(content(store, *finance, Table.FINANCE_PENDING_WORK))
        for table in (*finance, Table.FINANCE_PENDING_WORK):
            for row in store.rows(table):
                store.write(table, row.key.partition, (Delete(row.key.row),))
    assert len(ends[0]) == 4
    assert all(end == ends[0] for end in ends)


def test_shuffled_ranges_leave_the_same_staging(store: MemoryRowStore) -> None:
    put_many(store, 60)
    keys = [actual(each).backlog_key.row for each in range(60)]
    ranges = [sync(ACTUALS, first=keys[start], last=keys[min(start + 14, 59)]) for start in range(0, 60, 10)]
    random.Random(7).shuffle(ranges)
    for command in ranges * 2:
        sync_table_map(store, command)
    piecewise = content(store, STAGING)
    for row in store.rows(STAGING):
        store.write(STAGING, CONTRACT, (Delete(row.key.row),))
    sync_table_map(store, sync(ACTUALS))
    assert content(store, STAGING) == piecewise


# -- what it costs


@pytest.mark.parametrize("number", [1, 10, 100, 1000, 2500])
def test_the_cost_is_pages_and_look_ups_and_transactions(store: MemoryRowStore, number: int) -> None:
    put_many(store, number)
    store.calls.clear()
    sync_table_map(store, sync(ACTUALS))
    spent = Counter((call.method, call.table) for call in store.calls)
    assert spent.pop(("read_pages", Table.DATAVERSE_ACTUALS)) == -(-number // 1000)
    assert spent.pop(("write", STAGING)) == -(-number // 100)
    assert spent.pop(("write", Table.FINANCE_PENDING_WORK)) == 1
    assert {method for method, _ in spent} == {"find"}
    assert spent.total() == LOOKUPS


def test_transactions_are_full_although_the_filter_thins_the_pages(store: MemoryRowStore) -> None:
    for start in range(0, 2000, 100):
        rows = [actual(each, skip_sync=each % 3 == 0) for each in range(start, start + 100)]
        put_actuals(store, *rows)
    store.calls.clear()
    passed = sync_table_map(store, sync(ACTUALS)).facts["rows"]
    writes = [call for call in store.calls if call.table is STAGING]
    assert passed == 1333
    assert [call.rows for call in writes] == [100] * 13 + [33]
