"""Between the body of a queue message and a command: one JSON object, versioned, strict.

`{"schema": "confirm-invoice/1", "command": ..., "correlation": ..., "requested_at": ..., ...}`. A body that does not
fit is refused with a problem that names the field and says what it must be; nothing that a sender writes can do worse.
"""

import json
from collections.abc import Iterable
from typing import overload

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from domain.commands import COMMANDS, Command
from domain.errors import BadMessage, Problem, ReasonCode
from domain.limits import MESSAGE_BYTES_MAX

SCHEMA = "schema"
# fields that are named in one problem; more would not help
_FIELDS_TOLD_MAX = 5
_QUOTED_LENGTH_MAX = 60
# how the pattern of an id ends, which nobody wants to read in a sentence
_GUID_PATTERN = "{12}$"
_WAY_OUT = "correct the sender and send the message again"


def schema_of(kind: type[Command]) -> str:
    """Name the schema of a command, as `confirm-invoice/1`."""
    return f"{kind.name}/{kind.version}"


def encode(command: Command) -> str:
    """Write a command as the body of a message, before base64."""
    fields = {SCHEMA: schema_of(type(command)), **command.model_dump(mode="json", exclude_none=True)}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


@overload
def decode(body: bytes | str) -> Command: ...
@overload
def decode[C: Command](body: bytes | str, *expected: type[C]) -> C: ...
def decode(body: bytes | str, *expected: type[Command]) -> Command:
    """Read the body of a message, after base64, as a command.

    Args:
        body: at most 49,152 bytes of UTF-8.
        expected: the kinds of command that the queue takes; none takes every kind.

    Raises:
        BadMessage: in order of precedence: message_too_large; message_not_json when it is not one JSON object without
            double names and with finite numbers; message_schema_unknown; message_field_wrong, which names the fields.
    """
    fields = _object_from(_bounded(body))
    kind = _kind_of(fields.pop(SCHEMA, None), expected or COMMANDS)
    try:
        # by way of text, because strictness differs: only from JSON may a date be written as text
        return kind.model_validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise _bad(ReasonCode.MESSAGE_FIELD_WRONG, _sentence(kind, details)) from error


def _bounded(body: bytes | str) -> bytes:
    # the length first, so that a huge text is not copied
    if len(body) <= MESSAGE_BYTES_MAX:
        try:
            content = body.encode() if isinstance(body, str) else body
        except UnicodeEncodeError as error:
            raise _bad(ReasonCode.MESSAGE_NOT_JSON, f"the message is not UTF-8: {error.reason}") from error
        if len(content) <= MESSAGE_BYTES_MAX:
            return content
    finding = f"the message has more than {MESSAGE_BYTES_MAX:,} bytes; it carries keys, never rows"
    raise _bad(ReasonCode.MESSAGE_TOO_LARGE, finding)


def _object_from(content: bytes) -> dict[str, object]:
    try:
        # refuses what the standard library takes or chokes on: NaN, deep nesting, lone surrogates, endless numbers
        from_json(content, allow_inf_nan=False)
        fields = json.loads(content, object_pairs_hook=_without_double_names)
    except ValueError as error:
        raise _bad(ReasonCode.MESSAGE_NOT_JSON, f"the message is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise _bad(ReasonCode.MESSAGE_NOT_JSON, "the message is JSON, but not one object")
    return fields


def _without_double_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in fields if names.count(name) > 1)
        raise ValueError(f"the name {_quoted(double)} stands twice in one object")
    return fields


def _kind_of(schema: object, expected: Iterable[type[Command]]) -> type[Command]:
    kinds = {schema_of(kind): kind for kind in expected}
    if isinstance(schema, str) and schema in kinds:
        return kinds[schema]
    stands = "is missing" if schema is None else f"is {_quoted(schema)}"
    raise _bad(ReasonCode.MESSAGE_SCHEMA_UNKNOWN, f"/{SCHEMA} {stands} and must be {' or '.join(kinds)}")


def _sentence(kind: type[Command], details: list[ErrorDetails]) -> str:
    told = [_told(kind, detail) for detail in details[:_FIELDS_TOLD_MAX]]
    if len(details) > len(told):
        told.append(f"and {len(details) - len(told)} more fields are wrong")
    return "; ".join(told)


def _told(kind: type[Command], detail: ErrorDetails) -> str:
    pointer = "".join(f"/{_pointer_part(part)}" for part in detail["loc"]) or "the message"
    match detail["type"]:
        case "missing":
            return f"{pointer} is missing"
        case "extra_forbidden":
            return f"{pointer} is not a field of {schema_of(kind)}"
        case _:
            return f"{pointer} {_rule(detail['msg'])}, not {_quoted(detail['input'])}"


def _rule(message: str) -> str:
    if _GUID_PATTERN in message:
        return "must be a GUID"
    # "Input should be ...", "String should match ..." and "Value error, must be ..." all say what it must be
    _, _, rule = message.partition("should ")
    return f"must {rule}" if rule else message.removeprefix("Value error, ")


def _pointer_part(part: object) -> str:
    return str(part)[:_QUOTED_LENGTH_MAX].replace("~", "~0").replace("/", "~1")


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _QUOTED_LENGTH_MAX else f"{text[:_QUOTED_LENGTH_MAX]}..."


def _bad(code: ReasonCode, finding: str) -> BadMessage:
    return BadMessage(Problem(code, f"{finding}; {_WAY_OUT}"))
