"""What the worker has indexed, checked and resolved: one record per function of the app.

Everything here happens before the first message. A function that this host cannot run as Azure would is refused by
name, because a host that starts without it would look healthy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tools.devhost.app_settings import connection_of, expand
from tools.devhost.errors import AppError
from tools.devhost.ncrontab import Schedule, parse_schedule


@dataclass(frozen=True)
class Retry:
    """A retry policy of a timer function."""

    # Tries after the first; -1 means for ever.
    count_max: int
    # Pause between tries; None for the exponential strategy.
    delay: timedelta | None
    # Bounds of the exponential strategy.
    minimum: timedelta
    maximum: timedelta


@dataclass(frozen=True)
class Indexed:
    """One function as the worker reports it: nothing is expanded or checked yet."""

    name: str
    function_id: str
    # Each binding is the JSON object that function.json would hold.
    bindings: tuple[Mapping[str, Any], ...]
    retry: Retry | None


@dataclass(frozen=True)
class QueueTrigger:
    """A queue to listen to."""

    parameter: str
    queue: str
    connection: str
    # The function asked for bytes instead of text.
    binary: bool


@dataclass(frozen=True)
class TimerTrigger:
    """A schedule to follow."""

    parameter: str
    expression: str
    schedule: Schedule
    run_on_startup: bool
    # Whether missed ticks are remembered; the host still switches it off for more than one tick a minute.
    use_monitor: bool


@dataclass(frozen=True)
class QueueOutput:
    """A queue that the function's result goes to; the name is the parameter, or `$return`."""

    name: str
    queue: str
    connection: str


@dataclass(frozen=True)
class Function:
    """One function of the app, ready to be run."""

    name: str
    function_id: str
    trigger: QueueTrigger | TimerTrigger
    outputs: tuple[QueueOutput, ...]
    retry: Retry | None
    # `AzureWebJobs.<name>.Disabled` is true: indexed, never triggered.
    disabled: bool


def resolve(indexed: Sequence[Indexed], settings: Mapping[str, str]) -> tuple[Function, ...]:
    """Return the app's functions in the order of the app.

    Raises:
        AppError: there is none; or one has a missing setting, a bad schedule, a binding of a type that this host does
            not run, or a retry policy on a queue trigger.
    """
    if not indexed:
        raise AppError("the app has no functions: does function_app.py register its blueprints?")
    return tuple(_function(one, settings) for one in indexed)


def _function(indexed: Indexed, settings: Mapping[str, str]) -> Function:
    triggers = [binding for binding in indexed.bindings if str(binding["type"]).endswith("Trigger")]
    others = [binding for binding in indexed.bindings if binding not in triggers]
    if len(triggers) != 1:
        raise AppError(f"function {indexed.name}: it has {len(triggers)} triggers; a function has exactly one")
    disabled = settings.get(f"AzureWebJobs.{indexed.name}.Disabled", "").lower() in ("true", "1")
    trigger = _trigger(indexed, triggers[0], settings)
    outputs = tuple(_output(indexed.name, binding, settings) for binding in others)
    return Function(indexed.name, indexed.function_id, trigger, outputs, indexed.retry, disabled)


def _trigger(indexed: Indexed, binding: Mapping[str, Any], settings: Mapping[str, str]) -> QueueTrigger | TimerTrigger:
    if binding["type"] == "queueTrigger":
        return _queue_trigger(indexed, binding, settings)
    if binding["type"] == "timerTrigger":
        return _timer_trigger(indexed.name, binding, settings)
    raise AppError(f"function {indexed.name}: this host runs queue and timer triggers, not {binding['type']}")


def _queue_trigger(indexed: Indexed, binding: Mapping[str, Any], settings: Mapping[str, str]) -> QueueTrigger:
    if indexed.retry is not None:
        raise AppError(
            f"function {indexed.name}: the host does not apply @retry to a queue trigger; remove it, and set "
            "maxDequeueCount and visibilityTimeout in host.json"
        )
    return QueueTrigger(
        parameter=str(binding["name"]),
        queue=expand(str(binding["queueName"]), settings, function=indexed.name, what="queue"),
        connection=connection_of(binding.get("connection"), settings, function=indexed.name),
        binary=str(binding.get("dataType")).lower() in ("binary", "2"),
    )


def _timer_trigger(function: str, binding: Mapping[str, Any], settings: Mapping[str, str]) -> TimerTrigger:
    expression = expand(str(binding["schedule"]), settings, function=function, what="schedule")
    try:
        schedule = parse_schedule(expression)
    except ValueError as error:
        raise AppError(f"function {function}: the schedule '{expression}' is not valid: {error}") from error
    return TimerTrigger(
        parameter=str(binding["name"]),
        expression=expression,
        schedule=schedule,
        run_on_startup=bool(binding.get("runOnStartup")),
        use_monitor=binding.get("useMonitor") is not False,
    )


def _output(function: str, binding: Mapping[str, Any], settings: Mapping[str, str]) -> QueueOutput:
    if binding["type"] != "queue":
        raise AppError(f"function {function}: this host runs queue outputs, not {binding['type']} bindings")
    return QueueOutput(
        name=str(binding["name"]),
        queue=expand(str(binding["queueName"]), settings, function=function, what="output queue"),
        connection=connection_of(binding.get("connection"), settings, function=function),
    )


def bindings_of(raw: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the bindings of one function from the JSON texts that the worker reports."""
    return tuple(json.loads(text) for text in raw)
