"""Log lines as events with names, and one trace for one invoice. Never rows or bodies.

The correlation of a document is the id of its trace: every stage derives the same W3C parent from it, so the messages
carry no other header. Without an exporter (on a developer's machine) a span is a no-op that costs microseconds.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import azure.functions as func
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from domain.commands import Command
from domain.outcome import Action, Outcome

_logger = logging.getLogger("invoicing")
_HEX = 16
_SPAN_BITS = 64


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


def log_tick(name: str, timer: func.TimerRequest) -> None:
    """Write that a timer runs, at every tick: an alert looks for timers that are silent."""
    context: dict[str, str | int] = {"timer": name, "past_due": int(timer.past_due)}
    told = " ".join(f"{key}={value}" for key, value in context.items())
    _logger.info("%s %s", Action.TIMER_RAN.value, told, extra={"action": Action.TIMER_RAN.value, **context})


def log_pieces(outcomes: Iterable[Outcome]) -> None:
    """Write the event of each piece of a timer's work, each in the trace of its own document."""
    begun = time.time_ns()
    for outcome in outcomes:
        correlation = outcome.correlation or outcome.document
        with in_trace(outcome.correlation, outcome.action.value, outcome.document, begun=begun):
            log_outcome(outcome, correlation=correlation)
        begun = time.time_ns()


@contextmanager
def in_trace(correlation: str | None, name: str, document: str, *, begun: int | None = None) -> Iterator[None]:
    """Do something as a span of the trace that a correlation names, linked to the host's own invocation.

    Args:
        correlation: a GUID; None or another text leaves the host's trace as it is.
        name: the stage.
        document: its id, an attribute of the span.
        begun: nanoseconds since 1970 when the span began before; None for now.
    """
    parent = remote_parent(correlation or "")
    if parent is None:
        yield
        return
    invocation = trace.get_current_span().get_span_context()
    with trace.get_tracer("invoicing").start_as_current_span(
        name,
        context=trace.set_span_in_context(NonRecordingSpan(parent), Context()),
        # inside the host's invocation, which is a request already
        kind=SpanKind.INTERNAL,
        attributes={"invoicing.document": document, "invoicing.correlation": correlation or ""},
        links=[Link(invocation)] if invocation.is_valid else [],
        start_time=begun,
    ):
        yield


def remote_parent(correlation: str) -> SpanContext | None:
    """Derive the parent of every span of a document: its trace id is the correlation without hyphens.

    The parent's own id is the second half of it, so all stages hang under one root that nobody writes.
    """
    digits = correlation.replace("-", "")
    try:
        trace_id = int(digits, _HEX)
    except ValueError:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED)
    parent = SpanContext(trace_id, trace_id & ((1 << _SPAN_BITS) - 1), is_remote=True, trace_flags=flags)
    return parent if parent.is_valid else None


def traceparent(correlation: str) -> str | None:
    """Write that parent as the W3C header, for whoever calls on from here or looks for the trace."""
    parent = remote_parent(correlation)
    return f"00-{parent.trace_id:032x}-{parent.span_id:016x}-{parent.trace_flags:02x}" if parent else None
