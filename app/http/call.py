"""One request on its way through a resource."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Concatenate, ParamSpec, TypeVar

from falcon.asgi import Request, Response

from app.database import Connection
from app.http.address import client_address
from app.http.services import Services
from app.problems import Problem
from app.tokens import Claims

P = ParamSpec("P")
T = TypeVar("T")


class Call:
    """What a responder is given: who asks, and the way to one SQL function.

    `conn` is set while the call runs inside a transaction of its own (an idempotency key); `sql` then uses it.
    """

    def __init__(self, req: Request, resp: Response, services: Services, claims: Claims | None) -> None:
        self.req = req
        self.resp = resp
        self.services = services
        self.claims = claims
        self.conn: Connection | None = None

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

    async def sql(
        self, fn: Callable[Concatenate[Connection, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one function of `app.sql`: in the call's own transaction, or else as a transaction by itself."""
        if self.conn is not None:
            return await fn(self.conn, *args, **kwargs)
        return await self.services.db.call(fn, *args, **kwargs)
