"""The clients are made from the settings without a network, with the retries that the settings page promises."""

from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.queue import QueueServiceClient

from domain.commands import COMMANDS
from domain.tables import Table
from functions.settings import StorageConnection
from functions.storage.clients import credential_of, queue_service, table_service
from functions.storage.ensure import ensure_storage

EMULATED = StorageConnection("UseDevelopmentStorage=true", "", "", "", "")
IDENTITY = StorageConnection(
    "",
    "https://invoicing.table.core.windows.net",
    "https://invoicing.queue.core.windows.net",
    "managedidentity",
    "an-id",
)
DEVELOPER = StorageConnection("", IDENTITY.table_service_uri, IDENTITY.queue_service_uri, "", "")


def test_a_connection_string_needs_no_credential() -> None:
    with table_service(EMULATED) as tables, queue_service(EMULATED) as queues:
        assert tables.url.startswith("http://127.0.0.1:10002/devstoreaccount1")
        assert queues.url.startswith("http://127.0.0.1:10001/devstoreaccount1")


def test_a_managed_identity_is_used_when_it_is_named() -> None:
    assert isinstance(credential_of(IDENTITY), ManagedIdentityCredential)
    with table_service(IDENTITY) as tables, queue_service(IDENTITY) as queues:
        assert tables.url.rstrip("/") == IDENTITY.table_service_uri
        assert queues.url.rstrip("/") == IDENTITY.queue_service_uri
        assert isinstance(tables.credential, ManagedIdentityCredential)
        assert isinstance(queues.credential, ManagedIdentityCredential)


def test_otherwise_the_developers_credential_is_used() -> None:
    assert isinstance(credential_of(DEVELOPER), DefaultAzureCredential)


@pytest.mark.parametrize("storage", [EMULATED, IDENTITY])
def test_retries_are_stated(storage: StorageConnection) -> None:
    with table_service(storage) as tables, queue_service(storage) as queues:
        policies: list[Any] = [policy for policy in tables._policies if hasattr(policy, "backoff_factor")]
        assert [(each.total_retries, each.backoff_factor, each.backoff_max) for each in policies] == [(3, 0.2, 5)]
        assert [each.retry_to_secondary for each in policies] == [False]
        retry: Any = queues._config.retry_policy
        assert (retry.total_retries, retry.initial_backoff, retry.increment_base) == (3, 1, 2)
        assert retry.retry_to_secondary is False


def test_every_table_and_queue_is_made_once(tables: TableServiceClient, queues: QueueServiceClient) -> None:
    names = [command.name for command in COMMANDS]
    ensure_storage(tables, queues, names)
    ensure_storage(tables, queues, names)
    assert {table.value for table in Table} <= {table.name for table in tables.list_tables()}
    made = {queue.name for queue in queues.list_queues()}
    assert {*names, *(f"{name}-poison" for name in names)} <= made
