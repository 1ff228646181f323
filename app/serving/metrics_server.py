"""The public app's own `/metrics`, on a port that is not for the public."""

import asyncio
from collections.abc import Mapping, Sequence
from socket import socket
from typing import Any

import httpx
import structlog
from falcon.asgi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.http.metrics_page import MetricsPage
from app.http.side_server import SideServer
from app.observability import metrics
from app.runtime.ports import reserve
from app.settings import ApiSettings, SettingsError

log = structlog.get_logger(__name__)

PAGE_SECONDS = 2.0
"""How long one worker's page may take; after that the page of all is without it."""


def metrics_port(settings: ApiSettings) -> socket | None:
    """What METRICS_HOST and METRICS_PORT name; None when that is off. A port that is taken is logged, and None, too."""
    if not settings.metrics_port:
        return None
    try:
        return reserve(settings.metrics_host, settings.metrics_port, setting="METRICS_PORT")
    except SettingsError as error:
        log.warning("metrics_not_served", reason=str(error))
        return None


class MetricsServer:
    """Serves `/metrics` while the public app is up. It is a middleware of that app."""

    def __init__(self, settings: ApiSettings, at: socket | None = None) -> None:
        """The place is METRICS_HOST:METRICS_PORT, unless `at` is bound to another."""
        self._settings = settings
        self._at = at
        self._server: SideServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Begin to serve, unless METRICS_PORT is 0. A port that is taken is logged, and the app starts all the same."""
        listening = self._at or metrics_port(self._settings)
        if listening is None:
            return
        self._server = SideServer({"/metrics": MetricsPage(metrics.PUBLIC)})
        self._serving = asyncio.create_task(self._server.serve([listening]))

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """End."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving


class AllWorkersPage:
    """GET /metrics of several workers: the series of each, with its number as the label `worker`."""

    def __init__(self, workers: Sequence[socket]) -> None:
        """`workers` are bound where the workers serve their own pages."""
        self._addresses = {
            str(number): "http://{}:{}/metrics".format(*at.getsockname()) for number, at in enumerate(workers, 1)
        }

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give every series of every worker that answers."""
        async with httpx.AsyncClient(timeout=PAGE_SECONDS, trust_env=False) as client:
            answers = await asyncio.gather(*map(client.get, self._addresses.values()), return_exceptions=True)
        pages = {
            number: answer.text
            for number, answer in zip(self._addresses, answers, strict=True)
            if isinstance(answer, httpx.Response) and answer.is_success
        }
        resp.data, resp.content_type = metrics.together(pages), CONTENT_TYPE_LATEST


def serve_all_workers(listening: socket, workers: Sequence[socket]) -> None:
    """Serve the page of all workers until the process ends."""
    asyncio.run(SideServer({"/metrics": AllWorkersPage(workers)}).serve([listening]))
