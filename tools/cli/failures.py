"""`invoicing failures`: messages that were given up, grouped by reason, and one of them as a whole."""

import re
from collections.abc import Iterator

from rich.console import Console

from domain.dead_letters import DeadLetter
from domain.errors import ReasonCode
from domain.replays import Replay
from domain.rows import StoredRow
from domain.tables import Table
from tools.cli.amounts import count_text
from tools.cli.desk import Desk, Sorry
from tools.cli.drawing import draw_json, draw_rows, grid, say, say_whole, time_text
from tools.cli.failures_view import Group, Kept, LetterView, group_letters, view_letter

# letters that are read at once; more are told, not shown
LETTERS_MAX = 100_000
# of a failure
DIGEST = re.compile(r"[0-9a-f]{16}")


def failures(desk: Desk, *, queue: str | None, reason: str | None, with_settled: bool, as_json: bool) -> int:
    """List what was given up, by reason; 1 while something waits for a person."""
    found = list(read_kept(desk, queue=queue, reason=reason))
    if not found:
        expect_known(desk, queue=queue, reason=reason)
    waiting = [each for each in found if not each.is_settled]
    groups = group_letters(found if with_settled else waiting)
    if as_json:
        draw_json(desk.console, list(map(_plain, groups)))
        return 1 if waiting else 0
    if groups:
        _draw(desk.console, groups)
    settled = len(found) - len(waiting)
    _sum_up(desk, len(waiting), settled, is_narrowed=bool(queue or reason))
    if len(found) == LETTERS_MAX:
        say(desk.console, f"Only {LETTERS_MAX:,} letters were read; --queue shows more of one queue.", "yellow")
    return 1 if waiting else 0


def show_failure(desk: Desk, letter: str, *, as_json: bool) -> int:
    """Show one letter as a whole."""
    view = view_letter(find_letter(desk, letter))
    if as_json:
        draw_json(desk.console, view)
    else:
        _draw_letter(desk.console, view)
    return 0


def read_kept(desk: Desk, *, queue: str | None = None, reason: str | None = None) -> Iterator[Kept]:
    """Read letters with their replays.

    Args:
        desk: where.
        queue: only of this queue.
        reason: only of this reason code, or of this digest.
    """
    replays: dict[str, list[Replay]] = {}
    for row in desk.browser.rows(Table.INVOICING_REPLAYS, limit=LETTERS_MAX):
        each = Replay.from_columns(row.columns)
        replays.setdefault(each.letter, []).append(each)
    for row in desk.browser.rows(Table.INVOICING_DEAD_LETTERS, partition=queue, limit=LETTERS_MAX):
        kept = _kept(row, replays)
        if reason in (None, kept.letter.code.value, kept.letter.traceback_digest):
            yield kept


def expect_known(desk: Desk, *, queue: str | None, reason: str | None) -> None:
    """Say of letters that were not found when there can be none of that name.

    Raises:
        Sorry: no such queue, no such reason.
    """
    if queue is not None and queue not in desk.queues.values():
        raise Sorry(
            f"there is no queue {queue}, and no letter of one; there are {', '.join(sorted(desk.queues.values()))}"
        )
    if reason is not None and reason not in set(ReasonCode) and DIGEST.fullmatch(reason) is None:
        raise Sorry(f"{reason} is neither a reason code nor a digest; `invoicing failures` tells those that there are")


def find_letter(desk: Desk, name: str) -> Kept:
    """Find a letter by its id, or by the beginning of it.

    Raises:
        Sorry: there is none, or several.
    """
    found = [each for each in read_kept(desk) if each.letter.letter.startswith(name.lower())] if name else []
    if len(found) == 1:
        return found[0]
    if found:
        raise Sorry(f"{len(found)} letters begin with {name}; give more of the id")
    raise Sorry(f"there is no letter {name}; `invoicing failures` lists them")


def _kept(row: StoredRow, replays: dict[str, list[Replay]]) -> Kept:
    letter = DeadLetter.from_columns(row.columns)
    return Kept(letter, row.changed_at, tuple(replays.get(letter.letter, ())))


def _plain(group: Group) -> dict[str, object]:
    return {name: getattr(group, name) for name in Group.__dataclass_fields__}


def _draw(console: Console, groups: tuple[Group, ...]) -> None:
    table = grid("Given up", "queue", "reason", "letters", "oldest (UTC)", "newest (UTC)", "why", right=("letters",))
    rows = (
        (
            each.queue,
            each.code if not each.digest else f"{each.code} {each.digest}",
            f"{each.letters}" if not each.under_way else f"{each.letters}, {each.under_way} under way",
            time_text(each.oldest),
            time_text(each.newest),
            f"{each.sentence}\n{each.what_to_do}\nlook at one: invoicing failures show {each.example}",
        )
        for each in groups
    )
    draw_rows(console, table, rows)


def _sum_up(desk: Desk, waiting: int, settled: int, *, is_narrowed: bool) -> None:
    kept = f" {count_text(settled, 'letter')} with a replay that is done: --settled shows them." if settled else ""
    if waiting:
        say(desk.console, f"{count_text(waiting, 'letter')} to look at.{kept}", "yellow")
    elif is_narrowed:
        say(desk.console, f"No such letter waits; without options the others are shown.{kept}", "green")
    else:
        say(desk.console, f"Nothing was given up: no message waits for a person.{kept}", "green")
        say(desk.console, "What stopped for a business reason: invoicing problems", "dim")


def _draw_letter(console: Console, view: LetterView) -> None:
    say(console, f"{view.letter}  {view.queue}  {view.state}", "bold")
    facts = (
        ("reason", f"{view.code}: {view.sentence}"),
        ("tries", str(view.attempts)),
        ("kept at (UTC)", time_text(view.kept_at)),
        ("digest", view.digest),
        ("document", view.document),
        ("correlation", view.correlation),
        ("what to do", view.what_to_do),
    )
    draw_rows(console, grid("", "what", "value"), (fact for fact in facts if fact[1]))
    say(console, f"Body ({view.body_encoding}):", "bold")
    say_whole(console, f"{view.body}\n")
    if view.replays:
        rows = (
            (each.number, each.by, time_text(each.at), each.state, "yes" if each.is_corrected else "", each.sentence)
            for each in view.replays
        )
        draw_rows(console, grid("Replays", "number", "who", "when (UTC)", "ended", "corrected", "why"), rows)
    else:
        say(console, "Never replayed.", "dim")
