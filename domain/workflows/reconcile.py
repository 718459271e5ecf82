"""The timer that finds open documents which stopped, sends again what was lost, and names what it can't mend.

A tick reads the index of open documents and looks at those whose time has come, the one left alone longest first; the
next tick goes on with the rest. A document that ties out is taken off the index. One that has moved since the last
look, or that waits for something known, is left alone. One that stands still gets again what can be sent again; after
five tries without any movement, or at once where nothing can be sent, the problem is stored on the document.

Source: Project Operations documentation, Out-of-sync actuals: there a person looks, for a month back and all or
nothing; here each open document is looked at, as long as it is open, row by row.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from domain.errors import CarriesProblem, ChangedMeanwhile, ContentDiffers, Problem, ReasonCode, RowMissing
from domain.open_documents import WAITS, OpenDocument, OpenKind, is_due
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.problems import OpenProblem, open_problem
from domain.reconciliation import Difference, Remark, SyncAgain, TieOut, standing
from domain.rows import StoredRow
from domain.tables import Table
from domain.workflows.handling import clear_problem, keep_problem
from domain.workflows.open_index import close, note, read_open
from domain.workflows.reading import read_records
from domain.workflows.reconcile_looking import look_at_invoice, look_at_rows
from domain.workflows.reconcile_mending import mend
from domain.workflows.reconcile_reading import Look

# documents that one tick looks at
DOCUMENTS_PER_TICK_MAX = 100
# of the dead letters of one queue, a thousand each; what stands behind them is not named, and `failures` tells it
LETTER_PAGES_MAX = 20
STAGE = "reconcile"


@dataclass(slots=True)
class _Tick:
    """One tick with what it knows and counts."""

    store: RowStore
    sender: CommandSender
    queues: Sequence[str]
    now: datetime
    look: Look
    _letters: dict[str, list[str]] | None = None
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("tied_out", "sent_again", "given_up"), 0))

    def letters(self, document: str) -> Sequence[str]:
        """Name the dead letters of a document; they are read once, and only when a problem is told."""
        if self._letters is None:
            self._letters = {}
            for queue in self.queues:
                pages = self.store.read_pages(Table.INVOICING_DEAD_LETTERS, queue, columns=("Letter", "Document"))
                for row in chain.from_iterable(islice(pages, LETTER_PAGES_MAX)):
                    self._letters.setdefault(str(row.columns.get("Document")), []).append(row.key.row)
        return self._letters.get(document, ())


def reconcile(store: RowStore, sender: CommandSender, queues: Iterable[str], now: datetime) -> Iterator[Outcome]:
    """Look at the open documents whose time has come.

    Args:
        store: both systems.
        sender: who carries what is sent again.
        queues: names of the queues, without -poison: where dead letters are looked for.
        now: the instant of the tick.

    Yields:
        The outcome of each document of which there is something to tell, and last that of the whole tick.

    Bounds: one call when nothing is open; then what is pending once, and for each document what its rows cost.
    """
    rows = list(read_open(store))
    due = [row for row in rows if is_due(OpenDocument.from_columns(row.columns), row.changed_at or now, now)]
    chosen = sorted(due, key=lambda row: row.changed_at or now)[:DOCUMENTS_PER_TICK_MAX]
    counted = {"tied_out": 0, "sent_again": 0, "given_up": 0}
    if chosen:
        tick = _Tick(store, sender, tuple(queues), now, Look.begin(store))
        for row in chosen:
            outcome = _isolated(tick, row)
            if outcome is not None:
                yield outcome
        counted = tick.counted
    facts = {"open": len(rows), "looked_at": len(chosen), "left_for_later": len(due) - len(chosen), **counted}
    yield Outcome(Action.DOCUMENTS_RECONCILED if chosen else Action.NOTHING_TO_DO, STAGE, facts)


def look_at(look: Look, document: OpenDocument) -> TieOut:
    """Look at one open document."""
    if document.kind is OpenKind.INVOICE:
        return look_at_invoice(look, document.partition)
    return look_at_rows(look, span_of(document))


def span_of(document: OpenDocument) -> SyncAgain:
    """Give the range of rows that an open document speaks of."""
    return SyncAgain(document.map or "", document.partition, document.first or "", document.last or "")


def _isolated(tick: _Tick, row: StoredRow) -> Outcome | None:
    document = OpenDocument.from_columns(row.columns)
    try:
        return _reconcile(tick, row, document)
    except CarriesProblem as error:
        problem = error.problem
    except ContentDiffers as error:
        problem = Problem(ReasonCode.CONTENT_DIFFERS, str(error), (document.partition,))
    except (ChangedMeanwhile, RowMissing):
        # somebody is working on it; the next look sees what came of it
        return None
    # a row that cannot be read holds up no other document
    keep_problem(tick.store, _problem_row(document, problem, tick.now))
    note(tick.store, row, progress=problem.code.value + WAITS, tries=document.tries or 0)
    return _outcome(document, 0, problem)


def _reconcile(tick: _Tick, row: StoredRow, document: OpenDocument) -> Outcome | None:
    tie_out = look_at(tick.look, document)
    if not tie_out.found:
        # while the row stands, whoever dies in between comes back for the problem
        clear_problem(tick.store, document.partition, document.stage)
        close(tick.store, row)
        tick.counted["tied_out"] += 1
        return None
    stopped, progress = bool(tie_out.stopped), tie_out.progress
    if progress + WAITS * (not stopped) != document.progress:
        # it has moved since the last look
        note(tick.store, row, progress=progress + WAITS * (not stopped), tries=0)
        return _named(tick, document, tie_out, sent=0, given_up=False)
    if not stopped:
        note(tick.store, row, progress=progress + WAITS, tries=0)
        return _named(tick, document, tie_out, sent=0, given_up=False)
    return _again(tick, row, document, tie_out)


def _again(tick: _Tick, row: StoredRow, document: OpenDocument, tie_out: TieOut) -> Outcome | None:
    given_up = document.was_given_up
    sent = 0 if given_up else mend(tick.store, tick.sender, document, tie_out.mends, tick.now)
    tick.counted["sent_again"] += sent
    tries = document.tries or 0
    note(tick.store, row, progress=tie_out.progress, tries=tries if given_up else tries + 1)
    return _named(tick, document, tie_out, sent=sent, given_up=given_up)


def _named(tick: _Tick, document: OpenDocument, tie_out: TieOut, *, sent: int, given_up: bool) -> Outcome | None:
    problem = standing(tie_out, given_up=given_up)
    if problem is None:
        clear_problem(tick.store, document.partition, document.stage)
        return _outcome(document, sent) if sent else None
    _add_letters(tick, document, tie_out)
    problem = standing(tie_out, given_up=given_up) or problem
    keep_problem(tick.store, _problem_row(document, problem, tick.now))
    tick.counted["given_up"] += 1
    return _outcome(document, sent, problem)


def _add_letters(tick: _Tick, document: OpenDocument, tie_out: TieOut) -> None:
    documents = {document.partition, *(getattr(each, "document", "") for each in tie_out.mends)}
    what = "dead letters speak of it; see whether they were replayed (invoicing failures show ID)"
    for letter in (letter for each in sorted(documents) for letter in tick.letters(each)):
        tie_out.say(Difference(Remark(ReasonCode.ATTEMPTS_EXHAUSTED, what), letter))


def _problem_row(document: OpenDocument, problem: Problem, now: datetime) -> OpenProblem:
    return open_problem(
        problem, document=document.partition, stage=document.stage, correlation=document.correlation, since=now
    )


def stored_problems(store: RowStore, document: OpenDocument) -> Iterator[OpenProblem]:
    """Read what other stages have stored on a document: what explains why it waits."""
    for problem in read_records(store, Table.INVOICING_PROBLEMS, document.partition, OpenProblem):
        if not problem.stage.startswith(STAGE):
            yield problem


def _outcome(document: OpenDocument, sent: int, *problems: Problem) -> Outcome:
    facts: dict[str, str | int] = {"kind": document.kind.value, "sent_again": sent}
    if document.reference:
        facts["invoice"] = document.reference
    return Outcome(Action.DOCUMENT_STOPPED, document.partition, facts, problems, correlation=document.correlation)
