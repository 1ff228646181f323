"""uvicorn in a test."""

import asyncio
from contextlib import suppress

import uvicorn

_TICK_SECONDS = 0.1


class PromptServer(uvicorn.Server):
    """Sees at once that it should exit; uvicorn's own looks every 0.1 s, which is as long as many a test takes."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._told = asyncio.Event()
        super().__init__(config)

    @property
    def should_exit(self) -> bool:
        """Whether it was told to."""
        return self._told.is_set()

    @should_exit.setter
    def should_exit(self, told: bool) -> None:
        if told:
            self._told.set()

    async def main_loop(self) -> None:
        """Do what is done ten times a second until it should exit."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_SECONDS)
