"""One firing of a timer function, with its retry policy."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tools.devhost.backoff import Backoff
from tools.devhost.functions import Function, Retry, TimerTrigger
from tools.devhost.invocations import Invocation
from tools.devhost.outputs import send_outputs
from tools.devhost.surroundings import Surroundings
from tools.devhost.worker import Call
from tools.devhost.worker_messages import TypedData

FOR_EVER = -1


def run_timer(
    function: Function,
    trigger: TimerTrigger,
    host: Surroundings,
    *,
    value: str,
    reason: str,
    stopping: threading.Event,
) -> Invocation:
    """Call the function until it succeeds or its retry policy is used up; failures are recorded, never raised.

    Each try is an invocation of its own. The tries live in this process only: if the host dies, they are gone.

    Args:
        function: the timer function.
        trigger: its trigger.
        host: what the listeners share.
        value: the timer's JSON, see `timer_listener.timer_value`.
        reason: why it fires, for the line: `due`, `past due`, `startup`, `by hand`.
        stopping: once it is set, no further try is made.

    Returns:
        The last try.
    """
    tries = 0
    pause = _pauses(function.retry)
    invocation = _try(function, trigger, host, value, reason, tries, "")
    while invocation.error and not stopping.is_set() and _may_retry(function.retry, tries):
        if host.clock.wait(stopping, pause()):
            break
        tries += 1
        invocation = _try(function, trigger, host, value, f"{reason} retry={tries}", tries, invocation.error)
    return invocation


def _may_retry(retry: Retry | None, tries: int) -> bool:
    return retry is not None and (retry.count_max == FOR_EVER or tries < retry.count_max)


def _pauses(retry: Retry | None) -> Callable[[], float]:
    if retry is not None and retry.delay is None:
        backoff = Backoff(retry.minimum.total_seconds(), retry.maximum.total_seconds())
        return backoff.next_delay
    seconds = retry.delay.total_seconds() if retry and retry.delay else 0.0
    return lambda: seconds


def _try(
    function: Function, trigger: TimerTrigger, host: Surroundings, value: str, reason: str, tries: int, last_error: str
) -> Invocation:
    running = host.in_flight.enter(function.name, f"timer {reason}")
    try:
        call = Call(
            invocation_id=running.invocation_id,
            function_id=function.function_id,
            parameter=trigger.parameter,
            value=TypedData(json=value),
            metadata={"TimerTrigger": TypedData(json=value)},
            retry_count=tries,
            retry_count_max=function.retry.count_max if function.retry else 0,
            last_error=last_error,
        )
        result = send_outputs(host.worker.invoke(call), function.outputs, host.options, host.written)
        invocation = running.ended(host.clock.now(), "failed" if result.error else "ok", result)
        host.record(invocation)
    finally:
        host.in_flight.leave(running)
    return invocation
