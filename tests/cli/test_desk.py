"""The desk finds its storage, looks into whole tables as the one in memory does, and says what is missing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from typer.testing import CliRunner

from domain.rows import Insert, RowKey
from domain.tables import Table
from functions.setting_list import STORAGE
from functions.settings import StorageConnection
from functions.storage.clients import table_service
from functions.storage.memory import MemoryRowStore
from functions.storage.tables import AzureRowStore
from tools.cli.app import app
from tools.cli.browsing import AzureBrowser, Browser, MemoryBrowser
from tools.cli.desk import NoStorage, environment, open_desk
from tools.devhost.azurite import Azurite

EMULATOR = "UseDevelopmentStorage=true"
NOBODY_THERE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=bm9ib2R5;"
    "TableEndpoint=http://127.0.0.1:1/devstoreaccount1;QueueEndpoint=http://127.0.0.1:1/devstoreaccount1"
)


@pytest.fixture(scope="module")
def own_azurite() -> Iterator[Azurite]:
    """An emulator whose tables may be deleted: the one of the session is shared."""
    with Azurite.start() as emulator:
        yield emulator


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without settings, which neither the repository nor this machine has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tools.cli.desk.REPOSITORY", tmp_path)
    return tmp_path


def settings_file(folder: Path, text: str) -> None:
    (folder / "local.settings.json").write_text(text)


def test_the_file_names_the_storage(elsewhere: Path) -> None:
    settings_file(elsewhere, json.dumps({"Values": {STORAGE: EMULATOR}}))
    assert environment(None, {})[STORAGE] == EMULATOR


def test_the_environment_wins_over_the_file_and_the_option_over_both(elsewhere: Path) -> None:
    settings_file(elsewhere, json.dumps({"Values": {STORAGE: "file", "X": "1"}}))
    assert environment(None, {STORAGE: "environment"}) == {STORAGE: "environment", "X": "1"}
    assert environment("option", {STORAGE: "environment"})[STORAGE] == "option"


def test_an_identity_in_the_environment_replaces_the_connection_string_of_the_file(elsewhere: Path) -> None:
    settings_file(elsewhere, json.dumps({"Values": {STORAGE: "file"}}))
    found = environment(None, {f"{STORAGE}__tableServiceUri": "https://a"})
    assert found == {f"{STORAGE}__tableServiceUri": "https://a"}


def test_no_storage_at_all_is_wrong_usage(elsewhere: Path) -> None:
    with pytest.raises(NoStorage, match="no storage is named"):
        environment(None, {})
    result = CliRunner().invoke(app, ["show", "FinanceSetup"])
    assert (result.exit_code, "give --storage" in " ".join(result.output.split())) == (2, True)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Values": []}'])
def test_a_settings_file_that_is_none_is_said(text: str, elsewhere: Path) -> None:
    settings_file(elsewhere, text)
    with pytest.raises(NoStorage, match="is not a settings file"):
        environment(None, {})


def test_storage_that_gives_no_answer_is_said_in_one_sentence() -> None:
    result = CliRunner().invoke(app, ["--storage", NOBODY_THERE, "ready", "0a1b2c3d-0000-4000-8000-000000000001"])
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "no clear answer from the storage; is it running" in said


def test_missing_tables_are_made_by_init(own_azurite: Azurite) -> None:
    azurite = own_azurite
    with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        for name in (table.name for table in service.list_tables()):
            service.delete_table(name)
    storage = ("--storage", azurite.connection_string)
    missing = CliRunner().invoke(app, [*storage, "show", "FinanceSetup"])
    assert (missing.exit_code, "run `invoicing init`" in missing.output) == (1, True)
    made = CliRunner().invoke(app, [*storage, "init"])
    assert (made.exit_code, "Storage: http://127.0.0.1" in made.output) == (0, True)
    empty = CliRunner().invoke(app, [*storage, "show", "FinanceSetup"])
    assert "FinanceSetup has no rows yet." in empty.output
    nothing = CliRunner().invoke(app, [*storage, "reconcile"])
    assert (nothing.exit_code, "Nothing is confirmed or loaded" in nothing.output) == (0, True)


@pytest.fixture(params=["memory", "azurite"])
def browser(request: pytest.FixtureRequest, own_azurite: Azurite, memory_store: MemoryRowStore) -> Browser:
    """A browser over a table of four rows in two partitions."""
    store: MemoryRowStore | AzureRowStore = memory_store
    found: Browser = MemoryBrowser(memory_store)
    if request.param == "azurite":
        open_desk(own_azurite.connection_string).prepare()
        service = table_service(StorageConnection(own_azurite.connection_string, "", "", "", ""))
        store, found = AzureRowStore(service), AzureBrowser(service)
    if next(found.rows(Table.DATAVERSE_RESOURCES, limit=1), None) is None:
        for partition in ("p", "q"):
            rows = [Insert(f"{partition}{number}", {"name": f"it's {number}"}) for number in range(2)]
            store.write(Table.DATAVERSE_RESOURCES, partition, rows)
    return found


def test_both_browsers_show_the_same(browser: Browser) -> None:
    table = Table.DATAVERSE_RESOURCES
    assert list(browser.partitions(table)) == ["p", "q"]
    everything = [row.key for row in browser.rows(table, limit=10)]
    assert everything == [RowKey("p", "p0"), RowKey("p", "p1"), RowKey("q", "q0"), RowKey("q", "q1")]
    assert [row.key.row for row in browser.rows(table, partition="q", limit=10)] == ["q0", "q1"]
    assert [row.key.row for row in browser.rows(table, where=("name", "it's 1"), limit=10)] == ["p1", "q1"]
    assert [row.key.row for row in browser.rows(table, where=("RowKey", "q0"), limit=10)] == ["q0"]
    assert len(list(browser.rows(table, limit=3))) == 3
    (row,) = browser.rows(table, partition="p", where=("name", "it's 0"), limit=10)
    assert (dict(row.columns), row.changed_at is not None) == ({"name": "it's 0"}, True)
