"""Measures at intervals how far the mirror is from PostgreSQL, and has it reseeded."""

from typing import Self

from app.mirror.check import compare
from app.mirror.server import Server
from app.observability import metrics
from app.settings import ListenerSettings
from listeners.concerns.reseed import Reseeder
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep


class Drift:
    """Counts the differences before the reseed, so that the metric shows what the reseed then heals."""

    def __init__(self, backend: Backend, server: Server, reseeder: Reseeder) -> None:
        self._backend = backend
        self._server = server
        self._reseeder = reseeder

    @classmethod
    def of(cls, parts: Parts, reseeder: Reseeder) -> Self:
        """The drift of a listener's mirror."""
        return cls(parts.backends.work, parts.server, reseeder)

    def sweeps(self, settings: ListenerSettings) -> list[Sweep]:
        """One sweep; none where VALKEY_ONLINE_MIRROR_SWEEP_SECONDS is 0."""
        seconds = settings.valkey_online_mirror_sweep_seconds
        return [Sweep("mirror", seconds, self.heal, at_once=False)] if seconds else []

    async def heal(self) -> str:
        """Measure, then ask for a reseed; returns what was found."""
        try:
            differences = await compare(self._backend.run, self._server)
        finally:
            self._reseeder.request("sweep")
        metrics.mirror_differences.set(len(differences))
        return f"{len(differences)} differences" if differences else ""
