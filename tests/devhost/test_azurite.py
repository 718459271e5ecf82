"""An Azurite of our own: found, started, never mistaken for another, never left behind."""

import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from tools.devhost.azurite import REPOSITORY, Azurite, AzuriteError, Ports, connection_string

OWNER = """
import os, sys
from tools.devhost.azurite import Azurite
azurite = Azurite.start()
print(azurite.pid, flush=True)
sys.stdin.read()
"""


def has_ended(pid: int, seconds: float = 10.0) -> bool:
    """Wait for the end of a process that is not our child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(descriptor) as process:
        return bool(select.select([process], [], [], seconds)[0])


def test_all_three_services_answer_a_client(azurite: Azurite) -> None:
    connection = azurite.connection_string
    tables = TableServiceClient.from_connection_string(connection)
    tables.create_table("Seen")
    QueueServiceClient.from_connection_string(connection).create_queue("seen")
    BlobServiceClient.from_connection_string(connection).create_container("seen")
    assert "Seen" in {table.name for table in tables.list_tables()}
    assert azurite.is_running


def test_a_second_instance_has_ports_and_data_of_its_own(azurite: Azurite) -> None:
    QueueServiceClient.from_connection_string(azurite.connection_string).create_queue("only-in-the-first")
    with Azurite.start() as second:
        assert not set(second.ports) & set(azurite.ports)
        assert list(QueueServiceClient.from_connection_string(second.connection_string).list_queues()) == []
        pid, folder = second.pid, second.folder
        assert folder.is_dir()
    assert not second.is_running
    assert has_ended(pid)
    assert not folder.exists()
    second.stop()


def test_a_given_folder_keeps_its_data(tmp_path: Path) -> None:
    with Azurite.start(tmp_path / "data") as first:
        TableServiceClient.from_connection_string(first.connection_string).create_table("Kept")
    with Azurite.start(tmp_path / "data") as second:
        tables = TableServiceClient.from_connection_string(second.connection_string).list_tables()
        assert [table.name for table in tables] == ["Kept"]


def test_it_ends_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        owner.kill()
    assert has_ended(pid)


def test_a_taken_port_is_an_error_and_no_foreign_answer_is_believed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AzuriteError, match=f"ended at once .*: address already in use 127.0.0.1:{port}$"):
            Azurite.start(ports=Ports(queue=port))


def test_a_script_that_ends_is_told_with_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "azurite.js"
    script.write_text("console.log('no room'); process.exit(3);")
    monkeypatch.setenv("AZURITE", str(script))
    with pytest.raises(AzuriteError, match=r"ended at once \(exit code 3\): no room"):
        Azurite.start()


def test_a_missing_installation_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURITE", "/nowhere/azurite.js")
    with pytest.raises(AzuriteError, match=r"not installed \(looked for /nowhere/azurite.js\): run `npm ci`"):
        Azurite.start()


def test_a_missing_node_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AzuriteError, match="node is not on the PATH"):
        Azurite.start()


def test_the_connection_string_names_every_endpoint() -> None:
    parts = dict(part.split("=", 1) for part in connection_string(Ports(1, 2, 3)).split(";"))
    assert parts["TableEndpoint"] == "http://127.0.0.1:3/devstoreaccount1"
    assert set(parts) == {
        "DefaultEndpointsProtocol",
        "AccountName",
        "AccountKey",
        "BlobEndpoint",
        "QueueEndpoint",
        "TableEndpoint",
    }
