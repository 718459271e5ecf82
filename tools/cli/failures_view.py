"""What `failures` tells about dead letters: groups of one reason, and one letter as a whole. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.dead_letters import DeadLetter, body_of
from domain.errors import ReasonCode
from domain.replays import Replay, ReplayState, last_of

# what can't be decoded can't be replayed as it is
UNREADABLE = frozenset(
    (
        ReasonCode.MESSAGE_ENCODING_WRONG,
        ReasonCode.MESSAGE_NOT_JSON,
        ReasonCode.MESSAGE_TOO_LARGE,
        ReasonCode.MESSAGE_SCHEMA_UNKNOWN,
        ReasonCode.MESSAGE_FIELD_WRONG,
    )
)
WAITING = "waits for a person"


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter, when it was kept, and its replays."""

    letter: DeadLetter
    kept_at: datetime | None
    replays: tuple[Replay, ...] = ()

    @property
    def state(self) -> str:
        """What became of it, in words."""
        last = last_of(self.replays)
        return WAITING if last is None else last.state.value

    @property
    def is_settled(self) -> bool:
        """Whether a replay is done, so that nobody has to look at it."""
        last = last_of(self.replays)
        return last is not None and last.state is ReplayState.DONE

    @property
    def is_under_way(self) -> bool:
        """Whether a replay was sent that nobody has closed yet."""
        last = last_of(self.replays)
        return last is not None and last.state is ReplayState.UNDER_WAY


@dataclass(frozen=True, slots=True)
class Group:
    """Letters of one queue with one reason."""

    queue: str
    code: str
    # of the failure; empty when there was none
    digest: str
    letters: int
    under_way: int
    oldest: datetime | None
    newest: datetime | None
    # of the newest letter that waits for a person; else of the newest that is under way; else of the newest
    example: str
    sentence: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class ReplayView:
    """One replay of a letter."""

    number: int
    by: str
    at: datetime
    state: str
    sentence: str
    # whether another body was sent than the letter's own
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class LetterView:
    """One letter as a whole."""

    letter: str
    queue: str
    state: str
    code: str
    sentence: str
    attempts: int
    kept_at: datetime | None
    digest: str
    document: str
    correlation: str
    body_encoding: str
    body: str
    what_to_do: str
    replays: tuple[ReplayView, ...]


def group_letters(letters: Iterable[Kept]) -> tuple[Group, ...]:
    """Group letters by queue, reason and digest, the largest group first."""
    groups: dict[tuple[str, str, str], list[Kept]] = {}
    for each in letters:
        letter = each.letter
        key = (letter.queue, letter.code.value, letter.traceback_digest or "")
        groups.setdefault(key, []).append(each)
    made = [_group(*key, members) for key, members in groups.items()]
    return tuple(sorted(made, key=lambda group: (-group.letters, group.queue, group.code, group.digest)))


def _group(queue: str, code: str, digest: str, members: Sequence[Kept]) -> Group:
    dated = [each for each in members if each.kept_at is not None]
    newest = max(dated, key=_time, default=members[-1])
    open_ = [each for each in dated if not each.is_settled]
    idle = [each for each in open_ if not each.is_under_way]
    example = max(idle or open_ or dated, key=_time, default=newest)
    return Group(
        queue=queue,
        code=code,
        digest=digest,
        letters=len(members),
        under_way=sum(each.is_under_way for each in members),
        oldest=min((each.kept_at for each in dated if each.kept_at), default=None),
        newest=newest.kept_at,
        example=example.letter.letter,
        sentence=example.letter.sentence,
        what_to_do=what_to_do(example, f"--reason {digest or code} --queue {queue}"),
    )


def _time(kept: Kept) -> str:
    return kept.kept_at.isoformat() if kept.kept_at else ""


def what_to_do(kept: Kept, which: str) -> str:
    """Say what a person does about letters like this one."""
    letter = kept.letter
    if kept.is_settled:
        return "nothing: a replay is done"
    if kept.is_under_way:
        return f"look again: a replay is under way; if it stays so: invoicing replay {which}"
    if letter.code in UNREADABLE:
        return f"correct the sender; to send it corrected: invoicing replay {letter.letter} --body FILE"
    return f"mend the cause, then: invoicing replay {which}"


def view_letter(kept: Kept) -> LetterView:
    """Build the view of one letter."""
    letter = kept.letter
    return LetterView(
        letter=letter.letter,
        queue=letter.queue,
        state=kept.state,
        code=letter.code.value,
        sentence=letter.sentence,
        attempts=letter.attempts,
        kept_at=kept.kept_at,
        digest=letter.traceback_digest or "",
        document=letter.document or "",
        correlation=letter.correlation or "",
        body_encoding=letter.body_encoding,
        body=readable(letter),
        what_to_do=what_to_do(kept, letter.letter),
        replays=tuple(
            ReplayView(each.number, each.by, each.at, each.state.value, each.sentence or "", each.body is not None)
            for each in sorted(kept.replays, key=lambda replay: replay.number)
        ),
    )


def readable(letter: DeadLetter) -> str:
    """Give the body as text; what is no text as hexadecimal, sixteen bytes a line, with what can be read beside it."""
    body = body_of(letter)
    if letter.body_encoding == "text":
        return body.decode()
    lines = (body[start : start + 16] for start in range(0, len(body), 16))
    return "\n".join(f"{line.hex(' '):<47}  {_printable(line)}" for line in lines)


def _printable(line: bytes) -> str:
    return "".join(
        character if character.isascii() and character.isprintable() else "." for character in map(chr, line)
    )
