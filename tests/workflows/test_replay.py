"""A dead letter is sent again under a number of its own; how it ended stands, whoever came first and whatever broke."""

from collections.abc import Callable
from itertools import permutations

import pytest

from domain.commands import Command, ConfirmInvoice
from domain.dead_letters import DeadLetter
from domain.errors import OutcomeUnknown, Problem, ReasonCode, Refused
from domain.outcome import Action
from domain.replays import Replay, ReplayState, is_better
from domain.tables import Table
from domain.workflows.replay import Person, end_replay, replay
from functions.messages import decode
from tests.line import ADATUM, CONTRACT_ADATUM, START, Breaker, Line, ProcessDied

PERSON = Person("ann", START)


def dead_before_its_draft() -> tuple[Line, ConfirmInvoice]:
    """A line whose first draft was confirmed before it was made, which was given up; now it is made."""
    made = Line.in_memory()
    prepare(made)
    (invoice,) = [row.key.row for row in made.rows(Table.DATAVERSE_INVOICES)]
    line = Line.in_memory()
    command = line.confirm(invoice)
    line.drain()
    assert [dead.command for dead in line.dead] == [command]
    line.dead.clear()
    prepare(line)
    return line, command


def prepare(line: Line) -> None:
    line.load_samples(ADATUM)
    line.drain()
    line.mark_ready(CONTRACT_ADATUM, up_to=START.date())
    line.create_proforma(CONTRACT_ADATUM)
    line.drain()


def letter_of(line: Line) -> DeadLetter:
    (letter,) = line.records(Table.INVOICING_DEAD_LETTERS, DeadLetter)
    return letter


def send_again(line: Line, person: Person = PERSON) -> Action:
    letter = letter_of(line)
    return replay(line.store, line.queues, letter, decode(letter.body, ConfirmInvoice), person).action


def replays(line: Line) -> list[tuple[int, str, ReplayState]]:
    return [(each.number, each.by, each.state) for each in line.records(Table.INVOICING_REPLAYS, Replay)]


def test_a_replay_does_the_work_and_tells_who_when_and_how_it_ended() -> None:
    line, command = dead_before_its_draft()
    before = letter_of(line)
    assert send_again(line) is Action.LETTER_REPLAYED
    (waiting,) = line.queues.waiting
    assert waiting.command == command.model_copy(update={"letter": before.letter, "replay": 1})
    assert replays(line) == [(1, "ann", ReplayState.UNDER_WAY)]
    outcomes = line.drain()
    assert outcomes[0].action is Action.INVOICE_CONFIRMED
    (ended,) = line.records(Table.INVOICING_REPLAYS, Replay)
    assert (ended.state, ended.sentence, ended.at) == (ReplayState.DONE, None, START)
    assert (ended.document, ended.correlation) == (command.invoice, command.correlation)
    # the letter is kept as it was, and the problem of the command is solved
    assert letter_of(line) == before
    assert line.rows(Table.INVOICING_PROBLEMS) == []


def test_what_is_done_is_not_sent_again() -> None:
    line, _ = dead_before_its_draft()
    send_again(line)
    line.drain()
    stands = line.snapshot()
    assert send_again(line, Person("ben", START)) is Action.NOTHING_TO_DO
    assert (line.queues.waiting, line.snapshot()) == ([], stands)


def test_a_replay_under_way_is_sent_again_under_its_own_number() -> None:
    line, _ = dead_before_its_draft()
    once, _ = dead_before_its_draft()
    for who in ("ann", "ben"):
        assert send_again(line, Person(who, START)) is Action.LETTER_REPLAYED
    send_again(once)
    assert len({waiting.command for waiting in line.queues.waiting}) == 1
    line.drain()
    once.drain()
    assert line.snapshot() == once.snapshot()


def test_a_replay_that_dies_again_is_another_replay_the_next_time() -> None:
    line = Line.in_memory()
    command = line.confirm("00000000-0000-0000-0000-00000000003c")
    line.drain()
    for number in (1, 2):
        send_again(line)
        line.drain()
        assert replays(line)[number - 1 :] == [(number, "ann", ReplayState.DEAD_AGAIN)]
    assert letter_of(line).document == command.invoice
    last = line.records(Table.INVOICING_REPLAYS, Replay)[-1]
    assert "gave up after 20 tries since 2026-08-31T12:00:00Z" in (last.sentence or "")


def test_a_refused_replay_says_why() -> None:
    line, command = dead_before_its_draft()
    send_again(line)
    sentence = f"invoice {command.invoice} is canceled; make another"
    Breaker(line, at=1, error=Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence)))
    (outcome,) = line.drain()
    assert outcome.action is Action.COMMAND_REFUSED
    (ended,) = line.records(Table.INVOICING_REPLAYS, Replay)
    assert (ended.state, ended.sentence) == (ReplayState.REFUSED, sentence)


FAULTS: dict[str, Callable[[], BaseException]] = {
    "process dies": ProcessDied,
    "answer is lost": lambda: OutcomeUnknown("the connection was closed"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("after", [False, True])
def test_a_fault_at_each_request_leaves_the_same_tables(fault: str, after: bool) -> None:
    def run(at: int) -> tuple[Line, Breaker]:
        line, _ = dead_before_its_draft()
        breaker = Breaker(line, at=at, after=after, error=FAULTS[fault]())
        try:
            send_again(line)
        except (OutcomeUnknown, ProcessDied):
            send_again(line)
        line.drain()
        return line, breaker

    straight, counted = run(0)
    assert replays(straight) == [(1, "ann", ReplayState.DONE)]
    for at in range(1, counted.requests + 1):
        line, breaker = run(at)
        assert (breaker.has_broken, line.dead) == (True, [])
        assert line.snapshot() == straight.snapshot(), at


@pytest.mark.parametrize("order", list(permutations((ReplayState.DONE, ReplayState.DEAD_AGAIN, ReplayState.REFUSED))))
def test_the_best_ending_stands_whoever_came_first(order: tuple[ReplayState, ...]) -> None:
    line, _ = dead_before_its_draft()
    send_again(line)
    (waiting,) = line.queues.waiting
    for state in order:
        end_replay(line.store, waiting.command, state, f"because {state.value}")
    ((_, _, state),) = replays(line)
    assert state is ReplayState.DONE


def test_fields_that_a_sender_made_up_close_nothing() -> None:
    line, command = dead_before_its_draft()
    made_up: Command = command.model_copy(update={"letter": command.invoice, "replay": 7})
    line.send(made_up)
    line.drain()
    assert (replays(line), line.dead) == ([], [])


def test_no_ending_is_better_than_itself() -> None:
    assert [state for state in ReplayState if is_better(state, than=state)] == []
    assert is_better(ReplayState.DONE, than=ReplayState.UNDER_WAY)
