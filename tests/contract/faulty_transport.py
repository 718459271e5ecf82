"""A transport below the client's retries that counts what is sent and does to it what networks do."""

from enum import Enum
from io import BytesIO
from typing import Any

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from urllib3 import HTTPResponse

BUSY = b'{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"The server is busy."}}}'
BUSY_QUEUE = b"<Error><Code>ServerBusy</Code><Message>The server is busy.</Message></Error>"


class Fault(Enum):
    """What happens to one request."""

    NEVER_SENT = "the connection broke before anything was sent"
    ANSWER_LOST = "the storage did it, and the answer was lost"
    COMMITTED_THEN_503 = "the storage did it and answered 503, so the client tries again by itself"
    THROTTLED = "the storage answered 503 and did nothing"


# the faults after which the caller, or the client, can't know what was done
DOUBTS = (Fault.NEVER_SENT, Fault.ANSWER_LOST, Fault.COMMITTED_THEN_503)


class Busy(requests.Session):
    """Answers everything as a storage does that is throttling, or as it is told to, and asks nobody."""

    def __init__(self, status: int = 503, body: bytes | None = None) -> None:
        super().__init__()
        self.status, self.body = status, body

    def request(self, *_: Any, headers: Any = None, **__: Any) -> requests.Response:
        is_queue = "xml" in headers.get("Accept", "")
        response = requests.Response()
        response.status_code = self.status
        response.headers["Content-Type"] = "application/xml" if is_queue else "application/json"
        if self.body is None:
            response.headers["x-ms-error-code"] = "ServerBusy"
        body = self.body if self.body is not None else BUSY_QUEUE if is_queue else BUSY
        response.raw = HTTPResponse(body=BytesIO(body), status=self.status, preload_content=False)
        return response


class FaultyTransport(RequestsTransport):  # type: ignore[misc]  # azure-core hides its type behind a lazy import
    """Sends for real; the faults that are planned befall the next writes or reads, one each."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = RequestsTransport(session=Busy(), session_owner=False)
        # None lets a request through
        self.plan: list[Fault | None] = []
        self.plan_of_reads: list[Fault | None] = []
        # method and size of every request, retries included
        self.sent: list[tuple[str, int]] = []

    def send(self, request: Any, **kwargs: Any) -> Any:
        body = request.content if hasattr(request, "content") else request.body
        self.sent.append((request.method, len(body or b"")))
        plan = self.plan_of_reads if request.method == "GET" else self.plan
        fault = plan.pop(0) if plan else None
        if fault is Fault.NEVER_SENT:
            raise ServiceRequestError("the connection was refused")
        if fault is Fault.THROTTLED:
            return self._busy.send(request, **kwargs)
        response = super().send(request, **kwargs)
        if fault is not None:
            # read to its end, so that the connection is free again although nobody will look at the answer
            _ = response.internal_response.content
        if fault is Fault.ANSWER_LOST:
            raise ServiceResponseError("the connection was closed")
        if fault is Fault.COMMITTED_THEN_503:
            response.status_code = 503
        return response
