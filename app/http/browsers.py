"""Rules for browsers: which other origins may read answers, and which requests of another site's page are refused."""

from collections.abc import Sequence
from typing import Any

import falcon
from falcon.asgi import Request, Response

from app.problems import Problem

ANY_ORIGIN = "*"
EXPOSED_HEADERS = ("ETag", "Retry-After", "X-Request-ID")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CrossOrigin(falcon.CORSMiddleware[Request, Response]):
    """Lets pages of these origins read the answers, also of preflights; never with cookies, which this app ignores."""

    def __init__(self, origins: Sequence[str]) -> None:
        super().__init__(ANY_ORIGIN if ANY_ORIGIN in origins else origins, expose_headers=EXPOSED_HEADERS)

    @property
    def always(self) -> Sequence[tuple[str, str]]:
        """The headers of each answer; `Vary` tells caches that an answer depends on the page's origin."""
        return () if self.allow_origins == ANY_ORIGIN else (("Vary", "Origin"),)

    async def process_request(self, req: Request, resp: Response) -> None:
        """Let them read the answer, also one that the server gives in the app's place."""
        super().process_response(req, resp, None, req_succeeded=False)

    def process_response(self, req: Any, resp: Any, resource: object, req_succeeded: bool) -> None:
        """Add what is not known before: to a preflight what may be sent."""
        if req.method == "OPTIONS":
            super().process_response(req, resp, resource, req_succeeded)
        for name, value in self.always:
            resp.append_header(name, value)


class SameOrigin:
    """Refuses requests that a page of another site or subdomain makes in an operator's browser."""

    async def process_request(self, req: Request, resp: Response) -> None:  # noqa: ARG002  # Falcon's signature
        """Judge by Sec-Fetch-Site: browsers send it, pages can't change it, other programs send none."""
        if req.method not in _SAFE_METHODS and req.get_header("Sec-Fetch-Site") not in (None, "same-origin"):
            raise Problem("FORBIDDEN", "A page of another site may not do this.")
