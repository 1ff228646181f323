"""Prometheus reads here how this process is doing."""

from falcon.asgi import Request, Response

from app.observability import metrics


class Metrics:
    """GET /metrics."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give every series in Prometheus' text format."""
        resp.data, resp.content_type = metrics.page()
