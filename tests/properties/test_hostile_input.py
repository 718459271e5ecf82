"""Whatever a stranger sends, writes into a file or names a document: a clear refusal, and nothing worse."""

import json
import string
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commands import COMMANDS, Command
from domain.dead_letters import body_of, make_letter
from domain.errors import BadMessage, BadRow, LimitExceeded, Problem, ReasonCode, StoreError
from domain.limits import KEY_UNITS_MAX, MESSAGE_BYTES_MAX, check_columns, check_key
from domain.loading import open_document, open_lines
from domain.rows import Insert, RowKey
from domain.tables import Table
from domain.workflows.load_rows import Load, load_rows
from functions.messages import decode, encode
from functions.storage.memory import MemoryRowStore
from functions.storage.memory_queues import MemoryQueues
from functions.storage.multipart import failure_in
from functions.storage.odata import quoted, range_path, row_in, row_path, rows_in
from tests.fakes.frozen_clock import FrozenClock
from tests.line import START

ID = "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01"
GOOD = {
    "schema": "sync-table-map/1",
    "command": ID,
    "correlation": ID,
    "requested_at": "2026-08-27T12:00:00Z",
    "map": "project_operations_integration_actuals",
    "partition": ID,
    "first": "0",
    "last": "~",
}
ACTUALS = "https://fabrikam.crm.dynamics.com/api/data/v9.2/$metadata#msdyn_actuals"
# what breaks keys, addresses, filters, logs and parsers
ODD = (
    "/",
    "\\",
    "#",
    "?",
    "'",
    "''",
    "\x00",
    "\x1f",
    "\x7f",
    "\x85",
    "\ud800",
    "\U0001f600",
    "%2F",
    "\r\n",
    "\u202e",
    "",
)
# no key can have these
FORBIDDEN = frozenset("/\\#?") | frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000))))

HUNDRED_LEVELS = "[" * 100 + "]" * 100
# what an answer of the table service says of a row
ANSWERED = ("RowKey", "Timestamp", "odata.etag", "a", "a@odata.type")

hostile = settings(max_examples=300, derandomize=True, deadline=None, database=None)
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=300), st.text(alphabet=string.printable, max_size=60))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.just(10**400), st.just("9" * 400)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def _as_answer(fields: dict[str, object]) -> bytes:
    row = {"RowKey": "r", "Timestamp": "2026-08-27T12:00:00Z"} | fields
    return json.dumps(row).encode(errors="surrogatepass")


def _as_page(rows: list[object]) -> bytes:
    whole = [
        json.loads(_as_answer(row)) if isinstance(row, dict) and row.keys() <= set(ANSWERED) else row for row in rows
    ]
    return json.dumps({"value": whole}).encode(errors="surrogatepass")


def accepted(body: bytes | str) -> Command | None:
    """The command of a body; None when it is refused, which must be clear and short."""
    try:
        return decode(body)
    except BadMessage as error:
        assert error.problem.sentence.endswith("; correct the sender and send the message again")
        assert len(error.problem.sentence) < 2_000
        return None


def expect_harmless(command: Command) -> None:
    """What was accepted can be sent again, and what it names can stand in a key."""
    assert decode(encode(command)) == command
    check_key(Table.INVOICING_PROBLEMS, RowKey(command.document, f"{command.stage}|{command.document}"))


@hostile
@given(body=st.one_of(st.binary(max_size=2_000), st.text(max_size=2_000)))
def test_any_body_is_read_or_refused(body: bytes | str) -> None:
    if command := accepted(body):
        expect_harmless(command)


@hostile
@given(name=st.sampled_from([*GOOD, "tries", "letter", "replay", "reference", "id", "dequeueCount"]), value=values)
def test_any_value_of_any_field_is_read_or_refused(name: str, value: object) -> None:
    body = json.dumps(GOOD | {name: value})
    if command := accepted(body.encode(errors="surrogatepass")):
        expect_harmless(command)


