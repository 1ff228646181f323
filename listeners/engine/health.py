"""`/healthz`, `/readyz` and `/metrics` on the listener's own port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import falcon
import falcon.asgi
import msgspec
import uvicorn

from app.http.router import Router
from app.observability import metrics
from app.runtime.instant import Instant
from app.wire.http_protocol import HttpProtocol
from listeners.engine.sweeps import Sweep

LAST_ANSWER_SECONDS = 2.0


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


class ListenerMetrics:
    """GET /metrics."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The Prometheus series of this process."""
        resp.data, resp.content_type = metrics.page(metrics.LISTENER)


class HealthServer(uvicorn.Server):
    """Serves these addresses in the listener's event loop; the listener itself takes care of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


@contextlib.asynccontextmanager
async def serving_health(port: socket.socket, report: Report) -> AsyncIterator[None]:
    """Answer on `port` with what `report` says."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App(router=Router())
    app.add_route("/healthz", Healthz())
    app.add_route("/readyz", Readyz(report))
    app.add_route("/metrics", ListenerMetrics())
    server = HealthServer(
        uvicorn.Config(
            app, http=HttpProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
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
