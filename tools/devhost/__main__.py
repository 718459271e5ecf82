"""`python -m tools.devhost run|index --app DIR`: run an app on this machine, or only look at it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from azure.core.exceptions import AzureError

from tools.devhost.azurite import Azurite, AzuriteError
from tools.devhost.console import echo, showing_logs
from tools.devhost.errors import HostError
from tools.devhost.functions import Function, TimerTrigger
from tools.devhost.host import DevHost
from tools.devhost.loader import loaded
from tools.devhost.ncrontab import NEVER
from tools.devhost.worker import one_line, version

# The default of a shell for "ended by Ctrl-C".
INTERRUPTED = 130
# how soon the host sees that it is asked to stop
LOOK_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code: 0 for a good end, 1 for an error that is told in one line."""
    options = _parser().parse_args(arguments)
    try:
        return run(options) if options.command == "run" else index(options)
    except (HostError, AzuriteError, AzureError) as error:
        sys.stderr.write(f"error: {one_line(str(error), 1000)}\n")
        return 1


def index(options: argparse.Namespace) -> int:
    """Print the functions of an app: name, trigger, queue or schedule, next tick."""
    with showing_logs(lambda _: None, lambda _: None), loaded(options.app) as app:
        for warning in app.options.warnings:
            echo(f"warning: {warning}")
        rows = [("FUNCTION", "TRIGGER", "QUEUE OR SCHEDULE", "NEXT (UTC)"), *(_row(one) for one in app.functions)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def run(options: argparse.Namespace) -> int:
    """Listen until SIGTERM or Ctrl-C, then end in good order."""
    with ExitStack() as stack:
        storage = options.storage
        if options.azurite is not None:
            storage = stack.enter_context(
                Azurite.start(Path(options.azurite) if options.azurite else None)
            ).connection_string
            echo(f"Azurite listens: {storage}")
        host = DevHost(options.app, storage=storage, create_queues=options.create_queues)
        signals = _noted_signals()
        try:
            host.start()
            echo(
                f"devhost: {len(host.functions)} functions of {options.app} on worker library {version()}; Ctrl-C ends"
            )
            while not signals and not host.failed.wait(LOOK_SECONDS):
                pass
            for number in signals[:1]:
                name = signal.Signals(number).name
                echo(f"devhost: {name}: no new messages; waiting for what runs (again to end at once)")
        finally:
            drained = host.stop()
    echo("devhost: stopped" if drained else "devhost: stopped, but not everything came to its end")
    if not drained:
        # A function that does not return holds its thread, and Python would wait for it for ever.
        os._exit(1)
    return 0


def _noted_signals() -> list[int]:
    """Note SIGINT and SIGTERM from now on; the second one ends the process at once.

    The handler takes no lock, since it interrupts whatever the main thread has in hand. And the main thread looks from
    time to time: a signal that comes just before a wait begins would not end it.
    """
    noted: list[int] = []

    def on_signal(number: int, _frame: object) -> None:
        if noted:
            os._exit(INTERRUPTED)
        noted.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return noted


def _row(function: Function) -> tuple[str, str, str, str]:
    trigger = function.trigger
    name = f"{function.name} (disabled)" if function.disabled else function.name
    if not isinstance(trigger, TimerTrigger):
        return name, "queue", trigger.queue, ""
    following = trigger.schedule.next_after(datetime.now(UTC))
    return name, "timer", trigger.expression, "never" if following == NEVER else f"{following:%Y-%m-%d %H:%M:%S}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.devhost", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="listen to the app's queues and timers until Ctrl-C")
    indexing = commands.add_parser("index", help="print the app's functions, or say why it cannot be run")
    for command in (running, indexing):
        command.add_argument("--app", type=Path, default=Path(), help="folder with function_app.py (default: here)")
    place = running.add_mutually_exclusive_group()
    place.add_argument("--storage", help="connection string in place of every UseDevelopmentStorage=true")
    place.add_argument(
        "--azurite",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="start an Azurite for it; its data go to this folder, if given",
    )
    running.add_argument(
        "--create-queues", action="store_true", help="create the trigger queues and their poison queues, and say so"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
