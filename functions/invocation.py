"""One delivery of a queue message, from its bytes to its outcome: the same for every queue trigger.

A message that can never be processed becomes a dead letter at once. A failure that may pass is sent again for later,
and given up after a bounded number of tries (`domain.retries`). What reaches the host is a storage that takes neither
row nor message, and a process that dies: then the host delivers again, and on its last delivery the reason is kept
before the host moves the message to the poison queue.
"""

import hashlib
import traceback
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

import azure.functions as func

from domain.commands import Command, SyncTableMap
from domain.dead_letters import make_letter
from domain.errors import BadMessage, Problem
from domain.outcome import Action, Outcome
from domain.retries import problem_of
from domain.workflows.deliver import deliver
from domain.workflows.record_dead_letter import record_dead_letter
from functions.messages import decode, encode
from functions.storage.answers import CLIENT_ERRORS
from functions.telemetry import in_trace, log_failure, log_outcome
from functions.wiring import Wiring, wiring

# how long a message of a paused table map waits before the pause is looked at again
PAUSE_SECONDS = 300


def run_command(message: func.QueueMessage, kind: type[Command]) -> None:
    """Decode the message, do its work, log what came of it.

    Raises:
        Exception: the storage takes neither the work nor the message for later, so the host delivers again.
    """
    app, body = wiring(), message.get_body()
    queue, attempts = app.settings.queues[kind.name], message.dequeue_count or 0
    try:
        command = decode(body, kind)
    except BadMessage as bad:
        keep_letter(app, queue, body, attempts, bad.problem)
        return
    keep = partial(keep_command, app, queue, attempts)
    with (
        in_trace(command.correlation, command.name, command.document),
        _LastDelivery(app, queue, attempts, command),
    ):
        if isinstance(command, SyncTableMap) and command.map in app.settings.paused_table_maps:
            outcome = _postpone(app, command)
        else:
            # the client of the storage has errors of its own for a wrong key and a closed network; somebody mends those
            retries = replace(app.settings.retries, passing=CLIENT_ERRORS)
            outcome = deliver(app.store, app.sender, command, retries, keep, app.settings.policy)
        log_outcome(outcome, correlation=command.correlation, command=command)


def _postpone(app: Wiring, command: Command) -> Outcome:
    """Send a command again for later, so that a pause uses up none of its deliveries."""
    app.sender.send((command,), delay_seconds=PAUSE_SECONDS)
    return Outcome(Action.MAP_PAUSED, command.document, {"stage": command.stage, "seconds": PAUSE_SECONDS})


def keep_letter(app: Wiring, queue: str, body: bytes, attempts: int, problem: Problem) -> None:
    """Keep a message that can't be read as a dead letter and log it."""
    letter = make_letter(queue, body, attempts, problem)
    with in_trace(None, "record-dead-letter", letter.letter):
        log_outcome(record_dead_letter(app.store, letter), correlation=letter.letter)


def keep_command(
    app: Wiring, queue: str, attempts: int, command: Command, problem: Problem, error: Exception | None
) -> Outcome:
    """Keep a command that is given up as a dead letter, and say in the log that it failed."""
    tries = attempts + (command.tries or 0)
    _log_failure(command, problem, tries, comes_again=False)
    digest = None if error is None else _digest(error)
    body = encode(command.wish).encode()
    return record_dead_letter(app.store, make_letter(queue, body, tries, problem, command, digest))


class _LastDelivery:
    """Keeps the reason of a failure when the host will not deliver again; the failure goes on to the host."""

    def __init__(self, app: Wiring, queue: str, attempts: int, command: Command) -> None:
        self._app, self._queue, self._attempts, self._command = app, queue, attempts, command

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):
            return
        problem = problem_of(error)
        if self._attempts < self._app.settings.message_attempts_max:
            _log_failure(self._command, problem, self._attempts, comes_again=True)
            return
        outcome = keep_command(self._app, self._queue, self._attempts, self._command, problem, error)
        log_outcome(outcome, correlation=self._command.correlation)


def _log_failure(command: Command, problem: Problem, attempt: int, *, comes_again: bool) -> None:
    log_failure(
        "command_failed",
        problem.sentence,
        comes_again=comes_again,
        stage=command.name,
        document=command.document,
        correlation=command.correlation,
        attempt=attempt,
    )


def _digest(error: Exception) -> str:
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return hashlib.sha256("|".join((type(error).__name__, *places)).encode()).hexdigest()[:16]
