"""The real Python worker, driven through what its library exports and nothing else.

The library keeps its state in module globals and can index a process once: `app_modules` takes care that a second app
starts from fresh modules. Async functions share the one event loop of this module's thread, as they do in Azure, and
sync functions run in the library's own thread pool.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure_functions_runtime as runtime  # type: ignore[import-untyped] # the library ships no types

from tools.devhost.errors import AppError, HostError
from tools.devhost.functions import Indexed, Retry, bindings_of
from tools.devhost.worker_messages import Message, ParameterBinding, StatusResult, TypedData, request

ABANDON_SECONDS_MAX = 2.0
FOREVER = timedelta(days=1)


@dataclass(frozen=True)
class Result:
    """How one call of a function ended."""

    # One line: the exception's class and text; None after success.
    error: str | None
    # The whole traceback of a failure, for whoever asks.
    stack_trace: str
    # Output values by parameter name; `$return` is the returned value.
    outputs: Mapping[str, TypedData]


@dataclass(frozen=True)
class Call:
    """One call of a function: its id, the trigger's parameter and value, and what the host knows about the trigger."""

    invocation_id: str
    function_id: str
    parameter: str
    value: TypedData
    metadata: Mapping[str, TypedData]
    # Which retry this is, 0 for the first try, and how many there may be.
    retry_count: int = 0
    retry_count_max: int = 0
    # What the try before raised.
    last_error: str = ""


class Abandoned(HostError):
    """The host has ended while the function ran; nobody knows what became of it."""


class Worker:
    """One worker in this process; `start` indexes the app, `stop` ends its threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # Set by a host that gives up waiting for what runs.
        self.is_abandoned = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="devhost-worker", daemon=True)

    def start(self, folder: Path) -> tuple[Indexed, ...]:
        """Index the app and return its functions, unresolved.

        Raises:
            AppError: function_app.py is missing or the library refuses it: syntax, import, signature, duplicate name.
        """
        if not (folder / "function_app.py").is_file():
            raise AppError(f"{folder} is no function app: it has no function_app.py")
        self._thread.start()
        runtime.start_threadpool_executor()
        response = self._await(
            runtime.worker_init_request(
                request("worker_init_request", capabilities={}, function_app_directory=str(folder))
            )
        )
        if response.result.status != StatusResult.Success:
            raise AppError(_why(folder, response.result.exception))
        metadata = self._await(runtime.functions_metadata_request(request("functions_metadata_request")))
        return tuple(self._load(one) for one in metadata.function_metadata_results or ())

    def _load(self, metadata: Message) -> Indexed:
        self._await(runtime.function_load_request(request("function_load_request", function_id=metadata.function_id)))
        return Indexed(
            metadata.name, metadata.function_id, bindings_of(metadata.raw_bindings), _retry(metadata.retry_options)
        )

    def invoke(self, call: Call) -> Result:
        """Run one function to its end in the worker and return how it ended; its exceptions are values here.

        Raises:
            Abandoned: the host stopped the worker in the meantime.
        """
        response = self._await(
            runtime.invocation_request(
                request(
                    "invocation_request",
                    invocation_id=call.invocation_id,
                    function_id=call.function_id,
                    input_data=[ParameterBinding(name=call.parameter, data=call.value)],
                    trigger_metadata=call.metadata,
                    trace_context=Message(trace_parent="", trace_state="", attributes={}),
                    retry_context=Message(
                        retry_count=call.retry_count,
                        max_retry_count=call.retry_count_max,
                        exception=Message(source="", stack_trace="", message=call.last_error),
                    ),
                )
            )
        )
        if response.result.status != StatusResult.Success:
            exception = response.result.exception
            return Result(one_line(exception.message), exception.stack_trace, {})
        outputs = {binding.name: binding.data for binding in response.output_data}
        if response.return_value is not None:
            outputs["$return"] = response.return_value
        return Result(None, "", outputs)

    def stop(self) -> None:
        """End the loop and the pool; what still runs is waited for, or abandoned if the host has given it up."""
        if self._thread.is_alive():
            if self.is_abandoned:
                asyncio.run_coroutine_threadsafe(_abandon_all(self._loop), self._loop)
            else:
                self._loop.call_soon_threadsafe(self._loop.stop)
            # An async function that blocks the loop cannot be abandoned; its thread is left to the end of the process.
            self._thread.join(ABANDON_SECONDS_MAX if self.is_abandoned else None)
        if not self._thread.is_alive():
            self._loop.close()
        if not self.is_abandoned:
            runtime.stop_threadpool_executor()

    def _await(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
        except CancelledError as error:
            raise Abandoned("the host ended before the function did") from error


async def _abandon_all(loop: asyncio.AbstractEventLoop) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop.stop()


def version() -> str:
    """Return the version of the worker library in use."""
    return importlib.metadata.version("azure-functions-runtime")


def one_line(text: str, length_max: int = 400) -> str:
    """Return the text with all white space as single blanks, cut to a readable length."""
    line = " ".join(text.split())
    return line if len(line) <= length_max else f"{line[: length_max - 1]}…"


def _retry(options: Message | None) -> Retry | None:
    if options is None:
        return None
    return Retry(
        count_max=options.max_retry_count,
        delay=getattr(options, "delay_interval", None),
        minimum=getattr(options, "minimum_interval", timedelta(0)),
        maximum=min(getattr(options, "maximum_interval", FOREVER), FOREVER),
    )


def _why(folder: Path, exception: Message) -> str:
    # The library adds advice and its whole search path to import errors; who reads this wants the first sentence.
    message = exception.message.partition(". Cannot find module")[0]
    return one_line(f"{folder} cannot be indexed: {message}{_place(folder, exception.stack_trace)}")


def _place(folder: Path, stack_trace: str) -> str:
    lines = [line.strip() for line in stack_trace.splitlines()]
    frames = [line for line in lines if line.startswith(f'File "{folder}')]
    if not frames:
        return ""
    file, line = frames[-1].split(", ")[:2]
    return f" ({Path(file.split('"')[1]).relative_to(folder)}, {line})"
