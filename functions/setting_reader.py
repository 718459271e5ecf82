"""Reading settings: what is missing or wrong is collected and told at once."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.errors import BadSettings

_NUMBER_LENGTH_MAX = 9


class Setting(NamedTuple):
    """One setting, as the documentation lists it."""

    name: str
    # None when there is none: the setting must be there
    default: str | None
    # one sentence for the person who sets it
    meaning: str


class SettingReader:
    """Reads settings from an environment and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._wrong: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """Give the value without spaces around it; blank counts as missing."""
        return self._environment.get(name, "").strip() or default

    def number(self, setting: Setting, highest: int, lowest: int = 1) -> int:
        """Give a whole number between both, or refuse it."""
        text = self.text(setting.name, setting.default or "")
        is_number = text.isascii() and text.isdecimal() and len(text) <= _NUMBER_LENGTH_MAX
        if is_number and lowest <= int(text) <= highest:
            return int(text)
        self.refuse(f"{setting.name} must be a whole number from {lowest} to {highest:,}, not {text[:20]!r}")
        return lowest

    def choice(self, setting: Setting, *choices: str) -> str:
        """Give one of these texts, or refuse it."""
        text = self.text(setting.name, setting.default or "")
        if text not in choices:
            self.refuse(f"{setting.name} must be {' or '.join(choices)}, not {text[:40]!r}")
        return text

    def require(self, settings: Iterable[Setting]) -> None:
        """Refuse each of these settings that is missing."""
        for setting in settings:
            if not self.text(setting.name):
                self.refuse(f"{setting.name} is missing. {setting.meaning}")

    def finish(self) -> None:
        """Raise what was refused.

        Raises:
            BadSettings: names every setting that is missing or wrong.
        """
        if self._wrong:
            raise BadSettings("\n- ".join(("settings are missing or wrong:", *self._wrong)))

    def refuse(self, sentence: str) -> None:
        """Remember what is wrong."""
        self._wrong.append(sentence)
