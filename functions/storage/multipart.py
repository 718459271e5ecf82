"""Entity group transactions as bytes: several operations in one body, and what the answer says of them.

Source: "Performing entity group transactions" of the Azure Storage documentation.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple
from uuid import uuid4

from domain.rows import Delete, Insert, Merge, Operation, Replace
from domain.tables import Table
from functions.storage.odata import row_body, row_path

# texts in JSON have no line breaks, so only a status line can begin so
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})[^\r\n]*", re.MULTILINE)
_FAILED = 400
_NO_CONTENT = MappingProxyType({"Accept": "application/json;odata=minimalmetadata", "Prefer": "return-no-content"})
_JSON = MappingProxyType({"Content-Type": "application/json"})


class OneRequest(NamedTuple):
    """One operation as a request of its own, or as a part of a transaction."""

    method: str
    # below the address of the account
    path: str
    headers: dict[str, str]
    # empty where there is none
    body: bytes


class Failure(NamedTuple):
    """What a transaction that was refused answers: the answer to the operation that was to blame."""

    status: int
    body: bytes


def one_request(table: Table, partition: str, operation: Operation) -> OneRequest:
    """Write one operation of a partition."""
    row = operation.row
    match operation:
        case Insert(columns=columns):
            return OneRequest("POST", table.value, _JSON | _NO_CONTENT, row_body(partition, row, columns))
        case Merge(columns=columns, etag=etag):
            # the storage ignores null in a merge; empty text is what clears a column
            sent = {name: "" if value is None else value for name, value in columns.items()}
            method, body = "PATCH", row_body(partition, row, sent)
        case Replace(columns=columns, etag=etag):
            method, body = "PUT", row_body(partition, row, columns)
        case Delete(etag=etag):
            method, body = "DELETE", b""
    headers = {"Accept": "application/json", "If-Match": "*" if etag is None else etag}
    return OneRequest(method, row_path(table, partition, row), _JSON | headers if body else headers, body)


def transaction(account: str, requests: Sequence[OneRequest]) -> tuple[str, bytes]:
    """Write the operations as one changeset of one batch.

    Args:
        account: the address of the account's tables, without a slash at its end.
        requests: in their order.

    Returns:
        The content type with the boundary, and the body.
    """
    batch, changeset = f"batch_{uuid4()}", f"changeset_{uuid4()}"
    head = f"--{changeset}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    pieces = [f"--{batch}\r\nContent-Type: multipart/mixed; boundary={changeset}\r\n\r\n".encode()]
    for method, path, headers, body in requests:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        told = f"{head}{method} {account}/{path} HTTP/1.1\r\n{lines}DataServiceVersion: 3.0\r\n"
        pieces += (f"{told}Content-Length: {len(body)}\r\n\r\n".encode(), body, b"\r\n")
    pieces.append(f"--{changeset}--\r\n\r\n--{batch}--\r\n".encode())
    return f"multipart/mixed; boundary={batch}", b"".join(pieces)


def failure_in(body: bytes, operations: int) -> Failure | None:
    """Read the answer to a transaction.

    Returns:
        None when every operation was done; else the answer to the one that was to blame.

    Raises:
        ValueError: the answer does not speak of every operation, so nobody knows.
    """
    found = list(_STATUS.finditer(body))
    for match in found:
        if int(match[1]) >= _FAILED:
            return Failure(int(match[1]), body[match.end() :])
    if len(found) != operations:
        raise ValueError(f"the answer speaks of {len(found)} of {operations} operations")
    return None
