"""What stands in a poison queue becomes a dead letter, whether its trigger brings it or the sweeper finds it."""

import base64
import binascii
from dataclasses import replace

from domain.commands import Command
from domain.dead_letters import make_letter
from domain.errors import BadMessage, Problem, ReasonCode
from domain.outcome import Outcome
from domain.replays import ReplayState
from domain.workflows.deliver import keep_final_problem
from domain.workflows.record_dead_letter import record_dead_letter
from domain.workflows.replay import end_replay
from functions.invocation import keep_command
from functions.messages import decode
from functions.wiring import Wiring

# what the host reads over in base64
_SPACES = str.maketrans("", "", " \t\r\n")


def record_poison(app: Wiring, kind: type[Command], body: bytes) -> Outcome:
    """Keep the body of a poison message, after base64, as a dead letter; a command gets its problem too."""
    queue, attempts = app.settings.queues[kind.name], app.settings.message_attempts_max
    try:
        command = decode(body, kind)
    except BadMessage as bad:
        outcome = record_dead_letter(app.store, make_letter(queue, body, attempts, bad.problem))
    else:
        problem = _without_a_word(command)
        end_replay(app.store, command, ReplayState.DEAD_AGAIN, problem.sentence)
        keep_final_problem(app.store, command, problem, attempts + (command.tries or 0))
        outcome = replace(keep_command(app, queue, attempts, command, problem, None), correlation=command.correlation)
    return outcome


def record_poison_text(app: Wiring, kind: type[Command], text: str) -> Outcome:
    """Keep a poison message as it stands in its queue; a text that is not base64 is kept as it is."""
    try:
        body = base64.b64decode(text.translate(_SPACES), validate=True)
    except (binascii.Error, ValueError):
        sentence = f"the message in queue {app.settings.queues[kind.name]} is not base64; correct the sender"
        problem = Problem(ReasonCode.MESSAGE_ENCODING_WRONG, sentence)
        letter = make_letter(app.settings.queues[kind.name], text.encode(errors="surrogatepass"), 0, problem)
        return record_dead_letter(app.store, letter)
    return record_poison(app, kind, body)


def _without_a_word(command: Command) -> Problem:
    sentence = (
        f"{command.name} for {command.document} failed on every delivery without leaving a reason, as when the process "
        "dies; look for the cause in the logs of the last deliveries, then replay the message"
    )
    return Problem(ReasonCode.ATTEMPTS_EXHAUSTED, sentence, (command.document,))
