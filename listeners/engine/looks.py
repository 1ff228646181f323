"""What a listener measures once a minute, also while another leads, so that the gauges of each are right."""

from collections.abc import Awaitable, Callable

from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

LOOK_SECONDS = 60.0


class MinuteLook:
    """One measurement, again and again."""

    def __init__(self, name: str, parts: Parts, measure: Callable[[Backend], Awaitable[None]]) -> None:
        """`measure` asks the database and sets gauges."""
        self._name = name
        self._measure = measure
        self._backend = parts.backends.sweeps
        self._bell = parts.program.doorbell()

    def rounds(self) -> Rounds:
        """A look every minute."""
        return Rounds(self._name, self._look, self._bell)

    async def _look(self) -> float:
        await self._measure(self._backend)
        return LOOK_SECONDS
