"""Where a host keeps what outlives it: timer status and locks, in the container that Azure's host uses too."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
from collections.abc import Mapping
from pathlib import Path

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerClient, LinearRetry

CONTAINER = "azure-webjobs-hosts"
HOST_ID_LENGTH_MAX = 32


def host_id_of(folder: Path, settings: Mapping[str, str]) -> str:
    """Return the id under which the app's timers are remembered: machine and folder, unless a setting names one.

    The setting is `AzureFunctionsWebHost__hostid`, as for the real host. The form differs from every id in Azure, so
    local ticks never pass for those of a deployed app.
    """
    named = settings.get("AzureFunctionsWebHost__hostid")
    if named:
        return named.lower()
    machine = re.sub("[^a-z0-9]", "", platform.node().lower())[:20] or "machine"
    return f"{machine}-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}"[:HOST_ID_LENGTH_MAX]


def open_container(connection: str) -> ContainerClient:
    """Return the host's container, created if it is missing.

    Raises:
        AzureError: storage did not answer.
    """
    retry = LinearRetry(backoff=1, retry_total=2, random_jitter_range=0)
    container = ContainerClient.from_connection_string(connection, CONTAINER, retry_policy=retry)
    with contextlib.suppress(ResourceExistsError):
        container.create_container()
    return container


def status_path(host_id: str, function: str) -> str:
    """Return the name of the blob that holds a timer's status."""
    return f"timers/{host_id}/Host.Functions.{function}/status"


def lock_path(host_id: str, function: str) -> str:
    """Return the name of the blob whose lease makes a timer's listener the only one."""
    return f"locks/{host_id}/Host.Functions.{function}.Listener"
