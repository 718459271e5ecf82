"""What the lean path sends is what azure-data-tables sends for the same operation: address, signature, headers, rows.

Nothing is sent here. The official client is asked for its own request, for accounts of every form of address.
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient

from domain.ports import RowStore
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, Value
from domain.tables import Table
from functions.settings import StorageConnection
from functions.storage.clients import lean_store, table_service
from functions.storage.tables import AzureRowStore

TABLE = Table.DATAVERSE_ACTUALS
KEY = "c2VjcmV0"
SAS = "sv=2019-02-02&sig=a%2Fb%3D"
NAMED = f"AccountName=invoicing;AccountKey={KEY}"
CONNECTIONS = {
    "emulator": "UseDevelopmentStorage=true",
    "public cloud": f"DefaultEndpointsProtocol=https;{NAMED};EndpointSuffix=core.windows.net",
    "another cloud": f"DefaultEndpointsProtocol=https;{NAMED};EndpointSuffix=core.chinacloudapi.cn",
    "own address": f"{NAMED};TableEndpoint=https://tables.example.org/behind/a/proxy/",
    "signature": f"TableEndpoint=https://invoicing.table.core.windows.net;SharedAccessSignature={SAS}",
}
COLUMNS: dict[str, Value] = {"text": "Ærø '\"", "number": -5, "yes": True, "none": None, "empty": ""}
KEYS = (RowKey("contract", "00001"), RowKey("it's 50% é", "a b|'c'+&=日"))
ETAG = "W/\"datetime'2026-08-27T12%3A00%3A00.0000000Z'\""
# what a part of a transaction or a request may have of its own without another meaning
FREE_HEADERS = frozenset(
    ("x-ms-client-request-id", "User-Agent", "Date", "MaxDataServiceVersion", "Prefer", "Content-ID", "Content-Length")
)


class Sent(Exception):
    """Not an error: it carries the request out of the pipeline."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.method, self.url, self.headers = request.method, request.url, dict(request.headers)
        self.body = request.content if request.content is not None else b""


class CatchingTransport(RequestsTransport):  # type: ignore[misc]  # azure-core hides its type behind a lazy import
    def send(self, request: Any, **_: Any) -> Any:
        raise Sent(request)


class FixedToken:
    """A credential that remembers what it was asked for."""

    def __init__(self) -> None:
        self.scopes: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes.append(scopes)
        return AccessToken("a-token", 2**40)


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_787_832_000.0)


def pair(service: TableServiceClient) -> tuple[RowStore, RowStore]:
    return AzureRowStore(service), lean_store(service, transport=CatchingTransport())


@pytest.fixture(params=CONNECTIONS.values(), ids=tuple(CONNECTIONS))
def stores(request: pytest.FixtureRequest) -> tuple[RowStore, RowStore]:
    connection = StorageConnection(request.param, "", "", "", "")
    return pair(table_service(connection, transport=CatchingTransport()))


def sent_by(stores: tuple[RowStore, RowStore], act: Callable[[RowStore], object]) -> tuple[Sent, Sent]:
    caught = []
    for store in stores:
        with pytest.raises(Sent) as sent:
            act(store)
        caught.append(sent.value)
    return caught[0], caught[1]


def meaning(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in FREE_HEADERS}


def row_of(body: str | bytes) -> dict[str, object]:
    """The row, without types that JSON tells by itself."""
    row: dict[str, object] = json.loads(body)
    return {name: value for name, value in row.items() if not (name.endswith("@odata.type") and value == "Edm.String")}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("columns", [(), ("text", "number")])
def test_reads_are_the_same_requests(stores: tuple[RowStore, RowStore], key: RowKey, columns: tuple[str, ...]) -> None:
    for act in (
        lambda store: store.find(TABLE, key),
        lambda store: next(store.read_pages(TABLE, key.partition, first=key.row, columns=columns)),
        lambda store: next(store.read_pages(TABLE, key.partition, first="a", last=key.row, columns=columns)),
        lambda store: next(store.read_pages(TABLE, key.partition, page_rows=7)),
    ):
        official, lean = sent_by(stores, act)
        assert (lean.method, lean.url) == (official.method, official.url)
        # the signature of a shared key among them
        assert meaning(lean.headers) == meaning(official.headers)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("etag", [None, ETAG])
def test_single_writes_are_the_same_requests(stores: tuple[RowStore, RowStore], key: RowKey, etag: str | None) -> None:
    for operation in (Merge(key.row, COLUMNS, etag), Replace(key.row, COLUMNS, etag or ETAG)):
        official, lean = sent_by(stores, lambda store: store.write(TABLE, key.partition, [operation]))  # noqa: B023
        assert (lean.method, lean.url) == (official.method, official.url)
        assert meaning(lean.headers) == meaning(official.headers)
        assert row_of(lean.body) == row_of(official.body)


def test_a_single_insert_differs_in_how_it_names_its_type_and_asks_for_no_answer(
    stores: tuple[RowStore, RowStore],
) -> None:
    official, lean = sent_by(stores, lambda store: store.write(TABLE, KEYS[1].partition, [Insert("1", COLUMNS)]))
    assert (lean.method, lean.url) == (official.method, official.url)
    assert row_of(lean.body) == row_of(official.body)
    assert lean.headers["Prefer"] == "return-no-content"
    differing = {"Content-Type", "Authorization"}
    told = [{n: v for n, v in meaning(each.headers).items() if n not in differing} for each in (official, lean)]
    assert told[0] == told[1]


