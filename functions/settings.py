"""The settings of the app: read once from the environment, checked together, frozen.

`SETTINGS` is the whole list, in the order in which `docs/settings.md` explains it. Bindings read some of them by
themselves (`%NAME%`, connections by prefix); they are listed and checked here all the same, because the host says
little when one is missing.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from domain.commands import COMMANDS
from domain.retries import Retries
from domain.table_maps import TABLE_MAPS
from functions.setting_reader import Setting, SettingReader

STORAGE = "INVOICING_STORAGE"
MANAGED_IDENTITY = "managedidentity"
_RETRY_SECONDS_HIGHEST, _RETRY_TRIES_HIGHEST = 86_400, 1_000
# a queue name has 63 characters at most, and its poison queue needs seven of them
_QUEUE_NAME = re.compile(r"(?=.{3,56}\Z)[a-z0-9]+(-[a-z0-9]+)*")


def queue_setting(stem: str) -> str:
    """Name the setting that holds a queue's name: `CONFIRM_INVOICE_QUEUE` for `confirm-invoice`."""
    return f"{stem.upper().replace('-', '_')}_QUEUE"


STORAGE_SETTINGS: tuple[Setting, ...] = (
    Setting(STORAGE, "", "Connection string of the storage account; leave it out where an identity is used."),
    Setting(f"{STORAGE}__tableServiceUri", "", "Address of its tables, https://<account>.table.core.windows.net."),
    Setting(f"{STORAGE}__queueServiceUri", "", "Address of its queues, https://<account>.queue.core.windows.net."),
    Setting(
        f"{STORAGE}__credential", "", "managedidentity in Azure; else the signed-in developer's credential is used."
    ),
    Setting(f"{STORAGE}__clientId", "", "Client id of a user-assigned identity; leave it out for the system's own."),
)
QUEUE_SETTINGS: tuple[Setting, ...] = tuple(
    Setting(queue_setting(command.name), command.name, f"Name of the queue of {command.name} commands.")
    for command in COMMANDS
)
SCHEDULE_SETTINGS: tuple[Setting, ...] = (
    Setting("IMPORT_FROM_STAGING_SCHEDULE", None, "When staging rows are imported: six-field NCRONTAB, UTC."),
    Setting("POST_JOURNAL_SCHEDULE", None, "When unposted integration journals are posted: six-field NCRONTAB, UTC."),
    Setting("POST_PROPOSAL_SCHEDULE", None, "When imported invoice proposals are posted: six-field NCRONTAB, UTC."),
    Setting("CREATE_PROFORMA_SCHEDULE", None, "When invoice schedules run: six-field NCRONTAB, UTC."),
    Setting("MEASURE_PENDING_SCHEDULE", None, "When pending work is counted: six-field NCRONTAB, UTC."),
)
MESSAGE_ATTEMPTS_MAX = Setting(
    "MESSAGE_ATTEMPTS_MAX",
    "5",
    "Deliveries of a message before it is a dead letter; equals maxDequeueCount in host.json.",
)
ROWS_PER_SYNC_MESSAGE_MAX = Setting(
    "ROWS_PER_SYNC_MESSAGE_MAX", "1000", "Rows of one sync-table-map command of a load at most, 1 to 10,000."
)
PAUSED_TABLE_MAPS = Setting(
    "PAUSED_TABLE_MAPS", "", "Table maps that are paused, with commas between; their messages wait. Blank: none."
)
RETRY_FIRST_SECONDS = Setting(
    "RETRY_FIRST_SECONDS", "10", "Seconds before a command that failed is tried again; doubles each time, 0 to 86,400."
)
RETRY_LONGEST_SECONDS = Setting(
    "RETRY_LONGEST_SECONDS", "900", "Seconds between two tries of a command at most, 0 to 86,400."
)
RETRY_TRIES_MAX = Setting(
    "RETRY_TRIES_MAX", "20", "Tries of a command whose failure can pass, before it is a dead letter, 1 to 1,000."
)
OTHER_SETTINGS: tuple[Setting, ...] = (
    MESSAGE_ATTEMPTS_MAX,
    RETRY_FIRST_SECONDS,
    RETRY_LONGEST_SECONDS,
    RETRY_TRIES_MAX,
    ROWS_PER_SYNC_MESSAGE_MAX,
    PAUSED_TABLE_MAPS,
)
SETTINGS: tuple[Setting, ...] = STORAGE_SETTINGS + QUEUE_SETTINGS + SCHEDULE_SETTINGS + OTHER_SETTINGS


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """How the storage account is reached: by a connection string, or by both addresses and an identity."""

    # empty when an identity is used; never shown, it holds a key
    connection_string: str
    table_service_uri: str
    queue_service_uri: str
    # `managedidentity`, or empty for whatever credential the machine has
    credential: str
    # of a user-assigned identity; empty for the system's own
    client_id: str

    def __repr__(self) -> str:
        """Show the addresses, and nothing secret."""
        how = "connection string" if self.connection_string else f"{self.table_service_uri} {self.queue_service_uri}"
        return f"StorageConnection({how})"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is configured, checked."""

    storage: StorageConnection
    # queue stem (`confirm-invoice`) to the queue's name
    queues: Mapping[str, str]
    # deliveries of one message
    message_attempts_max: int
    # how often and how slowly a command is tried again
    retries: Retries
    # rows that one sync command names
    rows_per_sync_message_max: int
    # names of the table maps whose messages wait
    paused_table_maps: frozenset[str]

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read all settings.

        Args:
            environment: names and values; None reads the environment of the process. Blank values count as missing.

        Raises:
            BadSettings: names every setting that is missing or wrong and says what it must be. It never shows the
                value of the connection string.
        """
        reader = _Reader(os.environ if environment is None else environment)
        settings = cls(
            storage=reader.storage(),
            queues=reader.queues(),
            message_attempts_max=reader.number(MESSAGE_ATTEMPTS_MAX, 100),
            retries=reader.retries(),
            rows_per_sync_message_max=reader.number(ROWS_PER_SYNC_MESSAGE_MAX, 10_000),
            paused_table_maps=reader.table_maps(PAUSED_TABLE_MAPS),
        )
        reader.require(SCHEDULE_SETTINGS)
        reader.finish()
        return settings


