"""Make the tables and queues that are missing: for the local tools and tests. In Azure the templates make them."""

from collections.abc import Iterable

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from domain.tables import Table
from functions.storage.answers import translated, translated_queue

# the platform's own rule for the queue of messages that failed too often
POISON_SUFFIX = "-poison"


def ensure_storage(tables: TableServiceClient, queues: QueueServiceClient, queue_names: Iterable[str]) -> None:
    """Make every table of the product, and every named queue with its poison queue, where they are missing.

    Args:
        tables: the account's tables.
        queues: the account's queues.
        queue_names: the queues' names, as `Settings.queues` has them; poison queues are added.

    Repeating it: makes nothing, and costs two calls.
    """
    with translated("the account's tables"):
        standing = {table.name for table in tables.list_tables()}
    for table in Table:
        if table.value not in standing:
            _ensure_table(tables, table.value)
    with translated_queue("the account's queues"):
        waiting = {queue.name for queue in queues.list_queues()}
    for name in queue_names:
        for each in (name, f"{name}{POISON_SUFFIX}"):
            if each not in waiting:
                _ensure_queue(queues, each)


def _ensure_table(tables: TableServiceClient, name: str) -> None:
    with translated(f"table {name}"):
        tables.create_table_if_not_exists(name)


def _ensure_queue(queues: QueueServiceClient, name: str) -> None:
    with translated_queue(f"queue {name}"):
        try:
            queues.create_queue(name)
        except ResourceExistsError:
            # somebody else was faster
            return
