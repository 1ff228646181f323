"""Waiting for an event, with a bound, while the event loop goes on."""

import asyncio
from collections.abc import Awaitable, Callable

BOUND_SECONDS = 30.0


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it happened; raises TimeoutError when it does not in time."""
    async with asyncio.timeout(BOUND_SECONDS):
        while not await happened():  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.02)
