"""The clients of the storage account, with every retry and timeout stated. Making one sends nothing."""

from types import MappingProxyType
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential, TokenCredential
from azure.core.pipeline.policies import (
    AzureSasCredentialPolicy,
    BearerTokenCredentialPolicy,
    DistributedTracingPolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    NetworkTraceLoggingPolicy,
    RequestIdPolicy,
    RetryPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.data.tables import TableServiceClient
from azure.storage.queue import ExponentialRetry, QueueServiceClient

from domain.ports import RowStore
from functions.settings import MANAGED_IDENTITY, StorageConnection
from functions.storage.lean_tables import LeanRowStore
from functions.storage.shared_key import DatePolicy, SharedKeyPolicy
from functions.storage.tables import AzureRowStore

# the clients' own defaults wait for minutes: ten retries of a table call, 15 seconds before the first of a queue's
RETRIES_MAX = 3
TABLES_BACKOFF_SECONDS = 0.2
TABLES_BACKOFF_SECONDS_MAX = 5
QUEUES_BACKOFF_SECONDS = 1
QUEUES_BACKOFF_BASE = 2
QUEUES_JITTER_SECONDS = 1
CONNECT_SECONDS_MAX = 10
READ_SECONDS_MAX = 60
_TABLES_RETRIES = MappingProxyType(
    {
        "retry_total": RETRIES_MAX,
        "retry_connect": RETRIES_MAX,
        "retry_read": RETRIES_MAX,
        "retry_status": RETRIES_MAX,
        "retry_backoff_factor": TABLES_BACKOFF_SECONDS,
        "retry_backoff_max": TABLES_BACKOFF_SECONDS_MAX,
    }
)
_STORAGE_SCOPE = "https://storage.azure.com/.default"
_USER_AGENT = "project-invoice-integration"


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
        **_TABLES_RETRIES,
        "retry_to_secondary": False,
    }
    if storage.connection_string:
        return TableServiceClient.from_connection_string(storage.connection_string, **options)
    return TableServiceClient(storage.table_service_uri, credential=credential_of(storage), **options)


def row_store(
    service: TableServiceClient, *, is_lean: bool, transport: HttpTransport[Any, Any] | None = None
) -> RowStore:
    """Make the store that the settings choose (`Settings.is_lean`). Arguments as `lean_store`."""
    return lean_store(service, transport=transport) if is_lean else AzureRowStore(service)


def lean_store(service: TableServiceClient, *, transport: HttpTransport[Any, Any] | None = None) -> LeanRowStore:
    """Make the lean store of the account that this client stands for, with the client's own credential.

    Args:
        service: has read the connection string or the addresses; it sends nothing itself.
        transport: what sends the requests; None makes a pool of connections.
    """
    account, _, signature = service.url.partition("?")
    credential = AzureSasCredential(signature) if signature else service.credential
    # one try is dated, signed and logged by itself, as azure-core orders its policies
    policies: list[Any] = [
        RequestIdPolicy(),
        HeadersPolicy({"x-ms-version": service.api_version, "DataServiceVersion": "3.0"}),
        UserAgentPolicy(user_agent=_USER_AGENT),
        RetryPolicy(**_TABLES_RETRIES),
        DatePolicy(),
        _credential_policy(credential),
        NetworkTraceLoggingPolicy(),
        DistributedTracingPolicy(),
        HttpLoggingPolicy(),
    ]
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
        account, transport=transport or _transport(), policies=policies
    )
    return LeanRowStore(client, account)


def _credential_policy(credential: object) -> Any:
    match credential:
        case AzureNamedKeyCredential():
            return SharedKeyPolicy(credential)
        case AzureSasCredential():
            return AzureSasCredentialPolicy(credential)
        case TokenCredential():
            return BearerTokenCredentialPolicy(credential, _STORAGE_SCOPE)
    raise TypeError(f"no policy signs with a {type(credential).__name__}")


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
    # a fifth of the app's start-up time, and needed by nobody who has a connection string
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential  # noqa: PLC0415

    client_id = storage.client_id or None
    if storage.credential == MANAGED_IDENTITY:
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(managed_identity_client_id=client_id)


def _transport() -> RequestsTransport:
    return RequestsTransport(connection_timeout=CONNECT_SECONDS_MAX, read_timeout=READ_SECONDS_MAX)
