"""One request on its way through a resource."""

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
    """What a responder is given: who asks, and the way to one SQL function.

    `conn` is set while the call runs inside a transaction of its own (an idempotency key); `sql` then uses it. A call
    that goes to the payment provider has none: each of its functions is a transaction, and `is_audited` says that the
    audit log must know the request in each. A responder that logs somebody in, or reads personal data, sets it itself.
    `is_repeat` is set by a responder that found its work done before. `raw` is the body as it came.
    """

    def __init__(self, req: Request, resp: Response, services: Services, claims: Claims | None) -> None:
        self.req = req
        self.resp = resp
        self.services = services
        self.claims = claims
        self.conn: Connection | None = None
        self.is_audited = False
        self.is_repeat = False
        self.raw = b""

    @property
    def user(self) -> Claims:
        """Who asks; on routes that need a token there always is one."""
        if self.claims is None:
            raise Problem("UNAUTHENTICATED")
        return self.claims

    @property
    def request_id(self) -> str:
        """The id under which this request is logged."""
        return str(self.req.context.request_id)

    @cached_property
    def address(self) -> str:
        """The client's address, behind the proxies we trust."""
        return client_address(
            self.req.remote_addr,
            self.req.get_header("X-Forwarded-For"),
            self.services.settings.trusted_proxies,
        )

    @property
    def network(self) -> str:
        """The client as limits count it: its address, or the IPv6 network of 64 bits that it is in."""
        return network_of(self.address)

    async def sql(
        self, fn: Callable[Concatenate[Connection, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one function of `app.sql`: in the call's own transaction, or else as a transaction by itself."""
        if self.conn is not None:
            return await fn(self.conn, *args, **kwargs)
        if not self.is_audited:
            return await self.services.db.call(fn, *args, **kwargs)

        @wraps(fn)
        async def named(conn: Connection) -> T:
            async with conn.transaction():
                await name_request(conn, request_id=self.request_id)
                return await fn(conn, *args, **kwargs)

        return await self.services.db.call(named)
