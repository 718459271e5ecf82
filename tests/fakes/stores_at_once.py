"""Stores in memory that can do several things at a time: in threads, or in turn from the last to the first."""

from collections.abc import Callable, Iterable

from domain.ports import Clock
from functions.storage.at_once import AtOnceRowStore
from functions.storage.memory import MemoryRowStore


class Backwards(MemoryRowStore):
    """Does what may be done in any order from the last to the first: deterministic, and as bad as it gets."""

    def each_at_once[T](self, do: Callable[[T], None], things: Iterable[T]) -> None:
        for thing in reversed(list(things)):
            do(thing)


class Threaded(MemoryRowStore):
    """Does what may be done in any order in four threads."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._threads = AtOnceRowStore(self, 4)

    def each_at_once[T](self, do: Callable[[T], None], things: Iterable[T]) -> None:
        self._threads.each_at_once(do, things)
