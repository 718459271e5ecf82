"""`invoicing replay`: send dead letters again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.commands import COMMANDS, Command
from domain.dead_letters import body_of
from domain.errors import BadMessage
from domain.limits import MESSAGE_BYTES_MAX
from domain.outcome import Action
from domain.workflows.replay import Person, replay
from functions.messages import decode
from tools.cli.amounts import count_text
from tools.cli.desk import Desk, Sorry
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.failures import expect_known, find_letter, read_kept
from tools.cli.failures_view import Kept

# letters that are named; the rest is counted
ROWS_DRAWN_MAX = 50
PROGRESS_FROM = 20


@dataclass(slots=True)
class Tally:
    """What became of the letters."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    sent: int = 0
    left: int = 0
    refused: int = 0


def replay_letters(
    desk: Desk,
    name: str | None,
    *,
    reason: str | None,
    queue: str | None,
    all_letters: bool,
    body: Path | None,
    by: str,
    dry_run: bool,
) -> int:
    """Send letters again; 1 when one of them can't be."""
    chosen = _choose(desk, name, reason=reason, queue=queue, all_letters=all_letters, body=body)
    if not chosen:
        expect_known(desk, queue=queue, reason=reason)
        say(desk.console, "No letter waits that matches; `invoicing failures` lists them.", "yellow")
        return 0
    corrected = _read_body(body) if body else None
    tally, person = Tally(), Person(by, desk.clock.now())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    is_quiet = len(chosen) < PROGRESS_FROM
    with Progress(*columns, console=desk.console, transient=True, disable=is_quiet) as progress:
        for kept in progress.track(chosen, description="replay"):
            _replay_one(desk, kept, person, corrected, tally, dry_run=dry_run)
    _tell(desk, tally, dry_run=dry_run)
    return 1 if tally.refused else 0


def _choose(
    desk: Desk, name: str | None, *, reason: str | None, queue: str | None, all_letters: bool, body: Path | None
) -> Sequence[Kept]:
    ways = sum((name is not None, reason is not None, all_letters))
    if ways != 1:
        raise Sorry("say which letters: their id, --reason CODE, or --all, and only one of the three")
    if name is not None:
        return (find_letter(desk, name),)
    if body is not None:
        raise Sorry("a corrected body is for one letter; give its id")
    return [kept for kept in read_kept(desk, queue=queue, reason=reason) if not kept.is_settled]


def _read_body(path: Path) -> bytes:
    with path.open("rb") as file:
        # one byte more tells that it is too long, however long it is
        return file.read(MESSAGE_BYTES_MAX + 1)


def command_of(desk: Desk, kept: Kept, body: bytes) -> Command:
    """Read a body as the queue of the letter does, so that it can't go to another.

    Raises:
        Sorry: no queue of this app has that name.
        BadMessage: the body is not a command of that queue.
    """
    kind = next((each for each in COMMANDS if desk.queues.get(each.name) == kept.letter.queue), None)
    if kind is None:
        raise Sorry(
            f"no command goes to a queue named {kept.letter.queue}; give the queue its name back in the settings"
        )
    return decode(body, kind)


def _replay_one(
    desk: Desk, kept: Kept, person: Person, corrected: bytes | None, tally: Tally, *, dry_run: bool
) -> None:
    letter = kept.letter
    if kept.is_settled:
        tally.left += 1
        tally.rows.append((letter.letter, letter.queue, letter.document or "", "left alone: a replay of it is done"))
        return
    try:
        command = command_of(desk, kept, corrected if corrected is not None else body_of(letter))
    except (BadMessage, Sorry) as error:
        tally.refused += 1
        hint = "" if corrected is not None else f"; send it corrected: invoicing replay {letter.letter} --body FILE"
        tally.rows.append((letter.letter, letter.queue, letter.document or "", f"can't be replayed: {error}{hint}"))
        return
    if dry_run:
        tally.sent += 1
        tally.rows.append((letter.letter, letter.queue, command.document, "would be sent again"))
        return
    text = corrected.decode() if corrected is not None else None
    outcome = replay(desk.store, desk.sender, letter, command, person, text)
    is_sent = outcome.action is Action.LETTER_REPLAYED
    tally.sent += is_sent
    tally.left += not is_sent
    number = outcome.facts.get("replay", "")
    told = f"sent again, replay {number}" if is_sent else "left alone: a replay of it is done"
    tally.rows.append((letter.letter, letter.queue, command.document, told))


def _tell(desk: Desk, tally: Tally, *, dry_run: bool) -> None:
    draw_rows(desk.console, grid("", "letter", "queue", "document", "what became of it"), tally.rows[:ROWS_DRAWN_MAX])
    if len(tally.rows) > ROWS_DRAWN_MAX:
        say(desk.console, f"... and {len(tally.rows) - ROWS_DRAWN_MAX} more", "dim")
    verb = "would be sent again" if dry_run else "sent again"
    text = f"{count_text(tally.sent, 'letter')} {verb}, {tally.left} left alone, {tally.refused} can't be replayed."
    say(desk.console, text, "yellow" if tally.refused else "green")
    if tally.sent and not dry_run:
        say(desk.console, "`invoicing failures show ID` tells how a replay ended.", "dim")
