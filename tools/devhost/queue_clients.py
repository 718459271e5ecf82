"""Queue clients of the host: raw text in and out, and few quick retries.

The listeners have a back-off of their own, and the SDK's default would sleep for more than a minute inside one call.
"""

from __future__ import annotations

import contextlib
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import LinearRetry, QueueClient, QueueMessage, QueueServiceClient

from tools.devhost.errors import HostError


def client_of(connection: str, queue: str) -> QueueClient:
    """Return a client of one queue that neither encodes nor decodes: the host does that itself, to see bad bodies."""
    retry = LinearRetry(backoff=1, retry_total=2, random_jitter_range=0)
    return QueueClient.from_connection_string(connection, queue, retry_policy=retry)


def receive(queue: QueueClient, count: int, lease_seconds: float) -> list[QueueMessage]:
    """Take at most so many messages in one request; they are invisible to others for the length of the lease.

    Raises:
        AzureError: the queue is missing (`ResourceNotFoundError`) or storage did not answer.
    """
    pages: Any = queue.receive_messages(messages_per_page=count, visibility_timeout=int(lease_seconds)).by_page()
    return list(next(pages, []))


def content_of(message: QueueMessage) -> str:
    """Return the text of a message exactly as it stands in the queue."""
    return str(message.content)


def send_creating(queue: QueueClient, content: str) -> None:
    """Send a text as it is, and create the queue first if it is missing; for poison and output queues only.

    Raises:
        AzureError: storage did not take it.
    """
    try:
        queue.send_message(content)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):  # another thread was faster
            queue.create_queue()
        queue.send_message(content)


def check_answers(connection: str) -> None:
    """Ask the storage behind a connection for a sign of life.

    Raises:
        HostError: it does not answer, or not as a storage account does.
    """
    try:
        with QueueServiceClient.from_connection_string(connection, retry_total=0) as service:
            service.get_service_properties()
    except (AzureError, ValueError) as error:
        place = "the connection string" if isinstance(error, ValueError) else service.url
        raise HostError(
            f"storage does not answer ({place}): start Azurite, pass --azurite to have one started, or pass --storage"
        ) from error


def create_loudly(connection: str, queue: str) -> str:
    """Create a queue and return a sentence that says whether it was missing.

    Raises:
        AzureError: storage refused it.
    """
    try:
        client_of(connection, queue).create_queue()
    except ResourceExistsError:
        return f"queue {queue} exists"
    return f"queue {queue} created: in Azure, the deployment has to do that"
