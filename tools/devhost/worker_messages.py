"""Stand-ins for the messages between host and worker.

The worker library is written against an injected set of message classes (protobuf in Azure) and needs only their
attributes, so plain objects serve. One trap: `TypedData` must answer for its own kind alone, because the library probes
other attributes to find out what it holds.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """Any message: keyword arguments become attributes."""


class StatusResult(Message):
    """Whether a call went well, and the exception if not."""

    Failure = 0
    Success = 1


class BindingInfo(Message):
    """One binding of a function; the numbers are those of the Python library's own enumerations."""

    undefined = 0
    out = 1
    inout = 2


class TypedData(SimpleNamespace):
    """One value with its kind: `TypedData(string="…")`, `TypedData(bytes=b"…")`, `TypedData(json="…")`."""

    def WhichOneof(self, _group: str) -> str | None:
        """Return the kind of the value, as protobuf would."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """A named value on its way into or out of a function."""

    def WhichOneof(self, _group: str) -> str:
        """Return the way the value travels: always inside the message."""
        return "data"


def as_json(value: object) -> TypedData:
    """Return a value of kind json; dates and numbers travel like that."""
    return TypedData(json=json.dumps(value))


PROTOS = SimpleNamespace(
    BindingInfo=BindingInfo,
    FunctionLoadResponse=Message,
    FunctionMetadataResponse=Message,
    InvocationResponse=Message,
    ParameterBinding=ParameterBinding,
    RpcException=Message,
    RpcFunctionMetadata=Message,
    RpcRetryOptions=Message,
    StatusResult=StatusResult,
    TypedData=TypedData,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
)


def request(kind: str, **fields: Any) -> Message:
    """Return the envelope of one request to the worker."""
    return Message(
        request=Message(**{kind: Message(**fields)}),
        properties={"protos": PROTOS, "host": "127.0.0.1"},
    )
