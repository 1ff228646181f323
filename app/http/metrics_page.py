"""`/metrics`: where Prometheus reads how a process is doing."""

from falcon.asgi import Request, Response
from prometheus_client import CollectorRegistry

from app.observability import metrics


class MetricsPage:
    """GET /metrics."""

    def __init__(self, *own: CollectorRegistry) -> None:
        """`own` are the registries of this process alone, shown beside what every process counts."""
        self._own = own

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give every series of this process in Prometheus' text format."""
        resp.data, resp.content_type = metrics.page(*self._own)
