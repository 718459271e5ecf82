"""The desk at which a command works: storage, queues, clock and console, opened when the command begins."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

from rich.console import Console

from domain.ports import Clock, CommandSender, RowStore
from functions.messages import encode
from functions.setting_list import STORAGE
from functions.settings import Settings
from functions.storage.clients import queue_service, row_store, table_service
from functions.storage.ensure import ensure_storage
from functions.storage.queues import AzureCommandSender
from functions.wiring import SystemClock
from tools.cli.browsing import AzureBrowser, Browser

SETTINGS_FILE = "local.settings.json"
REPOSITORY = Path(__file__).resolve().parents[2]
# columns of a console that is no terminal: a file or a pipe has room
WIDTH_ELSEWHERE = 160
POLL_SECONDS = 0.2


class NoStorage(Exception):
    """No storage is named; the message says how to name one."""


class Sorry(Exception):
    """A command cannot do what it was asked; the message is one sentence with the way out."""


def _nothing_to_prepare() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    store: RowStore
    sender: CommandSender
    browser: Browser
    clock: Clock
    console: Console
    # the storage, as a person may read it
    place: str
    # queue names, for people
    queues: Mapping[str, str]
    # rows that one sync command names
    rows_per_sync: int = 1_000
    # makes tables and queues that are missing
    prepare: Callable[[], None] = _nothing_to_prepare
    pause: Callable[[float], None] = sleep

    @property
    def today(self) -> date:
        """Today, where this machine stands."""
        return self.clock.now().astimezone().date()

    def wait_for[Found](self, look: Callable[[], Found], seconds: float, what: str) -> Found:
        """Look until something is found, telling a person that we wait; None when the time is over."""
        deadline = monotonic() + seconds
        with self.console.status(what):
            while (found := look()) is None and monotonic() < deadline:
                self.pause(POLL_SECONDS)
        return found


def new_id() -> str:
    """Make the id of a wish that a person has right now."""
    return str(uuid4())


def new_console() -> Console:
    """Make the console that commands write to."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_ELSEWHERE)


def open_desk(storage: str | None) -> Desk:
    """Open the storage that the option, the environment or `local.settings.json` names, in this order.

    Raises:
        NoStorage: none of them does. BadSettings: a setting is wrong; all are named.
    """
    settings = Settings.from_env(environment(storage, os.environ))
    tables, queues = table_service(settings.storage), queue_service(settings.storage)
    return Desk(
        store=row_store(tables, is_lean=settings.is_lean),
        sender=AzureCommandSender(queues, settings.queues, encode),
        browser=AzureBrowser(tables),
        clock=SystemClock(),
        console=new_console(),
        place=tables.url,
        queues=settings.queues,
        rows_per_sync=settings.rows_per_sync_message_max,
        prepare=lambda: ensure_storage(tables, queues, settings.queues.values()),
    )


def environment(storage: str | None, inherited: Mapping[str, str]) -> dict[str, str]:
    """Lay the environment over `local.settings.json`, and the option over both.

    Raises:
        NoStorage: nothing names the storage.
    """
    values = {**file_values(), **inherited}
    if any(name.startswith(STORAGE) for name in inherited):
        # an identity in the environment and a connection string in the file would be two storages at once
        values = {name: text for name, text in values.items() if not name.startswith(STORAGE) or name in inherited}
    if storage is not None:
        values = {name: text for name, text in values.items() if not name.startswith(STORAGE)} | {STORAGE: storage}
    if not any(name.startswith(STORAGE) and text for name, text in values.items()):
        raise NoStorage(f"no storage is named: set {STORAGE}, give --storage, or run where {SETTINGS_FILE} lies")
    return values


def file_values() -> dict[str, str]:
    """Read the values of `local.settings.json` here or in the repository; nothing when there is none."""
    for folder in (Path.cwd(), REPOSITORY):
        file = folder / SETTINGS_FILE
        if file.is_file():
            try:
                values = json.loads(file.read_bytes())["Values"]
                return {str(name): str(text) for name, text in values.items()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise NoStorage(f"{file} is not a settings file: it must be JSON with Values; correct it") from error
    return {}
