"""Makes what people asked for of their own data, a step of each in turn."""

from typing import Self

from app.sql import exports
from listeners.concerns.step_by_step import step_by_step
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

EXPORT_SECONDS = 2.0
ROWS_A_STEP = 1000
MOST_STEPS = 100
"""Further steps wait for the next run."""


class Exports:
    """Only the leader makes exports. One that fails was set aside by its claim, so it holds up no other."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The exports of a listener."""
        return cls(parts.backends.sweeps)

    def sweeps(self) -> list[Sweep]:
        """The one sweep."""
        return [Sweep("exports", EXPORT_SECONDS, self.make)]

    async def make(self) -> str:
        """Copy rows until no export waits, or for so many steps; returns how many exports became ready."""
        run = self._backend.run
        ready = await step_by_step(
            "export",
            lambda: run(exports.claim_data_export),
            lambda export_id: run(exports.make_data_export, export_id=export_id, limit=ROWS_A_STEP),
            most=MOST_STEPS,
        )
        return f"{ready} ready" if ready else ""
