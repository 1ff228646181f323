"""The regular look at how far the mirror is from the truth, and the reseed that follows."""

from app.mirror.check import compare
from app.mirror.server import Server
from app.observability import metrics
from listeners.concerns.reseed import Reseeder
from listeners.engine.backend import Backend


class Drift:
    """Counts the differences, so that the metric shows what the reseed then heals."""

    def __init__(self, backend: Backend, server: Server, reseeder: Reseeder) -> None:
        self._backend = backend
        self._server = server
        self._reseeder = reseeder

    async def heal(self) -> str:
        """Measure, then have the mirror rebuilt; says what was found."""
        try:
            found = await compare(self._backend.run, self._server)
        finally:
            self._reseeder.request("sweep")
        metrics.mirror_differences.set(len(found))
        return f"{len(found)} differences" if found else ""