@hostile
@given(fields=st.dictionaries(st.one_of(texts, st.sampled_from(list(GOOD))), values, max_size=8))
def test_any_object_is_read_or_refused(fields: dict[str, object]) -> None:
    assert accepted(json.dumps(fields).encode(errors="surrogatepass")) is None or fields.keys() >= GOOD.keys() - {"map"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"x" * 10_000_000, ReasonCode.MESSAGE_TOO_LARGE),
        ("\U0001f600" * 2_500_000, ReasonCode.MESSAGE_TOO_LARGE),
        (b"[" * 100 + b"]" * 100, ReasonCode.MESSAGE_NOT_JSON),
        (b'{"a":' * 100 + b"1" + b"}" * 100, ReasonCode.MESSAGE_SCHEMA_UNKNOWN),
        (b"[" * 20_000, ReasonCode.MESSAGE_NOT_JSON),
        (json.dumps(GOOD | {"map": "deep"}).replace('"deep"', HUNDRED_LEVELS).encode(), ReasonCode.MESSAGE_FIELD_WRONG),
        (json.dumps(GOOD | {"tries": 10**400}).encode(), ReasonCode.MESSAGE_FIELD_WRONG),
        (json.dumps(GOOD | {"tries": -1}).encode(), ReasonCode.MESSAGE_FIELD_WRONG),
        (json.dumps(GOOD | {"partition": "a\x00b"}).encode(), ReasonCode.MESSAGE_FIELD_WRONG),
        (json.dumps(GOOD | {"partition": "x" * 257}).encode(), ReasonCode.MESSAGE_FIELD_WRONG),
        (json.dumps(GOOD | {f"field{number}": 1 for number in range(2_000)}).encode(), ReasonCode.MESSAGE_FIELD_WRONG),
    ],
    ids=[
        "10 MB",
        "10 MB of emoji",
        "100 lists",
        "100 objects",
        "20,000 lists",
        "100 lists in a field",
        "10^400",
        "-1",
        "NUL",
        "long",
        "2,000 fields",
    ],
)
def test_what_is_out_of_all_bounds_is_refused_by_its_reason(body: bytes | str, code: ReasonCode) -> None:
    with pytest.raises(BadMessage) as caught:
        decode(body)
    assert caught.value.problem.code is code


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_an_odd_text_in_any_field_is_harmless_or_refused(kind: type[Command], odd: str) -> None:
    assert {"command", "correlation", "requested_at"} <= set(kind.model_fields)
    for name in kind.model_fields:
        body = json.dumps(GOOD | {"schema": f"{kind.name}/1", name: odd}).encode(errors="surrogatepass")
        if command := accepted(body):
            expect_harmless(command)


@hostile
@given(partition=texts, row=texts)
def test_a_key_is_good_or_refused_before_it_is_sent(partition: str, row: str) -> None:
    is_good = all(
        text and FORBIDDEN.isdisjoint(text) and len(text.encode("utf-16-le", "surrogatepass")) <= 2 * KEY_UNITS_MAX
        for text in (partition, row)
    )
    try:
        check_key(Table.DATAVERSE_ACTUALS, RowKey(partition, row))
    except LimitExceeded:
        assert not is_good
    else:
        assert is_good


@hostile
@given(partition=texts, row=texts, last=st.one_of(st.none(), texts))
def test_no_text_ends_its_literal_in_an_address_or_a_filter(partition: str, row: str, last: str | None) -> None:
    if any("\ud800" <= character <= "\udfff" for text in (partition, row, last or "") for character in text):
        # half of a surrogate pair is no key, and has no UTF-8
        return
    safe = frozenset(string.ascii_letters + string.digits + "%_.-~")
    for text in (partition, row, last or ""):
        literal = quoted(text)
        assert set(literal) <= safe
        assert literal.count("%27") % 2 == 0
    table = Table.DATAVERSE_ACTUALS
    assert row_path(table, partition, row).count("'") == 4
    path = range_path(table, partition, row, last, (), 1_000)
    assert set(path) <= safe | frozenset("()?$=&")
    assert (path.count("$"), path.count("&")) == (2, 1)


@hostile
@given(columns=st.dictionaries(texts, st.one_of(st.none(), st.booleans(), st.integers(), texts, st.just("x" * 40_000))))
def test_a_row_is_taken_or_refused_before_it_is_sent(columns: dict[str, str | int | bool | None]) -> None:
    store = MemoryRowStore(FrozenClock(START))
    try:
        store.write(Table.DATAVERSE_ACTUALS, "p", (Insert("r", columns),))
    except LimitExceeded as error:
        assert len(str(error)) < 2_000
        assert store.rows(Table.DATAVERSE_ACTUALS) == []
    else:
        assert check_columns(Table.DATAVERSE_ACTUALS, RowKey("p", "r"), columns) >= 0


def load(body: bytes, *, lines: bool = False) -> tuple[MemoryRowStore, list[str]]:
    """Load a file; gives the store and the sentences of what was refused."""
    clock = FrozenClock(START)
    store = MemoryRowStore(clock)
    try:
        document = open_lines("f.jsonl", body.splitlines()) if lines else open_document("f.json", body)
        report = load_rows(store, MemoryQueues(clock), document, Load(START))
    except BadRow as error:
        return store, [error.problem.sentence]
    return store, [each.problem.sentence for each in report.problems]


