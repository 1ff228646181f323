"""What browsers need, or must be kept from: other origins, and requests that another site's page makes."""

from collections.abc import Sequence
from typing import Any

import falcon
from falcon.asgi import Request, Response

from app.problems import Problem

ANY_ORIGIN = "*"
EXPOSED_HEADERS = ("ETag", "Retry-After", "X-Request-ID")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CrossOrigin(falcon.CORSMiddleware[Request, Response]):
    """Lets pages of these origins read the answers, preflights included; never with cookies, which this app ignores."""

    def __init__(self, origins: Sequence[str]) -> None:
        super().__init__(ANY_ORIGIN if ANY_ORIGIN in origins else origins, expose_headers=EXPOSED_HEADERS)

    def process_response(self, req: Any, resp: Any, resource: object, req_succeeded: bool) -> None:
        """Add the headers; caches are told that they depend on who asks."""
        super().process_response(req, resp, resource, req_succeeded)
        if self.allow_origins != ANY_ORIGIN:
            resp.append_header("Vary", "Origin")


class SameOrigin:
    """Refuses what a page of another site, or of another subdomain, would have an operator's browser do."""

    async def process_request(self, req: Request, resp: Response) -> None:  # noqa: ARG002  # Falcon's signature
        """Judge by Sec-Fetch-Site, which browsers send and pages can't change; a program sends none."""
        if req.method not in _SAFE_METHODS and req.get_header("Sec-Fetch-Site") not in (None, "same-origin"):
            raise Problem("FORBIDDEN", "A page of another site may not do this.")
