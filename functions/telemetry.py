"""Log lines as events with names: what happened, to which document, in which correlation. Never rows or bodies."""

import logging

from domain.commands import Command
from domain.outcome import Outcome

_logger = logging.getLogger("invoicing")


def log_outcome(outcome: Outcome, *, correlation: str, command: Command | None = None) -> None:
    """Write the event that a workflow ended with; a warning when something is left undone."""
    context = {**outcome.log_context(), "correlation": correlation}
    if command is not None:
        context["command"] = command.command
    level = logging.WARNING if outcome.problems else logging.INFO
    sentences = "".join(f" | {problem.sentence}" for problem in outcome.problems[:3])
    told = " ".join(f"{name}={value}" for name, value in context.items() if name != "action")
    _logger.log(level, "%s %s%s", context["action"], told, sentences, extra=context)


def log_failure(action: str, sentence: str, *, comes_again: bool, **context: str | int) -> None:
    """Write that an invocation failed: a warning when it only waits and comes again; the host has the traceback."""
    told = " ".join(f"{name}={value}" for name, value in context.items())
    level = logging.WARNING if comes_again else logging.ERROR
    _logger.log(level, "%s %s | %s", action, told, sentence, extra={"action": action, **context})
