"""Empty the poison queues of what their own triggers can't read: recorded first, deleted then.

The host gives up on a message without calling us when its body is not base64, or when a name at its top level stands
in the way of the message's own facts (`dequeueCount` that is no number). The trigger of the poison queue fails on it in
the same way, so it would lie there until the storage deletes it after seven days.
"""

from collections.abc import Callable, Iterator

from domain.commands import COMMANDS, Command
from domain.outcome import Outcome
from domain.ports import PoisonMessage, PoisonQueues

# messages of one queue in one tick
MESSAGES_PER_TICK_MAX = 320

# keeps a message of a kind's poison queue as a dead letter
type Record = Callable[[type[Command], PoisonMessage], Outcome]


def sweep_poison_queues(queues: PoisonQueues, record: Record) -> Iterator[Outcome]:
    """Record and delete what can be seen in the poison queues.

    Args:
        queues: the poison queues.
        record: keeps one message; the same message twice is one letter.

    Yields:
        What became of each message.

    Repeating it: a message that was recorded and not deleted is seen again, found kept, and deleted. Whatever the
        trigger of the queue has in hand can't be seen meanwhile.
    Bounds: 320 messages of each queue; the rest waits for the next tick.
    """
    for kind in COMMANDS:
        taken = 0
        while taken < MESSAGES_PER_TICK_MAX and (messages := queues.receive(kind.name)):
            for message in messages:
                outcome = record(kind, message)
                queues.delete(kind.name, message)
                yield outcome
            taken += len(messages)
