"""What a person sees: one line per event on standard output, and the app's own log records among them."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import azure.functions
from azure_functions_runtime import invocation_id_cv  # type: ignore[import-untyped] # the library ships no types

from tools.devhost.worker import one_line

LIBRARY = str(Path(azure.functions.__file__).parent)

type Echo = Callable[[str], None]

# The worker library logs under the first name, every call and every failure; the host has its own line for both. The
# SDK logs each request under the second.
QUIET = (
    ("azure.functions", logging.CRITICAL),
    ("azure_functions_runtime", logging.CRITICAL),
    ("azure", logging.WARNING),
)


def echo(text: str) -> None:
    """Write one line to standard output at once, in one piece, so that threads do not mix their lines."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class LogLines(logging.Handler):
    """Turns each log record of the app into one line: time, function, level, text, and its action if it has one."""

    def __init__(self, tell: Echo, function_of: Callable[[str | None], str | None]) -> None:
        super().__init__(logging.INFO)
        self._tell = tell
        self._function_of = function_of

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; a record without a running function carries its logger's name instead.

        What the decorator library logs on the root logger is left out: it warns each app without HTTP about its auth.
        """
        if record.pathname.startswith(LIBRARY):
            return
        function = self._function_of(invocation_id_cv.get()) or record.name
        at = datetime.fromtimestamp(record.created, UTC)
        parts = [f"{at:%H:%M:%S}", function, record.levelname, one_line(record.getMessage())]
        action = getattr(record, "action", None)
        parts += [f"action={action}"] if action else []
        parts += [repr(record.exc_info[1])] if record.exc_info and record.exc_info[1] else []
        self._tell("  ".join(parts))


@contextlib.contextmanager
def showing_logs(tell: Echo, function_of: Callable[[str | None], str | None]) -> Iterator[None]:
    """Show the app's log records from INFO up until the block ends, and quiet the worker library and the SDK.

    Args:
        tell: takes each line.
        function_of: names the function that runs under an invocation id.
    """
    root = logging.getLogger()
    handler = LogLines(tell, function_of)
    levels = [(logging.getLogger(name), level) for name, level in (*QUIET, ("", min(root.level, logging.INFO)))]
    before = [(logger, logger.level) for logger, _ in levels]
    for logger, level in levels:
        logger.setLevel(level)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, level in before:
            logger.setLevel(level)
