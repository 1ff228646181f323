"""How a command calls one function of the database."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

import psycopg

from app.postgres.database import Connection, prepare_session, with_defaults
from app.settings import DatabaseSettings

P = ParamSpec("P")
T = TypeVar("T")


async def called(
    settings: DatabaseSettings,
    fn: Callable[Concatenate[Connection, P], Awaitable[T]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run `fn(conn, …)` on a connection of its own. Raises psycopg.Error; when PostgreSQL is away, at once."""
    dsn = with_defaults(settings.database_url, name="halobestie-cli")
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        await prepare_session(conn, prepare=settings.prepare)
        return await fn(conn, *args, **kwargs)
