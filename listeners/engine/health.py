"""`/healthz`, `/readyz` and `/metrics` on the listener's own port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import falcon
import falcon.asgi
import msgspec

from app.http.metrics_page import MetricsPage
from app.http.side_server import SideServer
from app.observability import metrics
from app.runtime.instant import Instant
from listeners.engine.sweeps import Sweep

LAST_ANSWER_SECONDS = 1.5
"""How long the last answers may take when the listener stops."""


class SweepReport(msgspec.Struct, frozen=True):
    """How a sweep's last run went; `outcome` is null until the first run has ended."""

    outcome: str | None
    ended_at: Instant | None = None
    seconds: float | None = None
    found: str | None = None


class ListenerReadiness(msgspec.Struct, frozen=True):
    """What `/readyz` tells: `status` is starting, ok, degraded, unavailable or stopping.

    A listener is ready when it hears PostgreSQL's notifications and PostgreSQL takes writes. `reasons` name trouble
    that all processes share; they make a ready listener degraded.
    """

    status: str
    postgres: str = "down"
    valkey: str = "down"
    leading: bool = False
    epoch: int | None = None
    queue: int = 0
    lag_ms: float = 0.0
    sweeps: dict[str, SweepReport] = {}
    reasons: list[str] = []

    @property
    def is_ready(self) -> bool:
        """Whether this listener can do its work."""
        return self.status in ("ok", "degraded")


Report = Callable[[], Awaitable[ListenerReadiness]]


class Healthz:
    """GET /healthz."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The process lives."""
        resp.media = {"status": "ok"}


class Readyz:
    """GET /readyz."""

    def __init__(self, report: Report) -> None:
        self._report = report

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """200 while this listener is ready, else 503; the details in either case."""
        report = await self._report()
        resp.status = falcon.HTTP_200 if report.is_ready else falcon.HTTP_503
        resp.content_type = falcon.MEDIA_JSON
        resp.data = msgspec.json.encode(report)


@contextlib.asynccontextmanager
async def serving_health(port: socket.socket, report: Report) -> AsyncIterator[None]:
    """Answer on `port` with what `report` says."""
    server = SideServer({"/healthz": Healthz(), "/readyz": Readyz(report), "/metrics": MetricsPage(metrics.LISTENER)})
    serving = asyncio.create_task(server.serve(sockets=[port]), name="health")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=LAST_ANSWER_SECONDS)
        serving.cancel()


def reports(sweeps: list[Sweep]) -> dict[str, SweepReport]:
    """The last run of each sweep."""
    return {
        sweep.name: SweepReport(None)
        if sweep.last is None
        else SweepReport(sweep.last.outcome, sweep.last.ended_at, sweep.last.seconds, sweep.last.found)
        for sweep in sweeps
    }
