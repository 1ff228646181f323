"""Turns every exception in a request into an answer of `application/problem+json`."""

import traceback
from typing import Any

import falcon
import falcon.asgi
import msgspec
import psycopg
import structlog
from falcon.asgi import Request, Response, WebSocket

from app.problems import PROBLEM_TYPE, Problem

INNERMOST_FRAMES = 10

log = structlog.get_logger(__name__)

# The close code of a socket that is refused before it is accepted, as Falcon does it: 3000 + the HTTP status.
_WS_CODE_BASE = 3000


def install(app: "falcon.asgi.App[Request, Response]") -> None:
    """Make this app answer every exception so, also Falcon's own."""
    app.add_error_handler(falcon.HTTPError, _answer)
    app.add_error_handler(Exception, _answer)


async def _answer(
    req: Request,
    resp: Response | None,
    error: Exception,
    _params: dict[str, Any],
    ws: WebSocket | None = None,
) -> None:
    problem = problem_of(error)
    if ws is not None:
        await ws.close(_WS_CODE_BASE + problem.status)
        return
    assert resp is not None, "Falcon gives a response to everything that is not a socket"
    req.context.refusal = problem.code
    resp.status = problem.status
    resp.set_headers(problem.headers)
    resp.data = msgspec.json.encode(problem.details(req.context.request_id))
    resp.content_type = PROBLEM_TYPE


def problem_of(error: Exception) -> Problem:
    """The answer to an exception; what broke is logged."""
    problem = Problem.of(error)
    if problem.is_fault or problem.status == 503:
        _log(problem, error)
    return problem


def _log(problem: Problem, error: Exception) -> None:
    """Log what broke and where, without the values that the texts of exceptions quote."""
    fields: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, msgspec.ValidationError):
        fields["said"] = str(error)  # names types and fields only
    if isinstance(error, psycopg.Error):
        fields["sqlstate"] = error.sqlstate
        if error.sqlstate is not None:
            fields["said"] = error.diag.message_primary
            fields["at"] = error.diag.context
    if problem.is_fault:
        fields["where"] = [
            f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ][-INNERMOST_FRAMES:]
        log.error("request_failed", **fields)
    else:
        log.warning("request_not_served", **fields)
