"""Sessions of browsers: the cookie, who it belongs to, and what an unsafe request must show beside it.

The cookie holds a secret of 256 bits that never changes; the database keeps its SHA-256. Only the internal app reads
it.
"""

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from falcon.asgi import Request, Response

from app.auth.tokens import Claims, refresh_hash
from app.http.call import Call
from app.problems import Problem
from app.services import Services
from app.sql import control_centre
from app.sql.control_centre import WebSession
from app.wire.address import parse

DISPLAY_ONLY = ("dashboard", "read")


class Visitor(NamedTuple):
    """A browser with a session, or a display, and the secret of its cookie."""

    secret: str
    session: WebSession

    def enter(self, call: Call) -> None:
        """Make the visitor the user of a call."""
        session = self.session
        expires = int(datetime.fromisoformat(session.expires_at).timestamp())
        call.claims = Claims(session.cc_user_id, "cc", session.auth_session_id, expires, 0, "")
        call.is_of_browser = True
        call.only = DISPLAY_ONLY if session.is_display else None
        call.req.context.user = call.claims.user

    def may(self, resource: str, action: str) -> bool:
        """Whether the role allows it: for what a page shows. The database judges what is done."""
        return action in self.session.permissions.get(resource, ())


async def find(services: Services, req: Request, *, is_use: bool) -> Visitor | None:
    """Who asks; None without a cookie, and when the session has ended. `is_use` keeps it awake."""
    secret = secret_of(services, req)
    if secret is None:
        return None
    session = await services.db.call(control_centre.cc_web_session, token_hash=refresh_hash(secret), is_use=is_use)
    return None if session is None else Visitor(secret, session)


def cookie_name(services: Services) -> str:
    """The cookie's name. `__Host-` binds it to this host, and to https."""
    return "__Host-halo" if services.settings.is_production else "halo"


def secret_of(services: Services, req: Request) -> str | None:
    """What the browser is known by."""
    given = req.get_cookie_values(cookie_name(services))
    return given[0] if given and len(given) == 1 else None


def give(services: Services, resp: Response, secret: str, *, seconds: int | None = None) -> None:
    """Have the browser keep this secret; without `seconds` until it is closed."""
    resp.set_cookie(
        cookie_name(services),
        secret,
        max_age=seconds,
        path="/",
        http_only=True,
        secure=services.settings.is_production,
        same_site="Strict",
    )


def take(services: Services, resp: Response) -> None:
    """Have the browser forget its secret."""
    give(services, resp, "", seconds=0)


def csrf_token(secret: str) -> str:
    """What a form sends along: a page of another site can't know it, though the browser adds the cookie there."""
    return hmac.digest(secret.encode(), b"halobestie form", hashlib.sha256).hex()


def require_own_page(services: Services, req: Request, secret: str | None, token: str | None) -> None:
    """Refuse an unsafe request that no page of ours made in this browser."""
    origin = req.get_header("Origin")
    if origin is None or urlsplit(origin).netloc.lower() != _host(services, req).lower():
        raise Problem("FORBIDDEN", "A page of another site may not do this.")
    if req.get_header("Sec-Fetch-Site") not in (None, "same-origin"):
        raise Problem("FORBIDDEN", "A page of another site may not do this.")
    if secret is None or token is None or not hmac.compare_digest(csrf_token(secret).encode(), token.encode()):
        raise Problem("FORBIDDEN", "This form is from another session.", hint="Load the page again.")


def is_https(services: Services, req: Request) -> bool:
    """Whether the browser came by https; a proxy of ours says what it was asked by."""
    return (_forwarded(services, req, "X-Forwarded-Proto") or req.scheme) == "https"


def _host(services: Services, req: Request) -> str:
    return _forwarded(services, req, "X-Forwarded-Host") or req.netloc


def _forwarded(services: Services, req: Request, header: str) -> str | None:
    """The value that the nearest proxy wrote, when the proxy is one of ours."""
    peer = parse(req.remote_addr)
    if peer is None or not any(peer in network for network in services.settings.trusted_proxies):
        return None
    value = req.get_header(header)
    return None if value is None else value.rpartition(",")[2].strip()
