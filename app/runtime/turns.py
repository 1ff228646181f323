"""Turns of work that may take long: one at a time, with a rest between them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.problems import Problem

PLACES = 10
"""So many read or wait at the same time; others are refused, so that every wait has an end."""


class Turns:
    """Who reads much waits for its turn. After a turn nobody has one for as long as it took.

    So all of them together use one connection, and half of a processor of PostgreSQL: what must be quick has the rest.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._whose: asyncio.Task[object] | None = None
        self._present = 0
        self._rested_at = 0.0

    @asynccontextmanager
    async def one(self, *, is_begun: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, which lasts until the block ends. A turn within a turn of the same task is that turn.

        Refuses with SERVICE_UNAVAILABLE when all places are taken, but never work that `is_begun`.
        """
        task = asyncio.current_task()
        if task is self._whose:
            yield
            return
        if self._present >= PLACES and not is_begun:
            raise Problem(
                "SERVICE_UNAVAILABLE", "Too many reports are being made.", hint="Ask again when some are done."
            )
        self._present += 1
        try:
            async with self._turn:
                await asyncio.sleep(self._rested_at - time.monotonic())
                began, self._whose = time.monotonic(), task
                try:
                    yield
                finally:
                    ended, self._whose = time.monotonic(), None
                    self._rested_at = ended + (ended - began)
        finally:
            self._present -= 1
