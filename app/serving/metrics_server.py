"""The public app's own `/metrics`, on a port that is not for the public."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import falcon.asgi
import structlog
import uvicorn
from falcon.asgi import Request, Response

from app.http.router import Router
from app.observability import metrics
from app.runtime.ports import reserve
from app.settings import ApiSettings, SettingsError
from app.wire.http_protocol import HttpProtocol

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
    """Serves `/metrics` on METRICS_HOST:METRICS_PORT as long as the public app is up, whose middleware it is."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Begin to serve, unless it is off; a port that is taken is said and stops nothing."""
        settings = self._settings
        if not settings.metrics_port:
            return
        try:
            listening = reserve(settings.metrics_host, settings.metrics_port, setting="METRICS_PORT")
        except SettingsError as error:
            log.warning("metrics_not_served", reason=str(error))
            return
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App(router=Router())
        app.add_route("/metrics", _Metrics())
        self._server = _Server(
            uvicorn.Config(
                app, http=HttpProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
                server_header=False, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        self._serving = asyncio.create_task(self._server.serve([listening]))

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """End."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
