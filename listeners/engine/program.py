"""The life of the listener: rounds of work until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, Protocol
from weakref import WeakSet

import structlog

from app.observability import metrics
from app.observability.faults import Series
from app.runtime.backoff import pauses
from listeners.engine.doorbell import Doorbell

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
"""After a fault. Short, because deadlines must be met within 3 s of PostgreSQL's return."""


class Rounds(NamedTuple):
    """What a concern does again and again (`Program.rounds`)."""

    name: str
    work: Callable[[], Awaitable[float]]
    """One round; returns how many seconds to wait for the bell before the next round."""
    bell: Doorbell


class Concern(Protocol):
    """A concern that works in rounds."""

    def rounds(self) -> Rounds:
        """What it does, and what it is called in logs and metrics."""


class Program:
    """Knows whether the listener is to stop, and rings every doorbell when it is."""

    def __init__(self) -> None:
        self._end = asyncio.Event()
        self._bells: WeakSet[Doorbell] = WeakSet()
        """Those that somebody still waits for: a listener may lead again and again."""

    @property
    def stopping(self) -> bool:
        """Whether the end has been asked for."""
        return self._end.is_set()

    def doorbell(self) -> Doorbell:
        """A doorbell that also rings at the end."""
        bell = Doorbell()
        self._bells.add(bell)
        return bell

    def stop(self) -> None:
        """End after the batch in hand."""
        self._end.set()
        for bell in list(self._bells):
            bell.ring()

    async def until_stopped(self) -> None:
        """Wait for the end."""
        await self._end.wait()

    async def pause(self, seconds: float) -> None:
        """Wait for so many seconds, or until the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._end.wait()

    async def patience(self, work: Coroutine[Any, Any, object], *, seconds: float | None) -> bool:
        """Wait for `work`, at most for so many seconds and at most until the end. Returns whether it was done.

        Work that was not done is cancelled. Raises what `work` raises.
        """
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self.until_stopped())
        try:
            await asyncio.wait({working, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
                return True
            return False
        finally:
            for task in (working, stopping):
                task.cancel()
            await asyncio.wait({working, stopping})

    async def rounds(self, name: str, work: Callable[[], Awaitable[float]], bell: Doorbell) -> None:
        """Do `work` again and again; it returns how many seconds to wait for the bell before the next round.

        A round that fails is counted and logged, the first of a series and then one a minute, and the next one runs
        after a growing pause.
        """
        waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        failures = Series(log, "round_failed", concern=name)
        while not self.stopping:
            try:
                seconds = await work()
            except Exception as error:  # noqa: BLE001  # whatever it is, the other concerns and the next round go on
                metrics.listener_failures.labels(name).inc()
                failures.failed(error)
                await self.pause(next(waits))
                continue
            if count := failures.ended():
                log.info("round_succeeded_again", concern=name, failures=count)
                waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            if seconds > 0:
                await bell.wait(seconds=seconds)
