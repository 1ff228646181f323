"""A Valkey mirror as the leading listener would have built it."""

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
