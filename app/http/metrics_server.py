"""The public app's own `/metrics`, on a port that is not for the public."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Self

import falcon.asgi
import structlog
import uvicorn
from falcon.asgi import Request, Response

from app import metrics
from app.http.protocol import HttpProtocol
from app.http.router import Router
from app.ports import reserve
from app.settings import ApiSettings, SettingsError

log = structlog.get_logger(__name__)


class _Metrics:
    """GET /metrics."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give every series of this process in Prometheus' text format."""
        resp.data, resp.content_type = metrics.page(metrics.PUBLIC)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the public app's server."""
        yield


class MetricsServer:
    """Serves `/metrics` on METRICS_HOST:METRICS_PORT beside the public app."""

    def __init__(self, server: uvicorn.Server, serving: asyncio.Task[None], port: int) -> None:
        self.port = port
        self._server = server
        self._serving = serving

    @classmethod
    def start(cls, settings: ApiSettings) -> Self | None:
        """Begin to serve; None when it is off, or when its port is taken, which is said and stops nothing."""
        if not settings.metrics_port:
            return None
        try:
            listening = reserve(settings.metrics_host, settings.metrics_port, setting="METRICS_PORT")
        except SettingsError as error:
            log.warning("metrics_not_served", reason=str(error))
            return None
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App(router=Router())
        app.add_route("/metrics", _Metrics())
        server = _Server(
            uvicorn.Config(
                app, http=HttpProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
                server_header=False, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        return cls(server, asyncio.create_task(server.serve([listening])), listening.getsockname()[1])

    async def stop(self) -> None:
        """End."""
        self._server.should_exit = True
        await self._serving