class _Reader(SettingReader):
    """Reads our settings; what is wrong is collected, so that all of it is told at once."""

    def retries(self) -> Retries:
        first, longest = (
            self.number(setting, _RETRY_SECONDS_HIGHEST, lowest=0)
            for setting in (RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS)
        )
        return Retries(first, longest, self.number(RETRY_TRIES_MAX, _RETRY_TRIES_HIGHEST))

    def table_maps(self, setting: Setting) -> frozenset[str]:
        names = frozenset(name.strip() for name in self.text(setting.name).split(",") if name.strip())
        known = {table_map.name for table_map in TABLE_MAPS}
        for name in sorted(names - known):
            self.refuse(f"{setting.name} names {name[:40]!r}; the table maps are {', '.join(sorted(known))}")
        return names

    def storage(self) -> StorageConnection:
        connection, tables, queues, credential, client_id = (self.text(setting.name) for setting in STORAGE_SETTINGS)
        if connection and (tables or queues):
            self.refuse(f"{STORAGE} is set beside {STORAGE}__...ServiceUri; keep one of the two forms")
        elif not connection:
            for setting, address in zip(STORAGE_SETTINGS[1:3], (tables, queues), strict=True):
                self._check_address(setting.name, address)
        if credential not in ("", MANAGED_IDENTITY):
            self.refuse(f"{STORAGE}__credential must be {MANAGED_IDENTITY} or left out, not {credential[:20]!r}")
        return StorageConnection(connection, tables, queues, credential, client_id)

    def queues(self) -> Mapping[str, str]:
        names = {command.name: self._queue(setting) for command, setting in zip(COMMANDS, QUEUE_SETTINGS, strict=True)}
        for name in sorted({name for name in names.values() if list(names.values()).count(name) > 1}):
            stems = ", ".join(queue_setting(stem) for stem, each in names.items() if each == name)
            self.refuse(f"{stems} name the same queue {name}; give each its own")
        return MappingProxyType(names)

    def _queue(self, setting: Setting) -> str:
        name = self.text(setting.name, setting.default or "")
        if not _QUEUE_NAME.fullmatch(name):
            rule = "3 to 56 lower-case letters, digits and single hyphens"
            self.refuse(f"{setting.name} must be {rule}, not {name[:60]!r}")
        return name

    def _check_address(self, name: str, address: str) -> None:
        if not address:
            self.refuse(f"{name} is missing; set it, or {STORAGE} to a connection string")
        elif not address.startswith("https://"):
            self.refuse(f"{name} must begin with https://, not {address[:60]!r}")
