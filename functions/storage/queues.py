"""The CommandSender over Azure Queue Storage, with the official synchronous client."""

from collections.abc import Callable, Mapping, Sequence

from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from domain.commands import COMMANDS, Command
from domain.errors import BadSettings
from domain.limits import check_delay, check_message
from functions.storage.answers import translated_queue

# a message waits until somebody takes it: what cannot be processed becomes a dead letter, and nothing expires silently
_NEVER = -1


class AzureCommandSender:
    """A CommandSender over one storage account, safe for threads; make one for the process."""

    def __init__(
        self, service: QueueServiceClient, queues: Mapping[str, str], encode: Callable[[Command], str]
    ) -> None:
        """Use this service client for all queues; `functions.storage.clients` makes it.

        Args:
            service: the account.
            queues: queue stem (`confirm-invoice`) to the queue's name, for every kind of command.
            encode: makes the body of a message; the base64 around it, which host.json names too, is added here.

        Raises:
            BadSettings: a kind of command has no queue.
        """
        missing = [command.name for command in COMMANDS if command.name not in queues]
        if missing:
            raise BadSettings(f"no queue is named for {', '.join(missing)}")
        self._encode = encode
        self._queues = {
            stem: service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())
            for stem, name in queues.items()
        }

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        """Send each command as one message, visible after the delay.

        Raises:
            LimitExceeded: a body over 49,152 bytes, or a delay over seven days; then nothing was sent.
            StoreError: the queue does not exist.
            OutcomeUnknown: no clear answer; some may have been sent. Send all again, receivers do not care about twice.
        """
        check_delay(delay_seconds)
        bodies = [self._encode(command) for command in commands]
        for command, body in zip(commands, bodies, strict=True):
            check_message(command.name, command.document, body)
        for command, body in zip(commands, bodies, strict=True):
            queue = self._queues[command.name]
            with translated_queue(f"queue {queue.queue_name}"):
                queue.send_message(body, visibility_timeout=delay_seconds, time_to_live=_NEVER)
