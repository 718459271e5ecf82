"""The clients of the storage account, with every retry and timeout stated. Making one sends nothing."""

from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.queue import ExponentialRetry, QueueServiceClient

from functions.settings import MANAGED_IDENTITY, StorageConnection

# the clients' own defaults wait for minutes: ten retries of a table call, 15 seconds before the first of a queue's
RETRIES_MAX = 3
TABLES_BACKOFF_SECONDS = 0.2
TABLES_BACKOFF_SECONDS_MAX = 5
QUEUES_BACKOFF_SECONDS = 1
QUEUES_BACKOFF_BASE = 2
QUEUES_JITTER_SECONDS = 1
CONNECT_SECONDS_MAX = 10
READ_SECONDS_MAX = 60


def table_service(
    storage: StorageConnection, *, transport: HttpTransport[Any, Any] | None = None
) -> TableServiceClient:
    """Make the client of the account's tables; one for the process, safe for threads.

    Args:
        storage: the connection string, or the addresses and the identity.
        transport: what sends the requests; None makes the client's own.
    """
    options: dict[str, Any] = {
        "transport": transport or _transport(),
        "retry_total": RETRIES_MAX,
        "retry_connect": RETRIES_MAX,
        "retry_read": RETRIES_MAX,
        "retry_status": RETRIES_MAX,
        "retry_backoff_factor": TABLES_BACKOFF_SECONDS,
        "retry_backoff_max": TABLES_BACKOFF_SECONDS_MAX,
        "retry_to_secondary": False,
    }
    if storage.connection_string:
        return TableServiceClient.from_connection_string(storage.connection_string, **options)
    return TableServiceClient(storage.table_service_uri, credential=credential_of(storage), **options)


def queue_service(
    storage: StorageConnection, *, transport: HttpTransport[Any, Any] | None = None
) -> QueueServiceClient:
    """Make the client of the account's queues; one for the process, safe for threads. Arguments as above."""
    retry = ExponentialRetry(
        initial_backoff=QUEUES_BACKOFF_SECONDS,
        increment_base=QUEUES_BACKOFF_BASE,
        retry_total=RETRIES_MAX,
        retry_to_secondary=False,
        random_jitter_range=QUEUES_JITTER_SECONDS,
    )
    sender = transport or _transport()
    if storage.connection_string:
        return QueueServiceClient.from_connection_string(
            storage.connection_string, transport=sender, retry_policy=retry
        )
    return QueueServiceClient(
        storage.queue_service_uri, credential=credential_of(storage), transport=sender, retry_policy=retry
    )


def credential_of(storage: StorageConnection) -> TokenCredential:
    """Choose the credential: the function's managed identity, or whatever the developer is signed in with."""
    client_id = storage.client_id or None
    if storage.credential == MANAGED_IDENTITY:
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(managed_identity_client_id=client_id)


def _transport() -> RequestsTransport:
    return RequestsTransport(connection_timeout=CONNECT_SECONDS_MAX, read_timeout=READ_SECONDS_MAX)
