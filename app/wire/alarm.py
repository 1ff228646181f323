"""A time limit that is set and lifted at every request, and rarely runs out."""

import asyncio
import math
from collections.abc import Callable


class Alarm:
    """Calls `ring` when a time limit has run out.

    A timer that is set for an earlier time stays as it is, and is set again when it fires: that costs less than to
    cancel a timer and make another one at every request.
    """

    __slots__ = ("_deadline", "_fires_at", "_loop", "_ring", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._fires_at = math.inf
        """When the timer fires; endless without a timer."""

    @property
    def is_set(self) -> bool:
        """Whether there is a time limit."""
        return self._deadline < math.inf

    def seconds_left(self) -> float:
        """How much is left of the time limit; endless without a limit."""
        return self._deadline - self._loop.time()

    def set(self, seconds: float) -> None:
        """Set the time limit, in the place of another one."""
        self._deadline = self._loop.time() + seconds
        if self._fires_at > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._start_timer()

    def lift(self) -> None:
        """End the time limit."""
        self._deadline = math.inf

    def end(self) -> None:
        """End for good, and let go of `ring`: its owner holds this alarm, and a circle would be freed late."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._fires_at = math.inf
        self._ring = _stay_silent

    def _start_timer(self) -> None:
        self._fires_at = self._deadline
        self._timer = self._loop.call_at(self._fires_at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._fires_at = math.inf
        if self._deadline <= self._loop.time():
            self._ring()
        elif self.is_set:
            self._start_timer()


def _stay_silent() -> None:
    """An alarm that has ended rings no more."""
