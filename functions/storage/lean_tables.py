"""The RowStore over Azure Table Storage on the pipeline of azure-core, with a codec of its own.

azure-data-tables spends about half a millisecond of the client's time on each row of a transaction, and a fifth of that
on each row that it reads (`docs/performance.md`). This store sends the same requests through the same kinds of
policies, one contract suite holds both to the same answers, and a setting changes back.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from domain.errors import LimitExceeded, RowMissing
from domain.limits import check_key, check_transaction
from domain.ports import PAGE_ROWS_MAX
from domain.rows import Operation, RowKey, StoredRow
from domain.tables import Table
from functions.storage.answers import translated
from functions.storage.multipart import OneRequest, failure_in, one_request, transaction
from functions.storage.odata import continuation, range_path, row_in, row_path, rows_in

_ROWS = "application/json;odata=minimalmetadata"
_OK, _CREATED, _ACCEPTED, _NO_CONTENT = 200, 201, 202, 204
_CODE = re.compile(rb'"code"\s*:\s*"(\w+)"')
# the message of a refused transaction begins with the number of the operation that was to blame
_INDEX = re.compile(rb'"value"\s*:\s*"(\d+):')
_QUOTED_LENGTH_MAX = 300


class TableServiceError(HttpResponseError):
    """The table service refused, or its answer cannot be read: then the status is that of a success."""

    def __init__(self, status: int, body: bytes, response: HttpResponse, reason: str = "") -> None:
        """Read code and operation from the body, which may be a part of the response."""
        text = body.strip()[:_QUOTED_LENGTH_MAX].decode(errors="replace")
        super().__init__(message=f"{reason or 'the table service answered'} {status}: {text}", response=response)
        code, index = _CODE.search(body), _INDEX.search(body)
        self.status_code = status
        self.error_code = code[1].decode() if code else response.headers.get("x-ms-error-code", "")
        # of the operation in its transaction
        self.index = int(index[1]) if index else 0


class LeanRowStore:
    """A RowStore over one storage account, safe for threads; make one for the process."""

    def __init__(self, client: PipelineClient[HttpRequest, HttpResponse], account: str) -> None:
        """Use this pipeline for all tables; `functions.storage.clients` makes it.

        Args:
            client: with credential, retries and logging.
            account: the address of the account's tables.
        """
        self._client = client
        self._account = account.rstrip("/")

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        """Read one row, or None. Raises StoreError when the table itself does not exist."""
        check_key(table, key)
        try:
            with translated(f"{table} {key.text}"):
                response = self._read(row_path(table, *key))
                with _readable(response):
                    return row_in(table, key.partition, response.content)
        except RowMissing:
            return None

    def read_pages(
        self,
        table: Table,
        partition: str,
        *,
        first: str = "",
        last: str | None = None,
        columns: Sequence[str] = (),
        page_rows: int = PAGE_ROWS_MAX,
    ) -> Iterator[Sequence[StoredRow]]:
        """Read a range page by page, one request a page; nothing is read before the first page is asked for."""
        if not 1 <= page_rows <= PAGE_ROWS_MAX:
            raise LimitExceeded(f"{table} {partition}: a page has 1 to {PAGE_ROWS_MAX} rows, not {page_rows}")
        path = range_path(table, partition, first, last, columns, page_rows)
        following: str | None = ""
        while following is not None:
            page, following = self._page(table, partition, f"{path}{following}")
            # the storage may answer with an empty page and go on behind it
            if page:
                # whoever reads decides how long a page is held
                box = [page]
                del page
                yield box.pop()

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        """Do all operations of one partition in one entity group transaction, or none; one alone is a plain call."""
        check_transaction(table, partition, operations)
        requests = [one_request(table, partition, operation) for operation in operations]
        with translated(f"{table} {partition}", [operation.row for operation in operations]):
            if len(requests) == 1:
                self._send(requests[0], _CREATED, _NO_CONTENT)
            else:
                self._transact(requests)

    def _page(self, table: Table, partition: str, path: str) -> tuple[Sequence[StoredRow], str | None]:
        with translated(f"{table} {partition}"):
            response = self._read(path)
            with _readable(response):
                rows = rows_in(table, partition, response.content)
        return rows, continuation(response.headers)

    def _read(self, path: str) -> HttpResponse:
        response = self._client.send_request(HttpRequest("GET", f"{self._account}/{path}", headers={"Accept": _ROWS}))
        return _expected(response, _OK)

    def _send(self, one: OneRequest, *good: int) -> None:
        request = HttpRequest(one.method, f"{self._account}/{one.path}", headers=one.headers, content=one.body or None)
        _expected(self._client.send_request(request), *good)

    def _transact(self, requests: Sequence[OneRequest]) -> None:
        content_type, body = transaction(self._account, requests)
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        request = HttpRequest("POST", f"{self._account}/$batch", headers=headers, content=body)
        response = _expected(self._client.send_request(request), _ACCEPTED)
        with _readable(response):
            failure = failure_in(response.content, len(requests))
        if failure is not None:
            raise TableServiceError(failure.status, failure.body, response)


def _expected(response: HttpResponse, *good: int) -> HttpResponse:
    if response.status_code not in good:
        raise TableServiceError(response.status_code, response.content, response)
    return response


@contextmanager
def _readable(response: HttpResponse) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise TableServiceError(response.status_code, response.content, response, f"{error}, in answer") from error
