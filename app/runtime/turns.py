"""Turns of work that may take long: one at a time, with a rest between them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Who reads much waits for its turn. After a turn nobody has one for as long as it took.

    So all of them together use one connection, and half of a processor of PostgreSQL: what must be quick has the rest.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._whose: asyncio.Task[object] | None = None
        self._rested_at = 0.0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a turn, which lasts until the block ends. A turn within a turn of the same task is that turn."""
        task = asyncio.current_task()
        if task is self._whose:
            yield
            return
        async with self._turn:
            await asyncio.sleep(self._rested_at - time.monotonic())
            began, self._whose = time.monotonic(), task
            try:
                yield
            finally:
                ended, self._whose = time.monotonic(), None
                self._rested_at = ended + (ended - began)
