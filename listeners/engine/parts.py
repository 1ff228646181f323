"""What the concerns of one listener share. Each concern takes what it needs (`of`)."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ListenerSettings
from listeners.engine.backends import Backends
from listeners.engine.program import Program

VALKEY_SECONDS = 2.0
"""The listener, unlike a request, may wait a little for Valkey."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The settings, the program that says when to stop, and the ways to PostgreSQL and Valkey.

    `server` runs scripts on Valkey; `gateway` asks the mirror, and PostgreSQL where Valkey can't answer.
    """

    settings: ListenerSettings
    program: Program
    backends: Backends
    server: Server
    gateway: Gateway


@contextlib.asynccontextmanager
async def open_parts(settings: ListenerSettings, program: Program) -> AsyncIterator[Parts]:
    """Open the ways to the stores. At the end they are closed, except for the backends, which the listener closes."""
    async with contextlib.AsyncExitStack() as stack:
        # Only for questions that Valkey can't answer; until such a question comes it has no connection.
        db = await Database.open(
            settings.database_url, name="halobestie-listener", min_size=0, max_size=1, prepare=settings.prepare
        )
        stack.push_async_callback(db.close)
        server = await Server.open(settings, name="halobestie-listener", timeout=VALKEY_SECONDS)
        stack.push_async_callback(server.close)
        gateway = await Gateway.open(settings, db)
        stack.push_async_callback(gateway.close)
        yield Parts(settings=settings, program=program, backends=Backends(settings), server=server, gateway=gateway)
