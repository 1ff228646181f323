"""The public app's own `/metrics`, on a port that is not for the public."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from app.http.metrics_page import MetricsPage
from app.http.side_server import SideServer
from app.observability import metrics
from app.runtime.ports import reserve
from app.settings import ApiSettings, SettingsError

log = structlog.get_logger(__name__)


class MetricsServer:
    """Serves `/metrics` on METRICS_HOST:METRICS_PORT while the public app is up. It is a middleware of that app."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._server: SideServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Begin to serve, unless METRICS_PORT is 0. A port that is taken is logged, and the app starts all the same."""
        settings = self._settings
        if not settings.metrics_port:
            return
        try:
            listening = reserve(settings.metrics_host, settings.metrics_port, setting="METRICS_PORT")
        except SettingsError as error:
            log.warning("metrics_not_served", reason=str(error))
            return
        self._server = SideServer({"/metrics": MetricsPage(metrics.PUBLIC)})
        self._serving = asyncio.create_task(self._server.serve([listening]))

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """End."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
