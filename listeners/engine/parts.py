"""What the concerns of one listener share. Each concern takes what it needs (`of`)."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.mirror.reader import MirrorReader, connect_reader
from app.mirror.server import Server
from app.settings import ListenerSettings
from listeners.engine.backends import Backends
from listeners.engine.program import Program

VALKEY_SECONDS = 2.0
"""Where the listener writes, it may, unlike a request, wait a little for Valkey."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The settings, the program that says when to stop, and the ways to PostgreSQL and Valkey.

    `server` runs scripts on Valkey; `reader` asks the mirror.
    """

    settings: ListenerSettings
    program: Program
    backends: Backends
    server: Server
    reader: MirrorReader


@contextlib.asynccontextmanager
async def open_parts(settings: ListenerSettings, program: Program) -> AsyncIterator[Parts]:
    """Open the ways to the stores. At the end they are closed, except for the backends, which the listener closes."""
    async with contextlib.AsyncExitStack() as stack:
        server = await Server.open(settings, name="halobestie-listener", timeout=VALKEY_SECONDS)
        stack.push_async_callback(server.close)
        reader = MirrorReader(await connect_reader(settings))
        stack.push_async_callback(reader.close)
        yield Parts(settings=settings, program=program, backends=Backends(settings), server=server, reader=reader)
