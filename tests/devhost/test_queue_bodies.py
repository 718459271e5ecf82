import base64
import json
from datetime import UTC, datetime

import pytest
from azure.storage.queue import QueueMessage

from tools.devhost.outputs import bodies_of
from tools.devhost.queue_bodies import (
    UndecodableBody,
    decode_body,
    encode_body,
    poison_queue_of,
    trigger_metadata,
    trigger_value,
)
from tools.devhost.worker_messages import TypedData

THEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def message() -> QueueMessage:
    made = QueueMessage(content="", id="m-1", dequeue_count=2)
    made.inserted_on = made.expires_on = made.next_visible_on = THEN
    return made


@pytest.mark.parametrize("body", [b"", b"plain", "Žluťoučký".encode(), bytes(range(256))])
def test_base64_there_and_back(body: bytes) -> None:
    assert decode_body(encode_body(body, "base64"), "base64") == body


def test_without_encoding_the_text_is_the_body() -> None:
    assert decode_body("no base64!", "none") == b"no base64!"
    assert encode_body(b"no base64!", "none") == "no base64!"


def test_white_space_within_base64_is_skipped() -> None:
    encoded = base64.b64encode(b"spread over lines").decode()
    assert decode_body(f" {encoded[:8]}\r\n{encoded[8:]}\t", "base64") == b"spread over lines"


@pytest.mark.parametrize("text", ['{"id": 1}', "abc", "abc=d===", "Zm9v-_=="])
def test_other_text_is_undecodable(text: str) -> None:
    with pytest.raises(UndecodableBody):
        decode_body(text, "base64")


@pytest.mark.parametrize(
    ("queue", "poison"),
    [
        ("post-journal", "post-journal-poison"),
        ("post-journal-poison", None),
        ("q" * 56, "q" * 56 + "-poison"),
        ("q" * 57, None),
    ],
)
def test_poison_names(queue: str, poison: str | None) -> None:
    assert poison_queue_of(queue) == poison


def test_the_function_is_told_all_about_the_message() -> None:
    metadata = trigger_metadata(message(), "receipt", b"hello")
    instant = json.dumps(THEN.isoformat())
    assert {name: next(iter(vars(value).items())) for name, value in metadata.items()} == {
        "QueueTrigger": ("string", "hello"),
        "DequeueCount": ("json", "2"),
        "ExpirationTime": ("json", instant),
        "Id": ("string", "m-1"),
        "InsertionTime": ("json", instant),
        "NextVisibleTime": ("json", instant),
        "PopReceipt": ("string", "receipt"),
    }


def test_keys_of_a_json_body_overwrite_what_the_host_knows_whatever_their_case() -> None:
    body = {"ID": "mine", "dequeuecount": 9, "PopReceipt": None, "queueTrigger": ["a"], "invoice": {"no": 1}}
    metadata = trigger_metadata(message(), "receipt", json.dumps(body).encode())
    assert metadata["Id"].string == "mine"
    assert metadata["DequeueCount"].json == "9"
    assert metadata["PopReceipt"].string == "receipt"
    assert metadata["QueueTrigger"].string == json.dumps(body)
    assert metadata["invoice"].json == '{"no": 1}'
    assert "ID" not in metadata


@pytest.mark.parametrize("body", [b'["id"]', b"7", b"\xff\xfe"])
def test_other_bodies_overwrite_nothing(body: bytes) -> None:
    assert trigger_metadata(message(), "receipt", body)["Id"].string == "m-1"


def test_a_body_is_text_unless_it_cannot_be_or_bytes_are_wanted() -> None:
    assert trigger_value(b"text", binary=False).WhichOneof("data") == "string"
    assert trigger_value(b"text", binary=True).WhichOneof("data") == "bytes"
    assert trigger_value(b"\xff", binary=False).WhichOneof("data") == "bytes"


@pytest.mark.parametrize(
    ("value", "bodies"),
    [
        (TypedData(string="one"), [b"one"]),
        (TypedData(bytes=b"\xff"), [b"\xff"]),
        (TypedData(json='["one", {"id": null, "body": "two"}]'), [b"one", b"two"]),
        (TypedData(json='{"id": null, "body": "one"}'), [b"one"]),
        (TypedData(json="[]"), []),
    ],
)
def test_an_output_is_one_message_or_several(value: TypedData, bodies: list[bytes]) -> None:
    assert list(bodies_of(value)) == bodies
