"""What wakes a concern: a notification, or the end of the program."""

import asyncio
import contextlib


class Doorbell:
    """Any number of rings until the next `wait` count as one."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the present `wait`, or the next one."""
        self._rung.set()

    async def wait(self, *, seconds: float | None) -> bool:
        """Wait for a ring, at most so many seconds (None = without end). Returns whether it rang."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung
