"""Every poison queue: what the host gave up on is kept for good, with its reason."""

import azure.functions as func

from domain.commands import COMMANDS, Command
from domain.errors import BadMessage, Problem, ReasonCode
from domain.replays import ReplayState
from domain.workflows.deliver import keep_final_problem
from domain.workflows.replay import end_replay
from functions.invocation import keep_command, keep_letter
from functions.messages import decode
from functions.setting_list import queue_setting
from functions.telemetry import in_trace, log_outcome
from functions.wiring import wiring

blueprint = func.Blueprint()


def _record(message: func.QueueMessage, kind: type[Command]) -> None:
    app, body = wiring(), message.get_body()
    queue, attempts = app.settings.queues[kind.name], app.settings.message_attempts_max
    try:
        command = decode(body, kind)
    except BadMessage as bad:
        keep_letter(app, queue, body, attempts, bad.problem)
        return
    with in_trace(command.correlation, "record-dead-letter", command.document):
        problem = _without_a_word(command)
        end_replay(app.store, command, ReplayState.DEAD_AGAIN, problem.sentence)
        keep_final_problem(app.store, command, problem, attempts + (command.tries or 0))
        outcome = keep_command(app, queue, attempts, command, problem, None)
        log_outcome(outcome, correlation=command.correlation)


def _without_a_word(command: Command) -> Problem:
    sentence = (
        f"{command.name} for {command.document} failed on every delivery without leaving a reason, as when the process "
        "dies; look for the cause in the logs of the last deliveries, then replay the message"
    )
    return Problem(ReasonCode.ATTEMPTS_EXHAUSTED, sentence, (command.document,))


def _register(kind: type[Command]) -> None:
    name = f"record_dead_letter_{kind.name.replace('-', '_')}"
    queue = f"%{queue_setting(kind.name)}%-poison"

    @blueprint.function_name(name)
    @blueprint.queue_trigger(arg_name="message", queue_name=queue, connection="INVOICING_STORAGE")
    def record_dead_letter(message: func.QueueMessage) -> None:
        _record(message, kind)


for _kind in COMMANDS:
    _register(_kind)
