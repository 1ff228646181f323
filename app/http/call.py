"""One request, as a responder sees it."""

from collections.abc import Awaitable, Callable
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, TypeVar

from falcon.asgi import Request, Response

from app.auth.tokens import Claims
from app.postgres.database import Connection
from app.problems import Problem
from app.services import Services
from app.sql.control_centre import name_request
from app.wire.address import client_address, network_of

P = ParamSpec("P")
T = TypeVar("T")


class Call:
    """What a responder is given: the user, and the way to one SQL function.

    `conn` is set while the call runs inside one transaction (an idempotency key, a write of the control centre); `sql`
    then uses it. A call that goes to the payment provider has none: each of its functions is a transaction of its own.

    With `is_audited` and without `conn`, each of these transactions tells the audit log the request's id and `reason`.
    A responder that logs a user in, or reads personal data, sets `is_audited` itself. A responder that found its work
    already done sets `is_repeat`. `raw` is the body as it came, `key` the idempotency key; `version` is the one that
    If-Match names, which only a versioned operation has. `only` is the one permission that a display has; None does not
    limit the operator's role.
    """

    def __init__(self, req: Request, resp: Response, services: Services, claims: Claims | None) -> None:
        self.req = req
        self.resp = resp
        self.services = services
        self.claims = claims
        self.conn: Connection | None = None
        self.is_audited = False
        self.is_repeat = False
        self.reason: str | None = None
        self.version: int | None = None
        self.raw = b""
        self.key: str | None = None
        self.only: tuple[str, str] | None = None
        self.is_of_browser = False

    @property
    def user(self) -> Claims:
        """The user that asks; raises UNAUTHENTICATED without one, which only happens where no token is required."""
        if self.claims is None:
            raise Problem("UNAUTHENTICATED")
        return self.claims

    @property
    def watcher(self) -> str:
        """Who watches a stream, as the database's `core.may_watch` names them."""
        return f"web:{self.user.sid}" if self.is_of_browser else f"{self.user.user}:{self.user.sid}"

    @property
    def request_id(self) -> str:
        """The id under which this request is logged."""
        return str(self.req.context.request_id)

    @cached_property
    def address(self) -> str:
        """The client's address, also behind proxies that TRUSTED_PROXIES names."""
        return client_address(
            self.req.remote_addr,
            self.req.get_header("X-Forwarded-For"),
            self.services.settings.trusted_proxies,
        )

    @property
    def network(self) -> str:
        """The client as rate limits count it: its address, or its IPv6 network of 64 bits."""
        return network_of(self.address)

    async def sql(
        self, fn: Callable[Concatenate[Connection, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one function of `app.sql`: in the call's transaction, or without one as a transaction of its own."""
        if self.conn is not None:
            return await fn(self.conn, *args, **kwargs)
        if not self.is_audited:
            return await self.services.db.call(fn, *args, **kwargs)

        @wraps(fn)
        async def named(conn: Connection) -> T:
            async with conn.transaction():
                await name_request(conn, request_id=self.request_id, reason=self.reason)
                return await fn(conn, *args, **kwargs)

        return await self.services.db.call(named)
