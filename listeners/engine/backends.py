"""The listener's PostgreSQL sessions, by the work that shares them (requirement/architecture.md says why)."""

import asyncio

from app.settings import DatabaseSettings
from app.sql.function import declaration
from app.sql.mirror import MitraState, mirror_state
from listeners.engine.backend import Backend
from listeners.engine.connection import PROOF_SECONDS
from listeners.engine.lookup import Lookup

LIMIT_SECONDS = 5.0
SWEEP_LIMIT_SECONDS = 30.0
LEASE_LIMIT_SECONDS = 1.5


class Backends:
    """With LISTEN, these are the 8 connections that a leading listener holds at most."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.work = _backend(settings, "work", size=2)
        self.sweeps = _backend(settings, "sweeps", size=2, limit=SWEEP_LIMIT_SECONDS)
        self.events = _backend(settings, "events")
        self.lease = _backend(settings, "lease", limit=LEASE_LIMIT_SECONDS)
        self.states = Lookup(
            settings.database_url,
            declaration(mirror_state),
            MitraState,
            name="halobestie-mirror",
            limit=LIMIT_SECONDS,
            prepare=settings.prepare,
        )
        self._all = (self.work, self.sweeps, self.events, self.lease, self.states)

    async def prove(self) -> None:
        """Every five seconds, replace the idle connections that are silent or read-only; ends when cancelled."""
        while True:
            await asyncio.sleep(PROOF_SECONDS)
            await asyncio.gather(*(backend.prove() for backend in self._all))

    def close(self) -> None:
        """Close the idle connections."""
        for backend in self._all:
            backend.close()


def settling_backend(settings: DatabaseSettings) -> Backend:
    """The session on which the start settles what is overdue, before any other is opened."""
    return _backend(settings, "settle", limit=SWEEP_LIMIT_SECONDS)


def _backend(settings: DatabaseSettings, name: str, *, size: int = 1, limit: float = LIMIT_SECONDS) -> Backend:
    return Backend(settings.database_url, name=f"halobestie-{name}", size=size, limit=limit, prepare=settings.prepare)