def test_transactions_have_the_same_parts(stores: tuple[RowStore, RowStore]) -> None:
    for key in KEYS:
        operations: list[Operation] = [
            Insert("1", COLUMNS),
            Merge(key.row, COLUMNS),
            Merge("2", {"text": None}, ETAG),
            Replace("3", COLUMNS, ETAG),
            Delete("4"),
            Delete("5", ETAG),
        ]
        official, lean = sent_by(stores, lambda store: store.write(TABLE, key.partition, operations))  # noqa: B023
        assert (lean.method, lean.url) == (official.method, official.url)
        assert parts_of(lean) == parts_of(official)
        assert len(parts_of(lean)) == len(operations)


def parts_of(sent: Sent) -> list[tuple[str, dict[str, str], dict[str, object]]]:
    """Read a transaction strictly: boundaries, a request line, headers, and a row as long as it says."""
    text = sent.body.decode("ascii")
    outer = re.fullmatch(r"multipart/mixed; boundary=(batch_[0-9a-f-]{36})", sent.headers["Content-Type"])
    assert outer is not None
    inner = re.search(r"Content-Type: multipart/mixed; boundary=(changeset_[0-9a-f-]{36})\r\n\r\n", text)
    assert inner is not None
    assert text.startswith(f"--{outer[1]}\r\n")
    assert text.endswith(f"--{inner[1]}--\r\n\r\n--{outer[1]}--\r\n")
    parts = []
    for piece in text.split(f"--{inner[1]}\r\n")[1:]:
        told, head, body = piece.removesuffix("\r\n").split("\r\n\r\n", 2)
        assert "Content-Type: application/http\r\nContent-Transfer-Encoding: binary" in told
        line, *lines = head.split("\r\n")
        headers = dict(each.split(": ", 1) for each in lines)
        row = body.split(f"\r\n--{inner[1]}--")[0]
        assert int(headers.get("Content-Length", 0)) == len(row)
        # every request of the account is of one version, said on the outside
        own = {n: v for n, v in meaning(headers).items() if n not in ("x-ms-version", "x-ms-date", "Accept")}
        parts.append((line, own, row_of(row) if row else {}))
    return parts


def test_an_identity_is_asked_for_the_same_token() -> None:
    credential = FixedToken()
    service = TableServiceClient(
        "https://invoicing.table.core.windows.net", credential=credential, transport=CatchingTransport()
    )
    official, lean = sent_by(pair(service), lambda store: store.find(TABLE, KEYS[1]))
    assert lean.headers["Authorization"] == "Bearer a-token"
    assert meaning(lean.headers) == meaning(official.headers)
    assert credential.scopes[0] == credential.scopes[1]


def test_a_signature_in_the_address_is_kept() -> None:
    service = TableServiceClient(
        "https://invoicing.table.core.windows.net?sv=2019-02-02&sig=a%2Fb%3D", transport=CatchingTransport()
    )
    lean = lean_store(service, transport=CatchingTransport())
    with pytest.raises(Sent) as alone:
        lean.find(TABLE, KEYS[0])
    assert alone.value.url == (
        "https://invoicing.table.core.windows.net/DataverseActuals(PartitionKey='contract',RowKey='00001')"
        "?sv=2019-02-02&sig=a%2Fb%3D"
    )
    with pytest.raises(Sent) as page:
        next(lean.read_pages(TABLE, "contract", page_rows=7))
    assert page.value.url.startswith("https://invoicing.table.core.windows.net/DataverseActuals()?$top=7&$filter=")
    assert page.value.url.endswith("&sv=2019-02-02&sig=a%2Fb%3D")


def test_a_credential_that_nobody_can_sign_with_is_refused() -> None:
    service = table_service(StorageConnection("UseDevelopmentStorage=true", "", "", "", ""))
    service.credential = object()
    with pytest.raises(TypeError, match="object"):
        lean_store(service)


def test_both_try_as_often_and_wait_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tries more for a read whose connection is refused, each dated anew, none for a write that may have gone."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    tried: list[str] = []

    class RefusingTransport(RequestsTransport):  # type: ignore[misc]  # as above
        def send(self, request: Any, **_: Any) -> Any:
            tried.append(request.method)
            raise ServiceRequestError("the connection was refused")

        def sleep(self, duration: float) -> None:
            waited.append(duration)

    connection = StorageConnection("UseDevelopmentStorage=true", "", "", "", "")
    service = table_service(connection, transport=RefusingTransport())
    seen = []
    acts: tuple[Callable[[RowStore], object], ...] = (
        lambda store: store.find(TABLE, KEYS[0]),
        lambda store: store.write(TABLE, "contract", [Insert("1", {})]),
        lambda store: store.write(TABLE, "contract", [Insert("1", {}), Insert("2", {})]),
    )
    for store in (AzureRowStore(service), lean_store(service, transport=RefusingTransport())):
        for act in acts:
            with pytest.raises(Exception, match="no answer came"):
                act(store)
        seen.append((tuple(tried), tuple(waited)))
        tried.clear()
        waited.clear()
    assert seen[0] == seen[1]
    assert seen[0][0] == ("GET",) * 4 + ("POST",) * 2
