"""The app's settings on this machine: local.settings.json under the environment, `%NAME%` expansion, connections."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from tools.devhost.errors import AppError

HOST_STORAGE = "AzureWebJobsStorage"
# The emulator on its default ports; a given connection string stands in for it wherever it is written.
EMULATOR = "UseDevelopmentStorage=true"
# What `func start` sets too; both a file and the environment may say otherwise.
DEFAULTS = (("AZURE_FUNCTIONS_ENVIRONMENT", "Development"), ("FUNCTIONS_WORKER_RUNTIME", "python"))


def read_settings(
    folder: Path, environment: Mapping[str, str], *, storage: str | None, overrides: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return every setting that the app sees.

    The environment wins over local.settings.json, as it does for `func`. A given storage becomes AzureWebJobsStorage
    and replaces every `UseDevelopmentStorage=true`, so that an app with several connections follows it to one emulator.

    Args:
        folder: the app; local.settings.json may be absent.
        environment: of this process.
        storage: a full connection string, or None to take what the settings say.
        overrides: settings that win over everything; for tests.

    Raises:
        AppError: local.settings.json is no JSON object of texts, or is encrypted.
    """
    settings = dict(DEFAULTS) | _values(folder / "local.settings.json") | dict(environment)
    if storage is not None:
        emulated = {name for name, value in settings.items() if value.strip().rstrip(";") == EMULATOR}
        settings |= dict.fromkeys({HOST_STORAGE, *emulated}, storage)
    return settings | dict(overrides or {})


def _values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise AppError(f"{path} is not valid JSON: {error}") from error
    values = document.get("Values", {}) if isinstance(document, dict) else None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise AppError(f"{path} must be an object whose 'Values' are texts")
    if document.get("IsEncrypted"):
        raise AppError(f"{path} is encrypted: run `func settings decrypt` first")
    return values


def expand(text: str, settings: Mapping[str, str], *, function: str, what: str) -> str:
    """Return the text with every `%NAME%` replaced by the setting of that name.

    Args:
        text: a binding expression, such as `%POST_JOURNAL_QUEUE%`.
        settings: all settings of the app.
        function: whose binding it is, for the message.
        what: the property of the binding, for the message.

    Raises:
        AppError: a setting is missing or a `%` is not closed.
    """

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        if name not in settings:
            raise AppError(
                f"function {function}: its {what} '{text}' needs the setting {name}, which is neither in "
                "local.settings.json nor in the environment"
            )
        return settings[name]

    if text.count("%") % 2:
        raise AppError(f"function {function}: its {what} '{text}' has a % that is not closed")
    return re.sub("%([^%]+)%", value_of, text)


def connection_of(name: str | None, settings: Mapping[str, str], *, function: str) -> str:
    """Return the connection string behind the `connection` of a binding.

    Args:
        name: the setting's name, with or without the prefix AzureWebJobs; empty or None means AzureWebJobsStorage.
        settings: all settings of the app.
        function: whose binding it is, for the message.

    Raises:
        AppError: the setting is missing, or the connection is an identity, which the emulator does not know.
    """
    wanted = expand(name or HOST_STORAGE, settings, function=function, what="connection")
    for candidate in (f"AzureWebJobs{wanted}", wanted):
        if settings.get(candidate):
            return settings[candidate]
    if any(key.startswith((f"{wanted}__", f"AzureWebJobs{wanted}__")) for key in settings):
        raise AppError(
            f"function {function}: connection {wanted} is an identity; on this machine set {wanted} to the connection "
            "string of the emulator"
        )
    raise AppError(
        f"function {function}: connection {wanted} is neither in local.settings.json nor in the environment: set it to "
        f"{EMULATOR}"
    )
