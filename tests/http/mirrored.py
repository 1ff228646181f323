"""A Valkey mirror as the leading listener would have built it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg.rows import class_row

from app.mirror.server import Server
from app.mirror.writer import Writer
from app.settings import ValkeySettings
from app.sql.mirror import MitraState


async def seed_mirror(settings: ValkeySettings, conn: psycopg.Connection, *, stale_seconds: float = 90) -> None:
    """Make the mirror whole, with the mitras there are."""
    server = await Server.open(settings, name="test-seed", timeout=2.0)
    try:
        writer = Writer(server, epoch=1)
        with conn.cursor(row_factory=class_row(MitraState)) as cursor:
            states = cursor.execute("SELECT * FROM api.mirror_page()").fetchall()
        await writer.begin("test", heartbeat_stale_seconds=stale_seconds)
        await writer.apply(states)
        await writer.finish("test")
    finally:
        await server.close()


@asynccontextmanager
async def kept_mirror(settings: ValkeySettings) -> AsyncIterator[None]:
    """A listener keeps the mirror meanwhile, as one would that still has PostgreSQL."""
    server = await Server.open(settings, name="test-keeper", timeout=2.0)

    async def keep() -> None:
        while True:
            await server.command("PEXPIRE", server.keys.alive, 5000)
            await asyncio.sleep(1)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await server.close()
