"""Messages: what is sent is read, and what a stranger sends is refused with the field and the way out."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commands import COMMANDS, Command, ConfirmInvoice, PostJournal, SyncTableMap, WriteBackPosting
from domain.errors import BadMessage, ReasonCode
from functions.messages import decode, encode, schema_of

ID = "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01"
WISH: dict[str, object] = {"command": ID, "correlation": ID, "requested_at": datetime(2026, 8, 27, 12, tzinfo=UTC)}
FIELDS: tuple[dict[str, object], ...] = (
    {"contract": ID, "cut_off": date(2026, 8, 31)},
    {"invoice": ID, "confirmed_on": date(2026, 8, 27)},
    {"invoice": ID, "details": (ID,), "add_to": ID},
    {"map": "actuals", "partition": "日本 'x'", "first": "2026|a", "last": "2026|b", "side": "finance"},
    {"proposal": ID},
    {"journal": ID},
    {"proposal": ID, "invoice_date": date(2026, 8, 27)},
    {"posted": "journal", "posted_document": ID},
)
EXAMPLES: dict[str, Command] = {
    kind.name: kind.model_validate(WISH | fields) for kind, fields in zip(COMMANDS, FIELDS, strict=True)
}
GOOD: dict[str, object] = json.loads(encode(EXAMPLES["confirm-invoice"]))
few_examples = settings(max_examples=200, derandomize=True, deadline=None, database=None)


def refusal(body: bytes | str, *expected: type[Command]) -> tuple[ReasonCode, str]:
    with pytest.raises(BadMessage) as caught:
        decode(body, *expected)
    problem = caught.value.problem
    assert problem.sentence.endswith("; correct the sender and send the message again")
    assert len(problem.sentence) < 1000
    return problem.code, problem.sentence


def changed(**fields: object) -> str:
    return json.dumps(GOOD | fields)


@pytest.mark.parametrize("command", EXAMPLES.values(), ids=EXAMPLES)
def test_what_is_encoded_is_decoded(command: Command) -> None:
    body = encode(command)
    assert body.startswith(f'{{"schema":"{command.name}/1","command":"{ID}"')
    for form in (body, body.encode()):
        assert decode(form) == command
        assert decode(form, type(command)) == command


def test_the_form_of_a_message_is_pinned() -> None:
    # other programs write these: a change here is a new version of the schema
    assert encode(EXAMPLES["confirm-invoice"]) == (
        f'{{"schema":"confirm-invoice/1","command":"{ID}","correlation":"{ID}","requested_at":"2026-08-27T12:00:00Z",'
        f'"invoice":"{ID}","confirmed_on":"2026-08-27"}}'
    )


def test_ids_and_instants_come_in_one_form() -> None:
    body = changed(invoice=ID.upper(), requested_at="2026-08-27T14:00:00.75+02:00")
    assert decode(body) == EXAMPLES["confirm-invoice"]


RESERVED = ("id", "dequeueCount", "popReceipt", "insertionTime", "expirationTime", "nextVisibleTime", "queueTrigger")


@pytest.mark.parametrize("kind", COMMANDS, ids=schema_of)
def test_no_field_has_a_name_that_the_host_lays_over_the_message(kind: type[Command]) -> None:
    names = {"schema", *kind.model_fields, *(field.alias for field in kind.model_fields.values() if field.alias)}
    assert {name.casefold() for name in names}.isdisjoint(name.casefold() for name in RESERVED)


def test_schemas_are_unique() -> None:
    assert len({schema_of(kind) for kind in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"invoice": "I-1"}, '/invoice must be a GUID, not "I-1"'),
        ({"invoice": 5}, "/invoice must be a valid string, not 5"),
        ({"invoice": None}, "/invoice must be a valid string, not null"),
        ({"confirmed_on": 20000}, "/confirmed_on must be a valid date, not 20000"),
        ({"confirmed_on": "27.08.2026"}, "/confirmed_on must be a valid date in the format YYYY-MM-DD"),
        ({"confirmed_on": "2026-02-30"}, "/confirmed_on must be a valid date in the format YYYY-MM-DD"),
        ({"confirmed_on": "2026-08-27T00:00:00Z"}, "/confirmed_on must be a valid date in the format YYYY-MM-DD"),
        ({"requested_at": "2026-08-27T12:00:00"}, "/requested_at must be an instant with a time zone"),
        ({"requested_at": 1787832000}, "/requested_at must be a valid datetime, not 1787832000"),
        (
            {"requested_at": "9999-12-31T23:59:59-01:00"},
            "/requested_at must be an instant between the years 1 and 9999",
        ),
        ({"amount": "5.00"}, "/amount is not a field of confirm-invoice/1"),
        ({"a/b~c": 1}, "/a~1b~0c is not a field of confirm-invoice/1"),
        ({"invoice": "x", "more": 1}, '/invoice must be a GUID, not "x"; /more is not a field of confirm-invoice/1'),
    ],
)
def test_a_wrong_field_is_named_with_what_it_must_be(fields: dict[str, object], told: str) -> None:
    code, sentence = refusal(changed(**fields))
    assert code is ReasonCode.MESSAGE_FIELD_WRONG
    assert sentence.startswith(told)


def test_missing_fields_are_named() -> None:
    code, sentence = refusal('{"schema":"post-journal/1"}')
    assert code is ReasonCode.MESSAGE_FIELD_WRONG
    assert "/command is missing; /correlation is missing; /requested_at is missing; /journal is missing" in sentence


def test_a_key_that_the_storage_cannot_have_is_refused() -> None:
    fields = json.loads(encode(EXAMPLES["sync-table-map"]))
    for bad in ("a/b", "a\\b", "a#b", "a?b", "a\nb", "", "x" * 257):
        code, sentence = refusal(json.dumps(fields | {"first": bad}), SyncTableMap)
        assert code is ReasonCode.MESSAGE_FIELD_WRONG
        assert sentence.startswith("/first must ")


@pytest.mark.parametrize("schema", [None, 5, ["x"], "confirm-invoice", "confirm-invoice/2", "x" * 1000, ""])
def test_an_unknown_schema_is_refused_with_those_that_are_known(schema: object) -> None:
    code, sentence = refusal(changed(schema=schema), ConfirmInvoice, PostJournal)
    assert code is ReasonCode.MESSAGE_SCHEMA_UNKNOWN
    assert "and must be confirm-invoice/1 or post-journal/1" in sentence


def test_a_message_for_another_queue_is_refused() -> None:
    code, sentence = refusal(encode(EXAMPLES["confirm-invoice"]), WriteBackPosting)
    assert code is ReasonCode.MESSAGE_SCHEMA_UNKNOWN
    assert sentence.startswith('/schema is "confirm-invoice/1" and must be write-back-posting/1')


NOT_JSON = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"confirm-invoice/1"',
    "no end": b'{"schema":',
    "something behind": b"{} {}",
    "not UTF-8": b'{"schema":"\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"schema":1}'.encode("utf-16"),
    "half a character": '{"schema":"\ud800"}',
    "half an escaped character": b'{"schema":"\\ud800"}',
    "NaN": b'{"schema":NaN}',
    "Infinity": b'{"schema":-Infinity}',
    "a name twice": b'{"schema":"confirm-invoice/1","schema":"post-journal/1"}',
    "a name twice deep inside": b'{"schema":[{"a":1,"a":1}]}',
    "an endless integer": b'{"schema":' + b"9" * 5000 + b"}",
    "deep lists": b"[" * 40_000,
    "deep objects": b'{"a":' * 8_000,
    "deep and closed": b'{"schema":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "XML": b"<message/>",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_one_plain_json_object_is_refused(body: bytes | str) -> None:
    code, _ = refusal(body)
    assert code is ReasonCode.MESSAGE_NOT_JSON


def test_a_name_that_stands_twice_is_told() -> None:
    assert 'the name "invoice" stands twice' in refusal('{"invoice":1,"invoice":1}')[1]


@pytest.mark.parametrize("value", ["1e999999999", "-1E+400", "1e-999999999", "9" * 4000, "[" * 100 + "]" * 100])
def test_extreme_values_are_refused_as_fields(value: str) -> None:
    for field in ("invoice", "requested_at", "confirmed_on", "unknown"):
        body = json.dumps(GOOD | {field: "@"}).replace('"@"', value)
        assert refusal(body)[0] is ReasonCode.MESSAGE_FIELD_WRONG


@pytest.mark.parametrize("body", [b"x" * 10_000_000, "x" * 10_000_000, "é" * 30_000, b"[" * 10_000_000, b" " * 49_153])
def test_what_is_larger_than_a_queue_takes_is_refused_unread(body: bytes | str) -> None:
    code, sentence = refusal(body)
    assert code is ReasonCode.MESSAGE_TOO_LARGE
    assert "49,152 bytes" in sentence


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read_or_refuse(body: bytes | str) -> None:
    try:
        command = decode(body)
    except BadMessage as error:
        assert error.problem.sentence
        return
    assert decode(encode(command)) == command


@few_examples
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_are_a_command_or_refused(body: bytes | str) -> None:
    read_or_refuse(body)


@few_examples
@given(
    st.sampled_from(list(EXAMPLES.values())),
    st.dictionaries(st.sampled_from(["schema", *ConfirmInvoice.model_fields, "map", "first", "x"]), json_values),
)
def test_any_change_of_a_message_is_a_command_or_refused(command: Command, changes: dict[str, object]) -> None:
    read_or_refuse(json.dumps(json.loads(encode(command)) | changes))


@few_examples
@given(
    st.text(min_size=1, max_size=256),
    st.datetimes(timezones=st.timezones() | st.just(UTC)),
    st.dates(),
)
def test_any_command_that_can_be_made_is_read_again(text: str, instant: datetime, day: date) -> None:
    try:
        sync = SyncTableMap(
            command=ID, correlation=ID, requested_at=instant, map="m", partition=text, first=text, last=text
        )
        confirm = ConfirmInvoice(command=ID, correlation=ID, requested_at=instant, invoice=ID, confirmed_on=day)
    except ValueError:
        return
    assert decode(encode(sync)) == sync
    assert decode(encode(confirm)) == confirm
