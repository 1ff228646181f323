"""Whether mitras can be reached, and what they and the control centre do about it."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.mitras import Mitra, Mitras, MitraStats, MitraStatus
from app.sql.function import sql_function


@sql_function("api.create_mitra")
async def create_mitra(
    conn: Connection, *, display_name: str, phone: str, max_sessions: int | None, actor_id: UUID | None
) -> Mitra:
    """Make a mitra: active and offline."""


@sql_function("api.list_mitras")
async def list_mitras(conn: Connection, *, limit: int, cursor: str | None, actor_id: UUID | None) -> Mitras:
    """Give a page of mitras, as the actor may see them."""


@sql_function("api.activate_mitra")
async def activate_mitra(conn: Connection, *, mitra_id: UUID, actor_id: UUID | None) -> Mitra:
    """Let a mitra work again."""


@sql_function("api.deactivate_mitra")
async def deactivate_mitra(conn: Connection, *, mitra_id: UUID, actor_id: UUID | None) -> Mitra:
    """Take a mitra out of service: offline, logins revoked, sockets closed."""


@sql_function("api.go_online")
async def go_online(conn: Connection, *, mitra_id: UUID) -> MitraStatus:
    """The mitra wants offers."""


@sql_function("api.go_offline")
async def go_offline(conn: Connection, *, mitra_id: UUID) -> MitraStatus:
    """The mitra wants no more offers."""


@sql_function("api.mitra_status")
async def mitra_status(conn: Connection, *, mitra_id: UUID) -> MitraStatus:
    """Give a mitra's intent, liveness and capacity."""


@sql_function("api.mitra_stats")
async def mitra_stats(conn: Connection, *, mitra_id: UUID) -> MitraStats:
    """Give a mitra's numbers so far: time online, offers, sessions, money, rating."""
