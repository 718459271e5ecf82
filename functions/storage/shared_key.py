"""Sign requests to the table service with the account's key, as azure-data-tables does.

azure-core has policies for tokens and shared access signatures, but none for keys, and that of azure-data-tables is not
public. Source: "Authorize with Shared Key", section on the table service, of the Azure Storage documentation.
"""

import base64
import hmac
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy


class DatePolicy(SansIOHTTPPolicy[Any, Any]):
    """Says when a request is sent; each try says it anew."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Write the header that signatures and the service's clock check refer to."""
        request.http_request.headers["x-ms-date"] = formatdate(usegmt=True)


class SharedKeyPolicy(SansIOHTTPPolicy[Any, Any]):
    """Signs with the account's key; stands behind the policy that writes the date."""

    def __init__(self, credential: AzureNamedKeyCredential) -> None:
        """Use this name and key; a key that is changed in the credential is used from the next request on."""
        super().__init__()
        self._credential = credential

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Write the header that proves who sends."""
        sent = request.http_request
        name, key = self._credential.named_key
        told = (
            sent.method,
            sent.headers.get("Content-MD5", ""),
            sent.headers.get("Content-Type", ""),
            sent.headers["x-ms-date"],
            # the emulator has the account's name in its addresses too, so there it stands twice
            f"/{name}{urlsplit(sent.url).path}",
        )
        digest = hmac.digest(base64.b64decode(key), "\n".join(told).encode(), "sha256")
        sent.headers["Authorization"] = f"SharedKey {name}:{base64.b64encode(digest).decode()}"
