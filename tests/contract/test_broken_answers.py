"""Answers that are lost, cut or unreadable mean the same through both clients: that nobody knows."""

import socketserver
import time
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from domain.errors import AlreadyExists, ChangedMeanwhile, LimitExceeded, OutcomeUnknown, RowMissing, StoreError
from domain.ports import RowStore
from domain.rows import Delete, Insert, Merge, RowKey
from domain.tables import Table
from functions.settings import StorageConnection
from functions.storage.clients import row_store, table_service

TABLE = Table.DATAVERSE_ACTUALS
KEY = RowKey("contract", "1")
DONE = b"HTTP/1.1 204 No Content\r\nDataServiceVersion: 3.0;\r\n\r\n\r\n"


class Answering(socketserver.ThreadingTCPServer):
    """A table service that reads a request to its end, says what it is told to, and hangs up."""

    daemon_threads = True
    allow_reuse_address = True
    # to the first request, and to those that follow where it differs
    answer = b""
    then: bytes | None = None
    requests = 0
    # the first line of the last request
    asked = b""


class Hangup(socketserver.StreamRequestHandler):
    server: Answering

    def handle(self) -> None:
        length, self.server.asked = 0, self.rfile.readline()
        while (line := self.rfile.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        self.server.requests += 1
        answer = self.server.answer
        # before it is sent: the next request may come before we go on here
        if self.server.then is not None:
            self.server.answer, self.server.then = self.server.then, None
        self.wfile.write(answer)


@pytest.fixture(scope="module")
def server() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), Hangup) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["azure-data-tables", "lean"])
def store(server: Answering, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> RowStore:
    # retries wait; here they need not
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return store_at(server, is_lean=request.param == "lean")


def store_at(server: Answering, *, is_lean: bool) -> RowStore:
    port = server.server_address[1]
    named = f"AccountName=invoicing;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:{port}/invoicing"
    return row_store(table_service(StorageConnection(named, "", "", "", "")), is_lean=is_lean)


def answer(status: str, body: bytes = b"", *, length: int | None = None, kind: str = "application/json") -> bytes:
    told = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {told}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def changeset(*parts: bytes) -> bytes:
    begin = b"--cs\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    inner = b"".join(begin + part + b"\r\n" for part in parts) + b"--cs--\r\n"
    body = b"--br\r\nContent-Type: multipart/mixed; boundary=cs\r\n\r\n" + inner + b"--br--\r\n"
    return answer("202 Accepted", body, kind="multipart/mixed; boundary=br")


def refusal(code: str, sentence: str) -> bytes:
    return f'{{"odata.error":{{"code":"{code}","message":{{"lang":"en-US","value":"{sentence}"}}}}}}'.encode()


def part(status: str, code: str, sentence: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-ID: 2\r\nContent-Type: application/json\r\n\r\n"
    return head.encode() + refusal(code, sentence)


UNKNOWN = {
    "nothing": b"",
    "half a body": answer("202 Accepted", changeset(DONE, DONE)[:40], length=5000, kind="multipart/mixed; boundary=br"),
    "a page of a proxy": answer("200 OK", b"<html>signing in</html>", kind="text/html"),
    "moved": answer("304 Not Modified"),
    "too busy": answer("503 Service Unavailable", refusal("ServerBusy", "busy")),
    "an error of the server": answer("500 Internal Server Error", b"oops", kind="text/plain"),
    "too many requests": answer("429 Too Many Requests"),
    "an error inside": changeset(part("500 Internal Server Error", "InternalError", "0:oops")),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_write_without_a_clear_answer_may_have_happened(server: Answering, store: RowStore, case: str) -> None:
    server.answer = UNKNOWN[case]
    for operations in ([Insert("1", {}), Insert("2", {})], [Insert("1", {})], [Merge("1", {})]):
        with pytest.raises(OutcomeUnknown, match="contract"):
            store.write(TABLE, "contract", operations)


@pytest.mark.parametrize("told", [changeset(DONE), changeset(), b"HTTP/1.1 202 Acc"])
def test_a_transaction_of_whose_operations_some_are_not_spoken_of_may_have_happened(
    server: Answering, told: bytes
) -> None:
    # the official client believes the first two and stumbles over the third
    server.answer = told
    lean = store_at(server, is_lean=True)
    with pytest.raises(OutcomeUnknown):
        lean.write(TABLE, "contract", [Insert("1", {}), Insert("2", {})])


CLEAR: dict[str, tuple[bytes, type[StoreError], str]] = {
    "exists": (part("409 Conflict", "EntityAlreadyExists", "1:It exists."), AlreadyExists, "contract/second"),
    "changed": (part("412 Precondition Failed", "UpdateConditionNotSatisfied", "1:No."), ChangedMeanwhile, "/second"),
    "missing": (part("404 Not Found", "ResourceNotFound", "1:No."), RowMissing, "contract/second"),
    "no table": (part("404 Not Found", "TableNotFound", "0:The table."), StoreError, "ensure_storage"),
    "too large": (part("400 Bad Request", "EntityTooLarge", "1:The entity."), LimitExceeded, "EntityTooLarge"),
    "too large whole": (part("413 Request Entity Too Large", "RequestBodyTooLarge", "0:The"), LimitExceeded, "first"),
}


@pytest.mark.parametrize("case", CLEAR)
def test_what_a_refused_transaction_tells_is_told(server: Answering, store: RowStore, case: str) -> None:
    body, kind, told = CLEAR[case]
    server.answer = changeset(body)
    with pytest.raises(StoreError, match=told) as caught:
        store.write(TABLE, "contract", [Insert("first", {}), Merge("second", {}), Delete("third")])
    assert type(caught.value) is kind


def test_what_no_error_of_ours_stands_for_passes_as_it_came(server: Answering, store: RowStore) -> None:
    server.answer = answer("403 Forbidden", refusal("AuthorizationFailure", "This is not allowed."))
    acts: tuple[Callable[[], object], ...] = (
        lambda: store.find(TABLE, KEY),
        lambda: store.write(TABLE, "contract", [Insert("1", {})]),
    )
    for act in acts:
        with pytest.raises(Exception, match="This is not allowed") as caught:
            act()
        assert not isinstance(caught.value, StoreError)


UNREADABLE = {
    "nothing": b"",
    "half a body": answer("200 OK", b'{"value":[', length=5000),
    "half a page": answer("200 OK", b'{"value":[{"RowKey":"1"'),
    "a page of a proxy": answer("200 OK", b"<html>signing in</html>"),
    "too busy": answer("503 Service Unavailable"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_no_row_and_no_absence(server: Answering, store: RowStore, case: str) -> None:
    server.answer = UNREADABLE[case]
    for act in (lambda: store.find(TABLE, KEY), lambda: list(store.read_pages(TABLE, "contract"))):
        with pytest.raises(OutcomeUnknown, match="contract"):
            act()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'{"value":{}}',
        b'{"value":[null]}',
        b'{"value":[{"RowKey":"1"}]}',
        b'{"value":[{"RowKey":1,"Timestamp":"2026-08-27T12:00:00Z"}]}',
        b'{"Timestamp":"x"}',
        b'{"value":' + b"[" * 100_000,
    ],
    ids=lambda body: body[:60].decode(),
)
def test_an_answer_of_another_shape_is_not_taken_for_rows(server: Answering, body: bytes) -> None:
    server.answer = answer("200 OK", body)
    lean = store_at(server, is_lean=True)
    for act in (lambda: lean.find(TABLE, KEY), lambda: list(lean.read_pages(TABLE, "contract"))):
        with pytest.raises(OutcomeUnknown):
            act()


def test_an_empty_page_that_goes_on_is_followed(server: Answering, store: RowStore) -> None:
    """The service may stop a query after five seconds with nothing found yet."""
    empty = b'{"value":[]}'
    more = b"x-ms-continuation-NextPartitionKey: a b+&\r\nx-ms-continuation-NextRowKey: 1=\r\n"
    server.answer = answer("200 OK", empty).replace(b"Connection", more + b"Connection")
    pages = store.read_pages(TABLE, "contract")
    server.then = answer("200 OK", b'{"value":[]}')
    before = server.requests
    assert next(pages, None) is None
    assert server.requests == before + 2
    assert b"NextPartitionKey=a%20b%2B%26&NextRowKey=1%3D" in server.asked