@hostile
@given(body=st.one_of(st.binary(max_size=500), st.text(max_size=500).map(str.encode)), lines=st.booleans())
def test_any_file_is_loaded_or_refused(body: bytes, lines: bool) -> None:
    store, told = load(body, lines=lines)
    assert told
    assert all(len(sentence) < 2_000 for sentence in told)
    assert all(store.rows(table) == [] for table in Table)


@hostile
@given(rows=st.lists(values, min_size=1, max_size=4))
def test_any_row_is_named_and_nothing_of_it_is_stored(rows: list[object]) -> None:
    body = json.dumps({"@odata.context": ACTUALS, "value": rows}).encode(errors="surrogatepass")
    store, told = load(body)
    assert told
    assert store.rows(Table.DATAVERSE_ACTUALS) == []


@hostile
@given(
    name=st.sampled_from(["msdyn_quantity", "msdyn_actualid", "msdyn_description", "msdyn_transactiondate"]),
    value=values,
)
def test_any_value_of_a_column_is_stored_whole_or_named(name: str, value: object) -> None:
    body = json.dumps({"@odata.context": ACTUALS, "value": [{"msdyn_actualid": ID, name: value}]})
    store, told = load(body.encode(errors="surrogatepass"))
    assert told or len(store.rows(Table.DATAVERSE_ACTUALS)) == 1
    assert all(len(sentence) < 2_000 for sentence in told)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({f"c{number}": 1 for number in range(1_000_000)}, "columns, over"),
        ({"msdyn_actualid": ID, "msdyn_quantity": "1e400"}, "at most 28 digits"),
        ({"msdyn_actualid": ID, "msdyn_quantity": "9" * 401}, "at most 28 digits"),
    ],
    ids=["a million columns", "1e400", "10^400"],
)
def test_a_row_out_of_all_bounds_is_refused(row: dict[str, object], told: str) -> None:
    store, sentences = load(json.dumps({"@odata.context": ACTUALS, "value": [row]}).encode())
    assert any(told in sentence for sentence in sentences), sentences
    assert store.rows(Table.DATAVERSE_ACTUALS) == []


@pytest.mark.parametrize("number", ["1e400", "-1E+400", "1" + "0" * 400, "1e-400"])
def test_a_number_out_of_all_bounds_is_refused_as_json_writes_it(number: str) -> None:
    body = json.dumps({"@odata.context": ACTUALS, "value": [{"msdyn_actualid": ID, "msdyn_quantity": 4711}]})
    store, sentences = load(body.replace("4711", number).encode())
    assert any("at most 28 digits" in sentence for sentence in sentences), sentences
    assert store.rows(Table.DATAVERSE_ACTUALS) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (HUNDRED_LEVELS, "is a list; a row must be an object with columns"),
        ('[{"msdyn_actualid":' + HUNDRED_LEVELS + "}]", "is a list; it must be a single value"),
        ('[{"msdyn_actualid":' + '{"a":' * 100 + "1" + "}" * 100 + "}]", "is an object; it must be a single value"),
    ],
    ids=["rows", "lists in a column", "objects in a column"],
)
def test_a_file_of_a_hundred_levels_is_refused(rows: str, told: str) -> None:
    store, sentences = load(f'{{"@odata.context":"{ACTUALS}","value":{rows}}}'.encode())
    assert sentences == [told]
    assert store.rows(Table.DATAVERSE_ACTUALS) == []


@settings(hostile, max_examples=100)
@given(
    body=st.one_of(
        st.binary(max_size=300),
        st.dictionaries(st.sampled_from(ANSWERED), values, max_size=6).map(_as_answer),
        st.lists(st.one_of(values, st.dictionaries(st.sampled_from(ANSWERED), values)), max_size=3).map(_as_page),
    )
)
def test_any_answer_is_read_or_told_as_unreadable(body: bytes) -> None:
    for read in (row_in, rows_in):
        with suppress(ValueError, StoreError):
            found = read(Table.DATAVERSE_ACTUALS, "p", body)
            assert all(isinstance(each.key.row, str) for each in (found if isinstance(found, list) else [found]))
    with suppress(ValueError):
        assert failure_in(body, 1) is None


@hostile
@given(body=st.one_of(st.binary(max_size=MESSAGE_BYTES_MAX), st.text(max_size=12_000).map(str.encode)))
def test_any_body_fits_into_a_letter_and_comes_out_byte_for_byte(body: bytes) -> None:
    problem = Problem(ReasonCode.MESSAGE_NOT_JSON, "no JSON; correct the sender")
    letter = make_letter("confirm-invoice", body, 1, problem)
    check_columns(Table.INVOICING_DEAD_LETTERS, letter.key, letter.to_columns())
    assert body_of(letter) == body
