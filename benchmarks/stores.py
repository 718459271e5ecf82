"""The storages that a run can go over."""

from typing import Any

from azure.core.pipeline.transport import HttpTransport

from domain.ports import RowStore
from functions.settings import StorageConnection
from functions.storage.clients import row_store, table_service


def store_of(client: str, connection: StorageConnection, transport: HttpTransport[Any, Any] | None = None) -> RowStore:
    """Make a store: `sdk` is azure-data-tables, `lean` the own codec."""
    if client not in {"sdk", "lean"}:
        raise ValueError(f"no such client: {client}")
    return row_store(table_service(connection, transport=transport), is_lean=client == "lean", transport=transport)
