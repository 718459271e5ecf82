"""One delivery of a queue message, from its bytes to its outcome: the same for every queue trigger.

A message that can never be processed becomes a dead letter at once. A failure that may pass goes back to the host,
which delivers again; on the last delivery the reason is kept before the host moves the message to the poison queue.
"""

import hashlib
import traceback
from types import TracebackType
from typing import Self

import azure.functions as func

from domain.commands import Command, SyncTableMap
from domain.dead_letters import DeadLetter, body_columns, letter_id
from domain.errors import BadMessage, CarriesProblem, NotYet, Problem, ReasonCode
from domain.outcome import Action, Outcome
from domain.workflows.dispatch import perform
from domain.workflows.record_dead_letter import record_dead_letter
from functions.messages import decode
from functions.telemetry import in_trace, log_failure, log_outcome
from functions.wiring import Wiring, wiring

_SENTENCE_LENGTH_MAX = 2000
# how long a message of a paused table map waits before the pause is looked at again
PAUSE_SECONDS = 300


def run_command(message: func.QueueMessage, kind: type[Command]) -> None:
    """Decode the message, do its work, log what came of it.

    Raises:
        Exception: whatever the work raised, so that the host delivers again.
    """
    app, body = wiring(), message.get_body()
    queue = app.settings.queues[kind.name]
    try:
        command = decode(body, kind)
    except BadMessage as bad:
        keep_letter(app, queue, body, message.dequeue_count or 0, bad.problem)
        return
    with (
        in_trace(command.correlation, command.name, command.document),
        _LastDelivery(app, queue, message, command),
    ):
        paused = isinstance(command, SyncTableMap) and command.map in app.settings.paused_table_maps
        outcome = _postpone(app, command) if paused else perform(app.store, app.sender, command)
        log_outcome(outcome, correlation=command.correlation, command=command)


def _postpone(app: Wiring, command: Command) -> Outcome:
    """Send a command again for later, so that a pause uses up none of its deliveries."""
    app.sender.send((command,), delay_seconds=PAUSE_SECONDS)
    return Outcome(Action.MAP_PAUSED, command.document, {"stage": command.stage, "seconds": PAUSE_SECONDS})


def keep_letter(
    app: Wiring,
    queue: str,
    body: bytes,
    attempts: int,
    problem: Problem,
    command: Command | None = None,
    digest: str | None = None,
) -> None:
    """Keep a message as a dead letter and log it."""
    letter = DeadLetter.model_validate(
        {
            "letter": letter_id(queue, body),
            "queue": queue,
            **body_columns(body),
            "attempts": attempts,
            "code": problem.code,
            "sentence": problem.sentence[:_SENTENCE_LENGTH_MAX],
            "traceback_digest": digest,
            "document": command.document if command else None,
            "correlation": command.correlation if command else None,
        }
    )
    with in_trace(letter.correlation, "record-dead-letter", letter.document or letter.letter):
        outcome = record_dead_letter(app.store, letter)
        log_outcome(outcome, correlation=letter.correlation or letter.letter)


class _LastDelivery:
    """Keeps the reason of a failure when the host will not deliver again; the failure goes on to the host."""

    def __init__(self, app: Wiring, queue: str, message: func.QueueMessage, command: Command) -> None:
        self._app, self._queue, self._message, self._command = app, queue, message, command

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):
            return
        attempts = self._message.dequeue_count or 0
        is_last = attempts >= self._app.settings.message_attempts_max
        problem = _problem_of(error)
        log_failure(
            "command_failed",
            problem.sentence,
            comes_again=isinstance(error, NotYet) and not is_last,
            stage=self._command.name,
            document=self._command.document,
            correlation=self._command.correlation,
            attempt=attempts,
        )
        if is_last:
            body = self._message.get_body()
            keep_letter(self._app, self._queue, body, attempts, problem, self._command, _digest(error))


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, CarriesProblem):
        return error.problem
    sentence = f"{type(error).__name__}: {error}; mend the cause and replay the message"
    return Problem(ReasonCode.ATTEMPTS_EXHAUSTED, sentence)


def _digest(error: Exception) -> str:
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return hashlib.sha256("|".join((type(error).__name__, *places)).encode()).hexdigest()[:16]
