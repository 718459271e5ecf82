"""The settings of the app: read once from the environment, checked together, frozen.

What is missing or wrong is told at once; `functions.setting_list` names every setting.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from domain.commands import COMMANDS
from domain.policy import RECOMMENDED, Policy
from domain.retries import Retries
from domain.table_maps import TABLE_MAPS
from functions.setting_list import (
    IMPORT_PROPOSALS_INLINE_MAX,
    MESSAGE_ATTEMPTS_MAX,
    PAUSED_TABLE_MAPS,
    POSTINGS_PER_TICK_MAX,
    QUEUE_SETTINGS,
    RETRY_FIRST_SECONDS,
    RETRY_LONGEST_SECONDS,
    RETRY_TRIES_MAX,
    ROWS_PER_SYNC_MESSAGE_MAX,
    SCHEDULE_SETTINGS,
    SETUP_SECONDS,
    SKIP_SYNC_POLICY,
    STORAGE,
    STORAGE_SETTINGS,
    TABLES_CLIENT,
    WRITES_AT_ONCE,
    queue_setting,
)
from functions.setting_reader import Setting, SettingReader

MANAGED_IDENTITY = "managedidentity"
LEAN, OFFICIAL = "lean", "azure-data-tables"
ADJUSTMENTS_CROSS, LITERAL = "adjustments_cross", "literal"
_RETRY_SECONDS_HIGHEST, _RETRY_TRIES_HIGHEST = 86_400, 1_000
# a queue name has 63 characters at most, and its poison queue needs seven of them
_QUEUE_NAME = re.compile(r"(?=.{3,56}\Z)[a-z0-9]+(-[a-z0-9]+)*")


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
    # proposals that a tick imports itself
    import_proposals_inline_max: int
    # for how long set-up and reference rows are remembered; 0: not at all
    setup_seconds: int
    # names of the table maps whose messages wait
    paused_table_maps: frozenset[str]
    # journals or proposals that a tick hands to the queue
    postings_per_tick_max: int
    # whether the rows go through our own codec
    is_lean: bool = True
    # transactions that the process has under way; 1: one after the other
    writes_at_once: int = 8
    # how what can be read in two ways is read
    policy: Policy = RECOMMENDED

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
            import_proposals_inline_max=reader.number(IMPORT_PROPOSALS_INLINE_MAX, 500),
            setup_seconds=reader.number(SETUP_SECONDS, 300, lowest=0),
            postings_per_tick_max=reader.number(POSTINGS_PER_TICK_MAX, 5_000),
            paused_table_maps=reader.table_maps(PAUSED_TABLE_MAPS),
            is_lean=reader.choice(TABLES_CLIENT, LEAN, OFFICIAL) == LEAN,
            writes_at_once=reader.number(WRITES_AT_ONCE, 64),
            policy=Policy(adjustments_cross=reader.choice(SKIP_SYNC_POLICY, ADJUSTMENTS_CROSS, LITERAL) != LITERAL),
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
