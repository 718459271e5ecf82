"""host.json as the host reads it: documented defaults, ranges enforced, unknown keys named."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from tools.devhost.errors import AppError
from tools.devhost.timespan import parse_timespan

type Encoding = Literal["base64", "none"]

ROOT_KEYS = frozenset(
    {
        "aggregator",
        "concurrency",
        "customHandler",
        "extensionBundle",
        "extensions",
        "functionTimeout",
        "functions",
        "healthMonitor",
        "http",
        "logging",
        "managedDependency",
        "retry",
        "singleton",
        "telemetryMode",
        "tracing",
        "version",
        "watchDirectories",
        "watchFiles",
    }
)
EXTENSION_KEYS = frozenset(
    {
        "blobs",
        "cosmosDB",
        "dapr",
        "durableTask",
        "eventGrid",
        "eventHubs",
        "http",
        "kafka",
        "mcp",
        "queues",
        "rabbitMQ",
        "sendGrid",
        "serviceBus",
        "signalR",
        "sql",
        "tables",
        "warmup",
    }
)
QUEUE_KEYS = frozenset(
    {
        "batchSize",
        "maxDequeueCount",
        "maxPollingInterval",
        "messageEncoding",
        "newBatchThreshold",
        "visibilityTimeout",
    }
)

BATCH_SIZE_MAX = 32
POLLING_SECONDS_MIN = 0.1
POLLING_DEFAULT = "00:01:00"
POLLING_SECONDS_IN_DEVELOPMENT = 2.0
FUNCTION_TIMEOUT_DEFAULT = "00:30:00"


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues`: how every queue of the app is polled, retried and decoded."""

    # Messages asked for at once, 1 to 32.
    batch_size: int = 16
    # The next batch is asked for when at most this many messages of the function are in flight.
    new_batch_threshold: int = 16
    # Longest pause between two polls of an empty queue, in seconds.
    max_polling_seconds: float = 60.0
    # Pause after a failed try, in seconds; it is not the lease.
    visibility_seconds: float = 0.0
    # Tries of one message before it goes to the poison queue.
    max_dequeue_count: int = 5
    # How bodies stand in the queue.
    message_encoding: Encoding = "base64"


@dataclass(frozen=True)
class HostOptions:
    """What host.json says, defaults filled in."""

    queues: QueueOptions
    # None means that an invocation may run for ever (`-1`).
    function_timeout: timedelta | None
    # One sentence for each key that this host does not know.
    warnings: tuple[str, ...]


def read_host_json(folder: Path, *, development: bool, processors: int | None = None) -> HostOptions:
    """Read the host.json of an app folder.

    Args:
        folder: the app; a missing host.json means all defaults.
        development: `AZURE_FUNCTIONS_ENVIRONMENT` is Development; polling then rests at most two seconds by default.
        processors: of this machine, for the default of newBatchThreshold; None asks the machine.

    Raises:
        AppError: it is no JSON object, its version is not "2.0", or a value is out of range.
    """
    path = folder / "host.json"
    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else '{"version": "2.0"}'
        document = json.loads(text)
    except ValueError as error:
        raise AppError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(document, dict) or document.get("version") != "2.0":
        raise AppError(f'{path} must be a JSON object with "version": "2.0"')
    extensions = _section(document, "extensions")
    queues = _section(extensions, "queues")
    try:
        options = _queue_options(queues, development, processors or os.cpu_count() or 1)
        timeout = _timeout(document.get("functionTimeout", FUNCTION_TIMEOUT_DEFAULT))
    except ValueError as error:
        raise AppError(f"{path}: {error}") from error
    return HostOptions(options, timeout, tuple(_warnings(document, extensions, queues)))


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise AppError(f"host.json: '{name}' must be an object")
    return section


def _queue_options(queues: Mapping[str, Any], development: bool, processors: int) -> QueueOptions:
    batch_size = _integer(queues, "batchSize", 16, low=1, high=BATCH_SIZE_MAX)
    polling = _seconds(queues, "maxPollingInterval", POLLING_DEFAULT)
    if polling < POLLING_SECONDS_MIN:
        raise ValueError("maxPollingInterval must be at least 00:00:00.100")
    # The real host cannot tell "written as the default" from "left out", and neither do we.
    if development and polling == parse_timespan(POLLING_DEFAULT).total_seconds():
        polling = POLLING_SECONDS_IN_DEVELOPMENT
    encoding = str(queues.get("messageEncoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise ValueError("messageEncoding must be base64 or none")
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=_integer(queues, "newBatchThreshold", batch_size // 2 * processors, low=0),
        max_polling_seconds=polling,
        visibility_seconds=_seconds(queues, "visibilityTimeout", "00:00:00"),
        max_dequeue_count=_integer(queues, "maxDequeueCount", 5, low=1),
        message_encoding="none" if encoding == "none" else "base64",
    )


def _integer(section: Mapping[str, Any], key: str, default: int, *, low: int, high: int | None = None) -> int:
    value = section.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} must be a whole number, not {value!r}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{key} is {value}: it must be at least {low}" + (f" and at most {high}" if high else ""))
    return value


def _seconds(section: Mapping[str, Any], key: str, default: str) -> float:
    try:
        return parse_timespan(str(section.get(key, default))).total_seconds()
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _timeout(value: object) -> timedelta | None:
    if str(value) == "-1":
        return None
    timeout = parse_timespan(str(value))
    if not timeout:
        raise ValueError("functionTimeout must be longer than zero, or -1 for no limit")
    return timeout


def _warnings(document: Mapping[str, Any], extensions: Mapping[str, Any], queues: Mapping[str, Any]) -> list[str]:
    known = (
        ("", document, ROOT_KEYS),
        ("extensions.", extensions, EXTENSION_KEYS),
        ("extensions.queues.", queues, QUEUE_KEYS),
    )
    warnings = [
        f"host.json: '{prefix}{key}' is not a key that the host knows; it is ignored"
        for prefix, section, names in known
        for key in section
        if key not in names
    ]
    if _section(document, "concurrency").get("dynamicConcurrencyEnabled"):
        warnings.append("host.json: dynamic concurrency is not emulated; batchSize and newBatchThreshold apply")
    if document.get("functions"):
        warnings.append("host.json: 'functions' is not emulated; every function of the app runs")
    return warnings
