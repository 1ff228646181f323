"""How a command outside the listener asks for a reseed of the mirror."""

from app.postgres.database import Database
from app.settings import DatabaseSettings
from app.sql import mirror


async def request_reseed(settings: DatabaseSettings) -> None:
    """Ask the leading listener for a reseed; returns as soon as the request is made. Raises psycopg.Error."""
    db = await Database.open(settings.database_url, name="halobestie-reseed", max_size=1, prepare=settings.prepare)
    try:
        await db.call(mirror.request_reseed, actor_id=None)
    finally:
        await db.close()
