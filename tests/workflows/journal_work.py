"""Integration journals that people work on: made, changed, posted, and where a fault comes in between."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from domain.commands import PostJournal
from domain.errors import NotYet, OutcomeUnknown, Refused
from domain.identifiers import derive_id
from domain.journal import Journal, JournalLine, LineStatus
from domain.ledger import ProjectTransaction
from domain.outcome import Outcome
from domain.tables import Table
from domain.workflows.dispatch import perform
from domain.workflows.reading import find_record
from tests.line import Breaker, Line, ProcessDied
from tests.workflows.staged_work import ACCRUES, cost, finance, journals, lines, sale, stage

PAYROLL = {"Kind": "ProjPosting", "PostingType": 122, "MainAccount": "600300", "AccountName": "Payroll allocation"}
COST, SALE, OTHER = cost("c"), sale("s"), sale("o")
FAULTS = {"process dies": ProcessDied(), "answer is lost": OutcomeUnknown("the connection was closed")}


def imported(**parameters: Any) -> Line:
    """One journal of a cost and two sales that are accrued."""
    line = finance(ACCRUES, **parameters)
    stage(line, COST, SALE, OTHER)
    line.tick()
    return line


def post(line: Line, journal: Journal, *, interactive: bool = False) -> Outcome:
    """Post a journal, without what it sends."""
    return perform(line.store, line.queues, command(line, journal, interactive=interactive))


def command(line: Line, journal: Journal, *, interactive: bool = False) -> PostJournal:
    """The command that posts a journal."""
    return PostJournal(
        command=derive_id("post", journal.journal),
        correlation=journal.correlation,
        requested_at=line.clock.now(),
        journal=journal.journal,
        interactive=interactive,
    )


def try_to_post(line: Line, journal: Journal) -> None:
    """Post as the host does: what is not ready yet is delivered again."""
    try:
        post(line, journal)
    except NotYet:
        line.send(command(line, journal))


def try_to(act: Callable[[], object]) -> None:
    """Do something that may come too early or be refused."""
    with suppress(NotYet, Refused):
        act()


def only(line: Line) -> Journal:
    """The one journal."""
    (journal,) = journals(line)
    return journal


def stands(line: Line, journal: Journal) -> Journal:
    """A journal as it stands now."""
    found = find_record(line.store, Table.FINANCE_INTEGRATION_JOURNALS, journal.key, Journal)
    assert found is not None
    return found


def number_of(line: Line, actual: str) -> int:
    """The number of the line that an actual has and that is not deleted."""
    return next(each.number for each in standing(line) if each.actual == actual)


def standing(line: Line) -> list[JournalLine]:
    """The lines that count."""
    gone = (LineStatus.DELETED, LineStatus.TRANSFERRED)
    return [each for each in lines(line) if each.status not in gone]


def line_of(line: Line, actual: str) -> JournalLine:
    """The line of an actual that counts."""
    (found,) = (each for each in standing(line) if each.actual == actual)
    return found


def transactions(line: Line) -> list[str]:
    """The actuals that are posted, each as often as it is."""
    return sorted(each.actual for each in line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction))


def broken(start: Line, act: Callable[[Line], object], fault: str, *, after: bool) -> Iterator[tuple[int, Line]]:
    """Lines on which an act met a fault at each of its requests in turn."""
    whole = start.twin()
    counted = Breaker(whole)
    act(whole)
    assert counted.requests > 3
    for at in range(1, counted.requests + 1):
        line = start.twin()
        breaker = Breaker(line, at=at, after=after, error=FAULTS[fault])
        with suppress(ProcessDied, OutcomeUnknown):
            act(line)
        # a request that the storage refuses has no afterwards
        assert breaker.has_broken or after
        yield at, line
