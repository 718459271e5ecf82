"""From an app folder to functions that can be called: settings, host.json, worker, checks; each once, in this order."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.devhost.app_modules import lent_to
from tools.devhost.app_settings import read_settings
from tools.devhost.errors import AppError
from tools.devhost.functions import Function, resolve
from tools.devhost.host_json import HostOptions, read_host_json
from tools.devhost.worker import Worker


@dataclass(frozen=True)
class LoadedApp:
    """An app that is indexed in this process."""

    folder: Path
    functions: tuple[Function, ...]
    options: HostOptions
    settings: Mapping[str, str]
    worker: Worker


@contextlib.contextmanager
def loaded(
    folder: Path, *, storage: str | None = None, overrides: Mapping[str, str] | None = None
) -> Iterator[LoadedApp]:
    """Index the app in the folder and lend it this process until the block ends.

    Args:
        folder: holds function_app.py, host.json and perhaps local.settings.json.
        storage: a connection string that stands in for every emulator connection of the settings; None changes nothing.
        overrides: settings that win over everything; for tests.

    Raises:
        AppError: the app cannot be run; the message names the file, the function or the setting.
        HostError: another app is loaded in this process.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise AppError(f"{folder} is no folder")
    settings = read_settings(folder, os.environ, storage=storage, overrides=overrides)
    development = settings["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"
    options = read_host_json(folder, development=development)
    with lent_to(folder, settings):
        worker = Worker()
        try:
            functions = resolve(worker.start(folder), settings)
            yield LoadedApp(folder, functions, options, settings, worker)
        finally:
            worker.stop()
