"""Requests that were sent at once, told apart from one that came later."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

# Long enough for fifty requests that were sent at once to be read before the first of them is answered.
HOLD_SECONDS = 0.25


# On its way to the database a request may be overtaken; a twin is dated back by more than that can take.
OVERTAKEN_SECONDS = 30.0


class Twin:
    """One request among those that came with the same secret before the first of them was answered."""

    def __init__(self, since: float, *, is_first: bool) -> None:
        self._since = since
        self._margin = 0.0 if is_first else OVERTAKEN_SECONDS

    def waited(self) -> timedelta:
        """How long ago the first of them came, as the database is to see it: for a twin, before any answer to them."""
        return timedelta(seconds=time.perf_counter() - self._since + self._margin)


class Twins:
    """Remembers, while requests are under way, when the first with the same secret came.

    An app that sends one refresh token fifty times at once is no thief, but its requests are read one after the other,
    the last when the database has long rotated the token. So no answer leaves before HOLD_SECONDS have passed: who
    comes earlier can't have seen it, and counts as having come with the first; who comes later is using it again.
    """

    def __init__(self) -> None:
        self._under_way: dict[bytes, tuple[float, int]] = {}

    @asynccontextmanager
    async def among(self, secret: bytes) -> AsyncIterator[Twin]:
        """Be under way with this secret, for HOLD_SECONDS at least."""
        arrived = time.perf_counter()
        since, others = self._under_way.get(secret, (arrived, 0))
        self._under_way[secret] = (since, others + 1)
        try:
            yield Twin(since, is_first=others == 0)
            await asyncio.sleep(HOLD_SECONDS - (time.perf_counter() - arrived))
        finally:
            since, together = self._under_way.pop(secret)
            if together > 1:
                self._under_way[secret] = (since, together - 1)
