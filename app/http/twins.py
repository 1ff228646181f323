"""Requests that were sent at once, told apart from one that came later."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

# Long enough for fifty requests sent at once to be read before the first is answered, on a busy machine too.
HOLD_SECONDS = 0.5


# On its way to the database a request may be overtaken; a twin is dated back by more than that can take.
OVERTAKEN_SECONDS = 30.0


class Twin:
    """One request among those that came with the same secret before the first of them was answered."""

    def __init__(self) -> None:
        self.arrived = time.perf_counter()
        self._margin = 0.0

    def follow(self, first: "Twin") -> None:
        """Count as having come with `first`, before any answer to it."""
        self.arrived = first.arrived
        self._margin = OVERTAKEN_SECONDS

    def waited(self) -> timedelta:
        """How long ago it came, as the database is to see it."""
        return timedelta(seconds=time.perf_counter() - self.arrived + self._margin)


class Twins:
    """Remembers, until the first request with a secret is answered, that it is under way.

    An app that sends one refresh token fifty times at once is no thief, but its requests are read one after the other,
    the last when the database has long rotated the token. So no answer leaves before HOLD_SECONDS have passed: who
    comes earlier can't have seen it, and counts as having come with the first; who comes later is using it again.
    """

    def __init__(self) -> None:
        self._firsts: dict[bytes, Twin] = {}

    @asynccontextmanager
    async def among(self, secret: bytes) -> AsyncIterator[Twin]:
        """Be under way with this secret, for HOLD_SECONDS at least."""
        mine = Twin()
        held = asyncio.get_running_loop().time() + HOLD_SECONDS
        first = self._firsts.setdefault(secret, mine)
        if first is not mine:
            mine.follow(first)
        try:
            yield mine
            await asyncio.sleep(held - asyncio.get_running_loop().time())
        finally:
            if first is mine:
                del self._firsts[secret]
