"""The PoisonQueues over Azure Queue Storage, with the official synchronous client."""

from collections.abc import Mapping, Sequence

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from domain.ports import PoisonMessage
from functions.storage.answers import translated_queue
from functions.storage.ensure import POISON_SUFFIX

# the most that the storage gives at once
MESSAGES_MAX = 32
# longer than recording them takes, shorter than anybody waits
HIDDEN_SECONDS = 300
_TAKEN_BY_ANOTHER = "PopReceiptMismatch"


class AzurePoisonQueues:
    """A PoisonQueues over one storage account, safe for threads; make one for the process."""

    def __init__(self, service: QueueServiceClient, queues: Mapping[str, str]) -> None:
        """Use this service client; `queues` names the queue of each kind of command."""
        # no decoding: what stands in the way of it is what is looked for
        self._queues = {kind: service.get_queue_client(f"{name}{POISON_SUFFIX}") for kind, name in queues.items()}

    def receive(self, kind: str) -> Sequence[PoisonMessage]:
        """Take up to 32 visible messages; nobody else sees them for five minutes."""
        queue = self._queues[kind]
        with translated_queue(f"queue {queue.queue_name}"):
            pages = queue.receive_messages(messages_per_page=MESSAGES_MAX, visibility_timeout=HIDDEN_SECONDS).by_page()
            page = list(next(pages, ()))
        return [PoisonMessage(str(each.content), str(each.id), str(each.pop_receipt)) for each in page]

    def delete(self, kind: str, message: PoisonMessage) -> None:
        """Delete a message that was taken; one that is gone or taken by another is left alone."""
        queue = self._queues[kind]
        with translated_queue(f"queue {queue.queue_name}"):
            try:
                queue.delete_message(message.id, message.receipt)
            except ResourceNotFoundError as error:
                if _code(error) != "MessageNotFound":
                    raise
            except HttpResponseError as error:
                if _code(error) != _TAKEN_BY_ANOTHER:
                    raise


def _code(error: HttpResponseError) -> str:
    # the client puts the service's own code on the error, which its type does not say
    code = getattr(error, "error_code", "")
    return str(getattr(code, "value", code))
