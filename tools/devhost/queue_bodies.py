"""What stands in a queue message, as the host reads it: encoding, poison names, and what the function is told."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from azure.storage.queue import QueueMessage

from tools.devhost.host_json import Encoding
from tools.devhost.worker_messages import TypedData, as_json

POISON_SUFFIX = "-poison"
QUEUE_NAME_LENGTH_MAX = 63


class UndecodableBody(ValueError):
    """The text in the queue is not valid base64, although host.json says that bodies are."""


def poison_queue_of(queue: str) -> str | None:
    """Return the name of the queue's poison queue.

    None when the queue is itself a poison queue or the name would be longer than 63 characters: such a queue has none,
    and a message that fails there stays invisible for the rest of its lease.
    """
    name = queue + POISON_SUFFIX
    return None if queue.endswith(POISON_SUFFIX) or len(name) > QUEUE_NAME_LENGTH_MAX else name


def decode_body(content: str, encoding: Encoding) -> bytes:
    """Return the body that the text in the queue stands for.

    Raises:
        UndecodableBody: it is not base64, and host.json does not say `none`.
    """
    if encoding == "none":
        return content.encode()
    try:
        # .NET's decoder skips white space and nothing else.
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UndecodableBody("the body is not valid base64") from error


def encode_body(body: bytes, encoding: Encoding) -> str:
    """Return the text that stands for the body in the queue; the inverse of `decode_body`."""
    return body.decode() if encoding == "none" else base64.b64encode(body).decode()


def trigger_value(body: bytes, *, binary: bool) -> TypedData:
    """Return the body as the function receives it: text, or bytes if it asked for them or they are no UTF-8."""
    if not binary:
        try:
            return TypedData(string=body.decode())
        except UnicodeDecodeError:
            pass
    return TypedData(bytes=body)


def trigger_metadata(message: QueueMessage, pop_receipt: str, body: bytes) -> dict[str, TypedData]:
    """Return what the function can ask of the message beside its body.

    A JSON object's own top-level keys then overwrite entries of the same name, whatever the case: a body with "id"
    changes `msg.id`. That is how the host behaves, so an app must not use those names; arrays and nulls are left out.
    """
    metadata = {
        "QueueTrigger": TypedData(string=body.decode(errors="replace")),
        "DequeueCount": as_json(message.dequeue_count),
        "ExpirationTime": as_json(_instant(message.expires_on)),
        "Id": TypedData(string=message.id),
        "InsertionTime": as_json(_instant(message.inserted_on)),
        "NextVisibleTime": as_json(_instant(message.next_visible_on)),
        "PopReceipt": TypedData(string=pop_receipt),
    }
    names = {name.lower(): name for name in metadata}
    for key, value in _json_object(body).items():
        if value is not None and not isinstance(value, list):
            text = isinstance(value, str)
            metadata[names.setdefault(key.lower(), key)] = TypedData(string=value) if text else as_json(value)
    return metadata


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _instant(value: datetime | str | None) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
