"""Makes what people asked for of their own data, a step of each in turn."""

from typing import Self

import psycopg
import structlog

from app.observability.faults import log_fault
from app.sql import exports
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

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
        """Copy rows until no export waits, or for so many steps; returns how many exports became ready.

        Raises an ExceptionGroup of what failed, when all others had their turn.
        """
        ready, failed = 0, list[psycopg.Error]()
        for _ in range(MOST_STEPS):
            export_id = await self._backend.run(exports.claim_data_export)
            if export_id is None:
                break
            try:
                is_more = await self._backend.run(exports.make_data_export, export_id=export_id, limit=ROWS_A_STEP)
            except psycopg.Error as error:
                log_fault(log, "export_not_made", error, export_id=str(export_id))
                failed.append(error)
            else:
                ready += not is_more
        if failed:
            raise ExceptionGroup("exports were not made", failed)
        return f"{ready} ready" if ready else ""
