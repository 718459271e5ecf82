"""The host's randomised exponential back-off, for polling empty queues and for `exponential_backoff` retries."""

from __future__ import annotations

import random
from collections.abc import Callable

SPREAD = (0.8, 1.2)
# Beyond this the power is far above every maximum; it keeps the number small.
EXPONENT_MAX = 60


class Backoff:
    """Delays that grow from a minimum to a maximum, in seconds.

    After work the minimum itself; then, for the n-th time in a row, minimum + U(0.8, 1.2) x 2^(n-1) x minimum. One
    instance belongs to one listener or one retry loop.
    """

    def __init__(
        self, minimum: float, maximum: float, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._minimum = minimum
        self._maximum = maximum
        self._uniform = uniform
        self._current = 0.0
        self._exponent = 1

    def next_delay(self, *, after_work: bool = False) -> float:
        """Return the seconds to wait before the next try.

        Args:
            after_work: something was found since the last delay; the series starts again at the minimum.
        """
        if after_work:
            self._current, self._exponent = self._minimum, 1
        elif self._current != self._maximum:
            growth = self._uniform(*SPREAD) * 2.0 ** (self._exponent - 1) * self._minimum
            self._current = min(self._minimum + growth, self._maximum)
            self._exponent = min(self._exponent + 1, EXPONENT_MAX)
        return self._current
