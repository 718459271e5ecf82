"""The storage account of these tests: the product's own tables and queues, seen as a whole."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from domain.commands import COMMANDS
from domain.rows import StoredRow
from domain.tables import Table
from functions.messages import encode
from functions.settings import StorageConnection
from functions.storage.clients import queue_service, table_service
from functions.storage.ensure import POISON_SUFFIX, ensure_storage
from functions.storage.queues import AzureCommandSender
from functions.storage.tables import AzureRowStore
from tools.cli.browsing import AzureBrowser

QUEUES = tuple(command.name for command in COMMANDS)
POISON_QUEUES = tuple(f"{name}{POISON_SUFFIX}" for name in QUEUES)
# more than any table of the samples has
ROWS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """Tables and queues of one emulator."""

    connection_string: str
    tables: TableServiceClient
    queues: QueueServiceClient

    @classmethod
    @contextmanager
    def open(cls, connection_string: str) -> Iterator[Self]:
        connection = StorageConnection(connection_string, "", "", "", "")
        with table_service(connection) as tables, queue_service(connection) as queues:
            yield cls(connection_string, tables, queues)

    def ensure(self) -> None:
        """Make the tables and queues that are missing, as `invoicing init` does."""
        ensure_storage(self.tables, self.queues, QUEUES)

    def empty(self) -> None:
        """Begin anew: to make all tables again takes a third of a second, to start another emulator four times that."""
        mine = {table.value for table in Table}
        for name in [table.name for table in self.tables.list_tables() if table.name in mine]:
            self.tables.delete_table(name)
        for name in [queue.name for queue in self.queues.list_queues() if queue.name in QUEUES + POISON_QUEUES]:
            self.queues.delete_queue(name)
        self.ensure()

    @property
    def store(self) -> AzureRowStore:
        return AzureRowStore(self.tables)

    @property
    def sender(self) -> AzureCommandSender:
        return AzureCommandSender(self.queues, {name: name for name in QUEUES}, encode)

    def rows(self, table: Table) -> list[StoredRow]:
        """All rows of a table, in order of their keys."""
        return list(AzureBrowser(self.tables).rows(table, limit=ROWS_MAX))

    def queue(self, name: str) -> QueueClient:
        return self.queues.get_queue_client(name)

    def put(self, queue: str, body: bytes) -> None:
        """Send any bytes as a message; base64 around them, as host.json says."""
        self.send_text(queue, base64.b64encode(body).decode())

    def send_text(self, queue: str, text: str) -> None:
        """Send a message as it shall stand in its queue."""
        with self.queue(queue) as client:
            client.send_message(text)

    def waiting(self) -> dict[str, int]:
        """How many messages stand in each queue, poison or not, invisible ones too; queues without any are left out."""
        counts: dict[str, int] = {}
        for name in QUEUES + POISON_QUEUES:
            with self.queue(name) as client:
                counts[name] = client.get_queue_properties().approximate_message_count or 0
        return {name: count for name, count in counts.items() if count}
