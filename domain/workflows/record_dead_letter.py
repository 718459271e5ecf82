"""Keep a message that could not be processed."""

from domain.dead_letters import DeadLetter
from domain.errors import ContentDiffers
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table


def record_dead_letter(store: RowStore, letter: DeadLetter) -> Outcome:
    """Keep the letter; one that is kept already stays as it is, with the reason that was known first.

    The trigger that failed for the last time knows the exception and records first; the poison copy that the host
    makes afterwards, perhaps twice, finds the row.
    """
    try:
        save(store, Table.INVOICING_DEAD_LETTERS, letter.queue, (Insert(letter.letter, letter.to_columns()),))
    except ContentDiffers:
        return Outcome(Action.NOTHING_TO_DO, letter.letter, {"queue": letter.queue})
    facts: dict[str, str | int] = {"queue": letter.queue, "code": letter.code.value, "attempts": letter.attempts}
    return Outcome(Action.DEAD_LETTER_RECORDED, letter.document or letter.letter, facts)
