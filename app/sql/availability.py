"""Whether mitras can be reached, and what they and the control centre do about it."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.mitras import Mitra, Mitras, MitraStats, MitraStatus
from app.sql.query import one


async def create_mitra(
    conn: Connection, *, display_name: str, phone: str, max_sessions: int | None, actor_id: UUID | None
) -> Mitra:
    """Make a mitra: active and offline. Source: api.create_mitra."""
    return await one(
        conn,
        Mitra,
        """
        SELECT api.create_mitra(
            p_display_name => %(display_name)s, p_phone => %(phone)s,
            p_max_sessions => %(max_sessions)s::integer, p_actor_id => %(actor_id)s)
        """,
        {"display_name": display_name, "phone": phone, "max_sessions": max_sessions, "actor_id": actor_id},
    )


async def list_mitras(conn: Connection, *, limit: int, cursor: str | None, actor_id: UUID | None) -> Mitras:
    """Give a page of mitras, as the actor may see them. Source: api.list_mitras."""
    return await one(
        conn,
        Mitras,
        "SELECT api.list_mitras(p_limit => %(limit)s::integer, p_cursor => %(cursor)s, p_actor_id => %(actor_id)s)",
        {"limit": limit, "cursor": cursor, "actor_id": actor_id},
    )


async def activate_mitra(conn: Connection, *, mitra_id: UUID, actor_id: UUID | None) -> Mitra:
    """Let a mitra work again. Source: api.activate_mitra."""
    return await one(
        conn,
        Mitra,
        "SELECT api.activate_mitra(p_mitra_id => %(mitra_id)s, p_actor_id => %(actor_id)s)",
        {"mitra_id": mitra_id, "actor_id": actor_id},
    )


async def deactivate_mitra(conn: Connection, *, mitra_id: UUID, actor_id: UUID | None) -> Mitra:
    """Take a mitra out of service: offline, logins revoked, sockets closed. Source: api.deactivate_mitra."""
    return await one(
        conn,
        Mitra,
        "SELECT api.deactivate_mitra(p_mitra_id => %(mitra_id)s, p_actor_id => %(actor_id)s)",
        {"mitra_id": mitra_id, "actor_id": actor_id},
    )


async def go_online(conn: Connection, *, mitra_id: UUID) -> MitraStatus:
    """The mitra wants offers. Source: api.go_online."""
    return await one(conn, MitraStatus, "SELECT api.go_online(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})


async def go_offline(conn: Connection, *, mitra_id: UUID) -> MitraStatus:
    """The mitra wants no more offers. Source: api.go_offline."""
    return await one(conn, MitraStatus, "SELECT api.go_offline(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})


async def mitra_status(conn: Connection, *, mitra_id: UUID) -> MitraStatus:
    """Give a mitra's intent, liveness and capacity. Source: api.mitra_status."""
    return await one(conn, MitraStatus, "SELECT api.mitra_status(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})


async def mitra_stats(conn: Connection, *, mitra_id: UUID) -> MitraStats:
    """Give a mitra's work so far. Source: api.mitra_stats."""
    return await one(conn, MitraStats, "SELECT api.mitra_stats(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})
