"""`/healthz`, `/readyz` and `/metrics` on the listener's own port."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import falcon
import falcon.asgi
import msgspec
import uvicorn

from app import metrics
from app.instant import Instant
from listeners.sweeps import Sweep


class SweepReport(msgspec.Struct, frozen=True):
    """How a sweep's last run went; `outcome` is null until the first one."""

    outcome: str | None
    ended_at: Instant | None = None
    seconds: float | None = None
    found: str | None = None


class Readiness(msgspec.Struct, frozen=True):
    """What `/readyz` tells. Ready means that PostgreSQL is heard; Valkey is reported, not required."""

    status: str
    postgres: str
    valkey: str
    leading: bool
    epoch: int | None
    queue: int
    lag_ms: float
    sweeps: dict[str, SweepReport]


class Healthz:
    """GET /healthz."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The process lives."""
        resp.media = {"status": "ok"}


class Readyz:
    """GET /readyz."""

    def __init__(self, report: Callable[[], Readiness]) -> None:
        self._report = report

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """200 while PostgreSQL is heard, else 503; the details in either case."""
        report = self._report()
        resp.status = falcon.HTTP_200 if report.postgres == "up" else falcon.HTTP_503
        resp.content_type = falcon.MEDIA_JSON
        resp.data = msgspec.json.encode(report)


class Metrics:
    """GET /metrics."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The Prometheus series of this process."""
        resp.data, resp.content_type = metrics.page(metrics.LISTENER)


class HealthServer(uvicorn.Server):
    """Serves them within the listener's event loop; the listener itself takes care of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def health_server(report: Callable[[], Readiness]) -> HealthServer:
    """A server for `serve(sockets=[…])`; setting its `should_exit` ends it."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    app.add_route("/healthz", Healthz())
    app.add_route("/readyz", Readyz(report))
    app.add_route("/metrics", Metrics())
    return HealthServer(
        uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=1,
        )
    )  # fmt: skip


def reports(sweeps: list[Sweep]) -> dict[str, SweepReport]:
    """The last run of each sweep."""
    return {
        sweep.name: SweepReport(None)
        if sweep.last is None
        else SweepReport(sweep.last.outcome, sweep.last.ended_at, sweep.last.seconds, sweep.last.found)
        for sweep in sweeps
    }
