"""Queue outputs of a function: sent after the function succeeded and before its message is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from azure.core.exceptions import AzureError

from tools.devhost.functions import QueueOutput
from tools.devhost.host_json import QueueOptions
from tools.devhost.queue_bodies import encode_body
from tools.devhost.queue_clients import client_of, send_creating
from tools.devhost.worker import Result, one_line
from tools.devhost.worker_messages import TypedData


def send_outputs(
    result: Result, outputs: Sequence[QueueOutput], options: QueueOptions, written: Callable[[str], None]
) -> Result:
    """Send what the function put out and return its result; an output that cannot be sent makes the call a failure.

    Args:
        result: of the function; nothing is sent after a failure.
        outputs: the function's queue outputs.
        options: says how bodies are encoded.
        written: told the name of each queue that got a message.
    """
    try:
        for output in outputs:
            if output.name in result.outputs and result.error is None:
                queue = client_of(output.connection, output.queue)
                for body in bodies_of(result.outputs[output.name]):
                    send_creating(queue, encode_body(body, options.message_encoding))
                written(output.queue)
    except AzureError as error:
        return Result(one_line(f"output binding: {type(error).__name__}: {error}"), "", {})
    return result


def bodies_of(value: TypedData) -> Iterator[bytes]:
    """Return the messages that one output value stands for: a text, bytes, or a JSON list of texts and messages."""
    kind, content = next(iter(vars(value).items()))
    if kind != "json":
        yield content if isinstance(content, bytes) else str(content).encode()
        return
    document = json.loads(content)
    for item in document if isinstance(document, list) else [document]:
        yield (item if isinstance(item, str) else str(item["body"])).encode()
