"""Loading writes the good rows, names the bad ones, and sends what carries them to finance."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.backlog import BacklogEntry
from domain.commands import SyncTableMap
from domain.errors import OutcomeUnknown, ReasonCode
from domain.loading import Document, open_document
from domain.rows import Merge, RowKey
from domain.tables import Table
from domain.workflows.load_rows import FileReport, Load, load_rows
from functions.storage.memory import Call, MemoryQueues, MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock

NOW = datetime(2026, 9, 1, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
CONTRACT = "0a1b2c3d-0000-4000-8000-000000000003"
CONTEXT = "https://fabrikam.crm.dynamics.com/api/data/v9.2/$metadata#"


class Loader:
    """A store, queues, and one load."""

    def __init__(self) -> None:
        clock = FrozenClock(NOW)
        self.store = MemoryRowStore(clock)
        self.queues = MemoryQueues(clock)
        self.load = Load(NOW)

    def run(self, document: Document) -> FileReport:
        return load_rows(self.store, self.queues, document, self.load)

    def rows(self, *rows: object, entity_set: str = "msdyn_actuals") -> FileReport:
        return self.run(answer(rows, entity_set))

    def syncs(self) -> list[SyncTableMap]:
        return [command for command in self.queues.sent if isinstance(command, SyncTableMap)]


@pytest.fixture
def loader() -> Loader:
    return Loader()


def answer(rows: Sequence[object], entity_set: str = "msdyn_actuals") -> Document:
    return open_document("a.json", json.dumps({"@odata.context": CONTEXT + entity_set, "value": rows}).encode())


def actual(number: int, **changes: object) -> Mapping[str, object]:
    guid = "0a1b2c3d-0000-4000-8000-00000000000"
    row = {
        "msdyn_actualid": f"0a1b2c3d-0000-4000-9000-{number:012d}",
        "msdyn_transactiontypecode": 192350005,
        "msdyn_transactionclassification": 192350000,
        "msdyn_quantity": 8,
        "msdyn_price": 200,
        "msdyn_amount": 1600,
        "msdyn_transactiondate": "2026-08-24",
        "_transactioncurrencyid_value": guid + "2",
        "_msdyn_salescontract_value": CONTRACT,
        "_msdyn_owningcompany_value": guid + "4",
    }
    return {**row, **changes}


def samples() -> list[Document]:
    files = sorted((SAMPLES / "dataverse").rglob("*.json"))
    return [open_document(file.name, file.read_bytes()) for file in files]


def test_the_samples_load_and_load_again(loader: Loader) -> None:
    first = [loader.run(document) for document in samples()]
    commands = loader.queues.sent.copy()
    again = [loader.run(document) for document in samples()]
    assert sum(report.inserted for report in first) == sum(report.rows for report in first) > 40
    assert [report.already for report in again] == [report.rows for report in first]
    assert [report.problems for report in (*first, *again) if report.bad] == []
    assert loader.queues.sent == commands * 2


def test_good_rows_load_beside_bad_ones(loader: Loader) -> None:
    report = loader.rows(actual(1), actual(2, msdyn_quantity="x"), 5, actual(3))
    assert (report.rows, report.inserted, report.bad) == (4, 2, 2)
    assert [(each.file, each.place, each.field) for each in report.problems] == [
        ("a.json", "[1]", "msdyn_quantity"),
        ("a.json", "[2]", ""),
    ]


def test_a_row_that_stands_with_other_content_is_named_and_left(loader: Loader) -> None:
    loader.rows(actual(1))
    report = loader.rows(actual(1, msdyn_amount=1), actual(2))
    assert (report.inserted, report.bad) == (1, 1)
    assert report.problems[0].problem.code == ReasonCode.ROW_DIFFERS
    assert loader.store.rows(Table.DATAVERSE_ACTUALS)[0].columns["msdyn_amount"] == "1600"


def test_a_row_twice_in_a_file_must_say_the_same(loader: Loader) -> None:
    report = loader.rows(actual(1), actual(1), actual(1, msdyn_amount=1))
    assert (report.inserted, report.already, report.bad) == (1, 1, 1)
    assert "twice with different content" in report.problems[0].problem.sentence


def test_a_set_up_row_is_brought_up_to_date(loader: Loader) -> None:
    account = {"accountid": CONTRACT, "accountnumber": "US-1", "name": "Old"}
    loader.rows(account, entity_set="accounts")
    report = loader.rows({**account, "name": "New"}, entity_set="accounts")
    assert report.updated == 1
    assert loader.store.rows(Table.DATAVERSE_ACCOUNTS)[0].columns["name"] == "New"


def test_a_ready_item_is_on_the_backlog_before_it_stands(loader: Loader) -> None:
    loader.rows(actual(1, msdyn_billingstatus=192350004), actual(2))
    written = [call.table for call in loader.store.calls if call.method == "write"]
    assert written == [
        Table.DATAVERSE_BILLING_BACKLOG,
        Table.DATAVERSE_ACTUALS,
        # what is open stands before its message goes out
        Table.INVOICING_OPEN_DOCUMENTS,
    ]
    (entry,) = loader.store.rows(Table.DATAVERSE_BILLING_BACKLOG)
    assert BacklogEntry.from_columns(entry.columns).item == actual(1)["msdyn_actualid"]
    assert loader.store.find(Table.DATAVERSE_ACTUALS, entry.key) is not None


def test_a_ready_milestone_is_on_the_backlog(loader: Loader) -> None:
    for document in samples():
        loader.run(document)
    (entry,) = loader.store.rows(Table.DATAVERSE_BILLING_BACKLOG)
    assert loader.store.find(Table.DATAVERSE_MILESTONES, entry.key) is not None


def test_an_item_that_was_invoiced_does_not_come_back_to_the_backlog(loader: Loader) -> None:
    loader.rows(actual(1, msdyn_billingstatus=192350004))
    (entry,) = loader.store.rows(Table.DATAVERSE_BILLING_BACKLOG)
    key = entry.key
    loader.store.write(Table.DATAVERSE_ACTUALS, key.partition, [Merge(key.row, {"msdyn_billingstatus": 192350002})])
    report = loader.rows(actual(1, msdyn_billingstatus=192350004))
    assert report.already == 1
    assert sum(call.table is Table.DATAVERSE_BILLING_BACKLOG for call in loader.store.calls) == 1


def test_rows_are_carried_to_finance_in_ranges(loader: Loader) -> None:
    loader.load = Load(NOW, sync_rows_max=2)
    report = loader.rows(*(actual(number) for number in (3, 1, 2, 5, 4)))
    rows = sorted(row.key.row for row in loader.store.rows(Table.DATAVERSE_ACTUALS))
    assert report.commands == 3
    assert [(each.first, each.last) for each in loader.syncs()] == [
        (rows[0], rows[1]),
        (rows[2], rows[3]),
        (rows[4], rows[4]),
    ]
    assert {(each.map, each.partition) for each in loader.syncs()} == {
        ("project_operations_integration_actuals", CONTRACT)
    }


def test_reference_rows_stay_where_they_are(loader: Loader) -> None:
    loader.rows({"accountid": CONTRACT, "accountnumber": "US-1", "name": "x"}, entity_set="accounts")
    assert loader.queues.sent == []


def test_rows_go_in_few_calls(loader: Loader) -> None:
    loader.rows(*(actual(number) for number in range(1_000)))
    methods = [call.method for call in loader.store.calls]
    # ten transactions of rows, and the range that is open now
    assert (methods.count("read_pages"), methods.count("write")) == (1, 11)


def test_a_load_that_died_is_finished_by_the_next(loader: Loader) -> None:
    def die(call: Call) -> None:
        if call.method == "write" and call.table is Table.DATAVERSE_ACTUALS:
            raise OutcomeUnknown("the storage is gone")

    loader.store.before_call = die
    ready = actual(1, msdyn_billingstatus=192350004)
    with pytest.raises(OutcomeUnknown):
        loader.rows(ready)
    loader.store.before_call = lambda call: None
    report = loader.rows(ready)
    assert (report.inserted, len(loader.store.rows(Table.DATAVERSE_BILLING_BACKLOG))) == (1, 1)


def test_a_row_that_somebody_writes_meanwhile_is_compared(loader: Loader) -> None:
    other = Loader()
    other.rows(actual(1, msdyn_amount=1))
    (row,) = other.store.rows(Table.DATAVERSE_ACTUALS)

    def come_first(call: Call) -> None:
        if call.method == "write":
            loader.store.before_call = lambda later: None
            loader.rows(actual(1, msdyn_amount=1))

    loader.store.before_call = come_first
    report = loader.rows(actual(1), actual(2))
    assert (report.inserted, report.bad) == (1, 1)
    assert report.problems[0].problem.code == ReasonCode.ROW_DIFFERS
    assert loader.store.find(Table.DATAVERSE_ACTUALS, RowKey(CONTRACT, row.key.row)) is not None


def test_progress_is_told_after_each_batch(loader: Loader) -> None:
    told: list[int] = []
    rows = [actual(number) for number in range(1_500)]
    load_rows(loader.store, loader.queues, answer(rows), loader.load, progress=told.append)
    assert told == [1_000, 1_500]


def test_more_bad_rows_than_anybody_reads_are_counted(loader: Loader) -> None:
    report = loader.rows(*([5] * 1_200))
    assert (report.bad, len(report.problems)) == (1_200, 1_000)


def test_discount_and_fee_are_turned_on_for_good(loader: Loader) -> None:
    formats = dict.fromkeys(("InvoiceNumberFormat", "InvoiceVoucherFormat", "JournalVoucherFormat"), "USMF-######")

    def parameters(**columns: object) -> FileReport:
        row = {"Kind": "ProjParameters", "AccountingCurrency": "USD", **formats, **columns}
        body = {"table": Table.FINANCE_SETUP.value, "company": "usmf", "rows": [row]}
        return loader.run(open_document("set-up.json", json.dumps(body).encode()))

    def stands() -> object:
        row = loader.store.find(Table.FINANCE_SETUP, RowKey("usmf", "ProjParameters"))
        return row.columns["DiscountAndFee"] if row else None

    assert parameters().bad == 0
    assert parameters(DiscountAndFee=True).updated == 1
    for off in (parameters(DiscountAndFee=False), parameters(LinesPerJournal=7)):
        assert [(each.field, each.problem.code) for each in off.problems] == [
            ("DiscountAndFee", ReasonCode.ROW_DIFFERS)
        ]
        assert off.updated == 0
    assert stands() is True
    assert parameters(DiscountAndFee=True, LinesPerJournal=7).updated == 1
