"""What happens around every request: its id, its line in the log, its place in the metrics, and safe headers."""

import re
import time
from typing import Any

import falcon
import structlog
from falcon.asgi import Request, Response

from app.http.openapi import documented_path
from app.http.things import ids_in
from app.observability import metrics, tracing
from app.wire import request_ids
from app.wire.exchange import HEADERS_SO_FAR
from app.wire.request_ids import request_id

log = structlog.get_logger(__name__)

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

# These are asked so often that their log lines would bury the others; metrics count them.
_QUIET = frozenset({"/api/mitra/status/heartbeat", "/api/availability", "/healthz", "/readyz", "/metrics"})


def route_of(req: Request) -> str:
    """The route as it is documented, without ids; `unknown` when no route matched, so that labels stay few."""
    return documented_path(req.uri_template) if req.uri_template else "unknown"


class RequestContext:
    """Gives the request an id, the caller's or a new one; counts and logs it when it is answered."""

    def __init__(self, app: str) -> None:
        self._app = app

    async def process_request(self, req: Request, resp: Response) -> None:
        """Bind what every log line of this request carries, and give its id back."""
        if req.path == "*":  # OPTIONS *, which asks about the server as a whole
            resp.status = falcon.HTTP_204
            resp.complete = True
        context = req.context
        context.started = time.perf_counter()
        context.user = None
        context.refusal = None
        context.things = {}
        context.request_id = request_id(req.get_header(request_ids.HEADER))
        resp.set_header(request_ids.HEADER, context.request_id)
        req.scope[HEADERS_SO_FAR] = lambda: resp.headers
        structlog.contextvars.bind_contextvars(request_id=context.request_id)
        traceparent = req.get_header("traceparent")
        if traceparent and not _TRACEPARENT.fullmatch(traceparent):
            traceparent = None
        context.span = None
        if tracing.tracer is not None:
            context.span = tracing.tracer.serve(req.method, traceparent)
            traceparent = context.span.traceparent or traceparent
        if traceparent:
            structlog.contextvars.bind_contextvars(traceparent=traceparent)
        else:
            # Requests of one connection share a context: forget what the request before this one bound.
            structlog.contextvars.unbind_contextvars("traceparent")

    async def process_resource(self, req: Request, resp: Response, resource: Any, params: dict[str, Any]) -> None:  # noqa: ARG002  # Falcon's signature
        """Note what the request is about."""
        req.context.things = ids_in(params)

    async def process_response(self, req: Request, resp: Response, resource: Any, req_succeeded: bool) -> None:  # noqa: ARG002  # Falcon's signature
        """Count and log."""
        context = req.context
        seconds = time.perf_counter() - context.started
        route = route_of(req)
        metrics.http_requests.labels(self._app, req.method, route, resp.status_code).observe(seconds)
        if context.span is not None:
            self._end(context.span, req, resp, route)
        if route not in _QUIET or resp.status_code >= 500:
            log.info(
                "request",
                method=req.method,
                route=route,
                status=resp.status_code,
                milliseconds=round(seconds * 1000, 1),
                user=context.user,
                **context.things,
                **({"refusal": context.refusal} if context.refusal else {}),
            )

    def _end(self, span: tracing.TraceSpan, req: Request, resp: Response, route: str) -> None:
        context = req.context
        span.name(f"{req.method} {route}")
        refusal = {"refusal": context.refusal} if context.refusal else {}
        span.tell(status=resp.status_code, request_id=context.request_id, **context.things, **refusal)
        span.end()
