"""The storages that a run can go over."""

from typing import Any

from azure.core.pipeline.transport import HttpTransport

from domain.ports import RowStore
from functions.settings import StorageConnection
from functions.storage.clients import table_service
from functions.storage.tables import AzureRowStore


def store_of(client: str, connection: StorageConnection, transport: HttpTransport[Any, Any] | None = None) -> RowStore:
    """Make a store: `sdk` is azure-data-tables, `lean` the own codec."""
    if client == "sdk":
        return AzureRowStore(table_service(connection, transport=transport))
    raise ValueError(f"no such client: {client}")
