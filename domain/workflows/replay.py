"""Send a dead letter again, keep who did it, and how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.commands import Command
from domain.dead_letters import PART_LENGTH, SENTENCE_LENGTH_MAX, DeadLetter
from domain.errors import ChangedMeanwhile, ContentDiffers
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.replays import NAME_LENGTH_MAX, Replay, ReplayState, is_better, last_of, replay_key
from domain.rows import Insert
from domain.saving import ROUNDS_MAX, replace_status, save
from domain.tables import Table
from domain.workflows.reading import find_record

TABLE = Table.INVOICING_REPLAYS


@dataclass(frozen=True, slots=True)
class Person:
    """Who replays, and when."""

    name: str
    at: datetime


def read_replays(store: RowStore, kind: str, letter: str) -> Iterator[Replay]:
    """Read all replays of a letter, the first one first."""
    for page in store.read_pages(TABLE, kind, first=f"{letter}|", last=f"{letter}|~"):
        for row in page:
            yield Replay.from_columns(row.columns)


def replay(
    store: RowStore,
    sender: CommandSender,
    letter: DeadLetter,
    command: Command,
    person: Person,
    body: str | None = None,
) -> Outcome:
    """Send a letter again, unless that is done.

    Args:
        store: where letters and replays stand.
        sender: sends to the queue of the command's kind.
        letter: what is sent again; it stays as it is.
        command: what the letter's body says, or the corrected body, as the decoder of the letter's queue has read it.
        person: who does it.
        body: the corrected body; None: the letter's own.

    Returns:
        letter_replayed when it was sent; nothing_to_do when an earlier replay is done.

    Repeating it: a replay that is under way is sent again under its own number, in case its message was never sent;
        receivers do not mind, and no second record is made.
    """
    last = last_of(read_replays(store, command.name, letter.letter))
    if last is not None and last.state is ReplayState.DONE:
        return Outcome(Action.NOTHING_TO_DO, letter.letter, {"queue": letter.queue, "state": last.state.value})
    if last is None or last.state is not ReplayState.UNDER_WAY:
        last = _begin(store, letter, command, person, body, number=1 if last is None else last.number + 1)
    update = {"tries": None, "letter": letter.letter, "replay": last.number}
    sender.send((command.model_copy(update=update),))
    facts: dict[str, str | int] = {"queue": letter.queue, "replay": last.number, "by": last.by}
    return Outcome(Action.LETTER_REPLAYED, letter.letter, facts)


def _begin(
    store: RowStore, letter: DeadLetter, command: Command, person: Person, body: str | None, *, number: int
) -> Replay:
    parts = [body[start : start + PART_LENGTH] for start in range(0, len(body), PART_LENGTH)] if body else []
    begun = Replay(
        kind=command.name,
        letter=letter.letter,
        number=number,
        by=person.name[:NAME_LENGTH_MAX],
        at=person.at,
        document=command.document,
        correlation=command.correlation,
        body=parts[0] if parts else None,
        body_more=parts[1] if len(parts) > 1 else None,
    )
    try:
        save(store, TABLE, begun.kind, (Insert(begun.key.row, begun.to_columns()),))
    except ContentDiffers:
        # somebody else was faster: theirs is the replay, and sending it a second time does nothing twice
        return find_record(store, TABLE, begun.key, Replay) or begun
    return begun


def end_replay(store: RowStore, command: Command, state: ReplayState, sentence: str = "") -> None:
    """Say how the replay ended that a command comes from; a command that comes from none is left alone.

    Repeating it: the better of two endings stands, whoever came first.
    """
    if command.letter is None or command.replay is None:
        return
    key = replay_key(command.name, command.letter, command.replay)
    for _ in range(ROUNDS_MAX):
        row = store.find(TABLE, key)
        if row is None:
            # a sender made these fields up: there is nothing to close
            return
        stands = Replay.from_columns(row.columns)
        if not is_better(state, than=stands.state):
            return
        ended = stands.changed(state=state, sentence=sentence[:SENTENCE_LENGTH_MAX] or None)
        try:
            replace_status(store, TABLE, key, ended.to_columns(), row.etag)
        except ChangedMeanwhile:
            continue
        return
