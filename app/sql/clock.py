"""The database's clock, the only one that counts."""

from app.postgres.database import Connection
from app.sql.query import value


async def database_time(conn: Connection) -> float:
    """Give the database's time, in seconds since 1970."""
    return float(await value(conn, "SELECT extract(epoch FROM clock_timestamp())"))
