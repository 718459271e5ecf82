"""Replays of dead letters: who sent which letter again, when, and how it ended.

A replay is a message of its own that names the letter and its number; whoever handles it closes the row. What stands
when everything is over does not depend on who came first: of two endings the better one counts.
"""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from domain.commands import Instant
from domain.record import Guid, KeyText, Record, Text
from domain.rows import RowKey

# characters of the name of who replays
NAME_LENGTH_MAX = 100


class ReplayState(StrEnum):
    """How a replay ended, the best ending last."""

    # it was sent, and nobody has closed it yet
    UNDER_WAY = "under way"
    # it failed as the letter did
    DEAD_AGAIN = "dead again"
    # a rule refuses it; the problem stands on the document
    REFUSED = "refused"
    DONE = "done"


class Replay(Record):
    """A row of `InvoicingReplays`. Partition: the kind of command. Row: letter and number."""

    kind: KeyText = Field(alias="Kind")
    letter: Guid = Field(alias="Letter")
    # 1 for the first replay of the letter
    number: int = Field(alias="Replay", ge=1)
    # who, as the operating system knows them or as they said
    by: Text = Field(alias="ReplayedBy")
    at: Instant = Field(alias="ReplayedAt")
    document: Text | None = Field(default=None, alias="Document")
    correlation: Text | None = Field(default=None, alias="Correlation")
    # a corrected body that was sent instead of the letter's; None: the letter's own
    body: Text | None = Field(default=None, alias="Body")
    body_more: Text | None = Field(default=None, alias="Body2")
    state: ReplayState = Field(default=ReplayState.UNDER_WAY, alias="State")
    # why it is refused or dead again
    sentence: Text | None = Field(default=None, alias="Sentence")

    @property
    def key(self) -> RowKey:
        """Partition: the kind of command. Row: letter and number."""
        return replay_key(self.kind, self.letter, self.number)


def replay_key(kind: str, letter: str, number: int) -> RowKey:
    """Locate a replay."""
    return RowKey(kind, f"{letter}|{number:05d}")


def is_better(state: ReplayState, than: ReplayState) -> bool:
    """Tell whether an ending counts although another stands."""
    order = tuple(ReplayState)
    return order.index(state) > order.index(than)


def last_of(replays: Iterable[Replay]) -> Replay | None:
    """Give the latest replay, or None."""
    return max(replays, key=lambda replay: replay.number, default=None)
