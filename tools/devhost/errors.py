"""What can go wrong before the first message: the message of each error says what, where, and what to do."""

from __future__ import annotations


class HostError(Exception):
    """The host cannot do what was asked; the message is one sentence for the person who asked."""


class AppError(HostError):
    """The app cannot be run as it is written or configured; the message names the function or the file."""
