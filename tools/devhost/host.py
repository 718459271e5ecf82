"""The dev host: loads one app, listens or drains, and ends in good order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.devhost.clock import Clock, SystemClock
from tools.devhost.console import Echo, echo, showing_logs
from tools.devhost.drain import DrainReport, drain
from tools.devhost.errors import HostError
from tools.devhost.faults import Faults
from tools.devhost.functions import Function
from tools.devhost.invocations import InFlight, Invocation
from tools.devhost.listeners import listeners_of
from tools.devhost.loader import LoadedApp, loaded
from tools.devhost.queue_listener import QueueListener
from tools.devhost.surroundings import LEASE_SECONDS, Surroundings
from tools.devhost.timer_listener import TimerListener, timer_value
from tools.devhost.timer_run import run_timer

WATCH_SECONDS = 1.0
ABANDON_SECONDS_MAX = 2.0
DRAIN_SECONDS_DEFAULT = 30.0
INVOCATIONS_KEPT_MAX = 100_000


class DevHost:
    """Runs the unmodified app of one folder in this process.

    Two ways to use it. `start` listens in background threads until `stop`, as Azure would. Or, without `start`,
    `run_until_idle` and `fire_timer` do the same work in the calling thread, deterministically: that is for tests.
    As a context manager it loads on entry and stops on exit. A process holds at most one loaded host at a time.
    """

    def __init__(
        self,
        app: Path,
        *,
        storage: str | None = None,
        settings: Mapping[str, str] | None = None,
        create_queues: bool = False,
        clock: Clock | None = None,
        tell: Echo = echo,
        faults: Faults | None = None,
        lease_seconds: float = LEASE_SECONDS,
        drain_seconds: float = DRAIN_SECONDS_DEFAULT,
    ) -> None:
        """Describe a host; nothing happens before `load` or `start`.

        Args:
            app: the folder with function_app.py.
            storage: connection string that stands in for every emulator connection of the app's settings; None: as set.
            settings: settings that win over local.settings.json and the environment; for tests.
            create_queues: create the trigger queues and their poison queues, and say so.
            clock: for tests.
            tell: takes every line that the host has to say.
            faults: what is to go wrong; for tests.
            lease_seconds: of a message in flight; anything but ten minutes is for tests.
            drain_seconds: how long `stop` waits for running functions.
        """
        self._app_folder = app
        self._storage = storage
        self._overrides = settings
        self._create_queues = create_queues
        self._clock = clock or SystemClock()
        self._tell = tell
        self.faults = faults or Faults()
        self._lease_seconds = lease_seconds
        self._drain_seconds = drain_seconds
        self._stack = ExitStack()
        self._app: LoadedApp | None = None
        self._queues: list[QueueListener] = []
        self._timers: list[TimerListener] = []
        self._threads: list[threading.Thread] = []
        self._drained = threading.Event()
        self._in_flight = InFlight(self._clock, self._nudge)
        # Every finished try, oldest first; the newest hundred thousand are kept.
        self.invocations: deque[Invocation] = deque(maxlen=INVOCATIONS_KEPT_MAX)
        # Set when a host that was started has to end by itself; `failure` then says why.
        self.failed = threading.Event()
        self.failure: str | None = None

    @property
    def functions(self) -> tuple[Function, ...]:
        """The app's functions, in the order of the app."""
        return self._loaded().functions

    @property
    def queue_listeners(self) -> tuple[QueueListener, ...]:
        """One for each active queue function, in the order of the app; for tests that go step by step."""
        return tuple(self._queues)

    @property
    def timer_listeners(self) -> tuple[TimerListener, ...]:
        """One for each active timer function, in the order of the app; for tests that go step by step."""
        return tuple(self._timers)

    def load(self) -> Self:
        """Index the app, check its storage, prepare its listeners; nothing runs yet. Safe to repeat.

        Raises:
            AppError: the app cannot be run; the message names the file, the function or the setting.
            HostError: storage does not answer, or another host is loaded in this process.
            AzureError: storage refused to hold the timers' blobs or the queues to create.
        """
        if self._app is None:
            with ExitStack() as stack:
                stack.enter_context(showing_logs(self._tell, self._in_flight.function_of))
                app = stack.enter_context(loaded(self._app_folder, storage=self._storage, overrides=self._overrides))
                self._prepare(app)
                self._app = app
                self._stack = stack.pop_all()
        return self

    def start(self) -> Self:
        """Load, and begin to listen in background threads.

        Raises:
            HostError: as `load`; or the host listens already.
        """
        self.load()
        if self._threads:
            raise HostError("this host listens already")
        loops = [(one.function.name, one.run) for one in self._queues]
        loops += [(one.function.name, one.run) for one in self._timers]
        for name, target in (*loops, ("watch", self._watch_until_drained)):
            self._threads.append(threading.Thread(target=target, name=f"devhost-{name}", daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> bool:
        """Stop listening, let running functions end, release every lease; safe to repeat.

        Returns:
            Whether everything that ran came to its end in time; what did not is told and abandoned, and its messages
            come back when their leases end.
        """
        for queue in self._queues:
            queue.stop()
        for timer in self._timers:
            timer.stop()
        drained = self.failure is None and self._await_end()
        self._drained.set()
        if not drained and self._app is not None:
            for running in self._in_flight.all():
                self._tell(f"{running.function}  {running.reason}  abandoned after {running.milliseconds():.0f} ms")
            self._app.worker.is_abandoned = True
        self._stack.close()
        for thread in self._threads:
            thread.join(None if drained else ABANDON_SECONDS_MAX)
        for timer in self._timers:
            timer.lock.release()
        for queue in self._queues:
            queue.close()
        self._app, self._queues, self._timers, self._threads = None, [], [], []
        return drained

    def run_until_idle(self, *, deliver_failures_now: bool = True, deliveries_max: int = 100_000) -> DrainReport:
        """Deliver every visible message of every trigger queue, and what that brings forth; see `drain.drain`.

        Raises:
            HostError: the host listens in the background, or the queues do not come to rest.
            AzureError: storage failed.
        """
        self.load()
        if self._threads:
            raise HostError("run_until_idle is for a host that was not started: use wait_until_idle")
        return drain(self._queues, deliver_failures_now=deliver_failures_now, deliveries_max=deliveries_max)

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until a started host runs nothing and has seen every queue empty since; return whether it came to that.

        Messages that are invisible (delayed, or between two tries) do not count.
        """

        def every_queue_is_quiet() -> bool:
            changes = self._in_flight.changes
            return self._nothing_taken() and all(one.quiet_since == changes for one in self._queues)

        return self._in_flight.wait_until_none(seconds, every_queue_is_quiet)

    def fire_timer(self, name: str, *, is_past_due: bool = False, check: bool = True) -> Invocation:
        """Run a timer function now, in the calling thread, with its retry policy; schedule and status stay as they are.

        Args:
            name: the function's name.
            is_past_due: what the function is told.
            check: raise if the last try failed.

        Raises:
            HostError: there is no such timer function, or it failed and `check` is set.
        """
        self.load()
        listener = next((one for one in self._timers if one.function.name == name), None)
        if listener is None:
            known = ", ".join(one.function.name for one in self._timers) or "none"
            raise HostError(f"there is no timer function {name}; the app has: {known}")
        invocation = run_timer(
            listener.function,
            listener.trigger,
            listener.surroundings,
            value=timer_value(None, is_past_due=is_past_due),
            reason="by hand",
            stopping=self._drained,
        )
        if check and invocation.error:
            raise HostError(f"timer {name} failed: {invocation.error}\n{invocation.stack_trace}")
        return invocation

    def watch(self) -> None:
        """Renew what is due, and fail the host if a function has exceeded functionTimeout; called each second."""
        for queue in self._queues:
            queue.renew_leases()
        for timer in self._timers:
            timer.lock.renew()
        limit = self._loaded().options.function_timeout
        overdue = self._in_flight.overdue(limit)
        if overdue is not None and self.failure is None:
            self.failure = (
                f"function {overdue.function} ({overdue.reason}) has exceeded functionTimeout {limit}: the host ends, "
                "as Azure restarts the worker"
            )
            self._tell(self.failure)
            self.failed.set()

    def __enter__(self) -> Self:
        """Load the app."""
        return self.load()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _await_end(self) -> bool:
        # The watch thread goes on: it renews the leases of what we are waiting for.
        deadline = time.monotonic() + self._drain_seconds
        loops = [thread for thread in self._threads if thread is not self._threads[-1]]
        for thread in loops:
            thread.join(max(deadline - time.monotonic(), 0.0))
        ended = self._in_flight.wait_until_none(max(deadline - time.monotonic(), 0.0), self._nothing_taken)
        return ended and not any(thread.is_alive() for thread in loops)

    def _nothing_taken(self) -> bool:
        return all(queue.in_flight == 0 for queue in self._queues)

    def _loaded(self) -> LoadedApp:
        if self._app is None:
            raise HostError("the host is not loaded: call load or start first")
        return self._app

    def _prepare(self, app: LoadedApp) -> None:
        surroundings = Surroundings(
            worker=app.worker,
            clock=self._clock,
            in_flight=self._in_flight,
            faults=self.faults,
            options=app.options.queues,
            record=self._record,
            written=self._wake,
            tell=self._tell,
            lease_seconds=self._lease_seconds,
        )
        self._drained.clear()
        self._queues, self._timers = listeners_of(app, surroundings, create_queues=self._create_queues)

    def _record(self, invocation: Invocation) -> None:
        self.invocations.append(invocation)
        self._tell(invocation.line())

    def _wake(self, queue: str) -> None:
        for listener in self._queues:
            if listener.trigger.queue == queue:
                listener.wake()

    def _nudge(self) -> None:
        # The last running function has ended: it may have written to any queue.
        for listener in self._queues:
            listener.nudge()

    def _watch_until_drained(self) -> None:
        while not self._clock.wait(self._drained, WATCH_SECONDS):
            self.watch()
