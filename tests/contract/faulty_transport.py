"""A transport below the client's retries that counts what is sent and does to it what networks do."""

from enum import Enum
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport


class Fault(Enum):
    """What happens to one request that writes."""

    NEVER_SENT = "the connection broke before anything was sent"
    ANSWER_LOST = "the storage did it, and the answer was lost"
    COMMITTED_THEN_503 = "the storage did it and answered 503, so the client tries again by itself"


class FaultyTransport(RequestsTransport):  # type: ignore[misc]  # azure-core hides its type behind a lazy import
    """Sends for real; the faults that are planned befall the next writes, one each."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: list[Fault] = []
        # method and size of every request, retries included
        self.sent: list[tuple[str, int]] = []

    def send(self, request: Any, **kwargs: Any) -> Any:
        body = request.content if hasattr(request, "content") else request.body
        self.sent.append((request.method, len(body or b"")))
        fault = self.plan.pop(0) if self.plan and request.method != "GET" else None
        if fault is Fault.NEVER_SENT:
            raise ServiceRequestError("the connection was refused")
        response = super().send(request, **kwargs)
        if fault is not None:
            # read to its end, so that the connection is free again although nobody will look at the answer
            _ = response.internal_response.content
        if fault is Fault.ANSWER_LOST:
            raise ServiceResponseError("the connection was closed")
        if fault is Fault.COMMITTED_THEN_503:
            response.status_code = 503
        return response
