"""Whether mitras can be reached, and what they and the control centre do about it."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.mitras import Activities, Mitra, MitraDetails, Mitras, MitraStats, MitraStatus
from app.sql.function import sql_function

GENERAL_SHARE = -1
"""The share of a mitra that has none of its own any more."""


@sql_function("api.create_mitra")
async def create_mitra(
    conn: Connection,
    *,
    display_name: str,
    phone: str,
    max_sessions: int | None,
    actor_id: UUID | None,
    mitra_share_percent: int | None,
) -> Mitra:
    """Make a mitra: active and offline."""


@sql_function("api.list_mitras")
async def list_mitras(
    conn: Connection,
    *,
    limit: int,
    cursor: str | None,
    actor_id: UUID | None,
    state: str | None,
    q: str | None,
    with_phones: bool | None,
) -> Mitras:
    """Give a page of mitras, as the actor may see them."""


@sql_function("api.find_mitra")
async def find_mitra(conn: Connection, *, mitra_id: UUID, actor_id: UUID | None) -> MitraDetails:
    """Give a mitra with what goes on, as the actor may see it."""


@sql_function("api.update_mitra")
async def update_mitra(
    conn: Connection,
    *,
    mitra_id: UUID,
    display_name: str | None,
    phone: str | None,
    max_sessions: int | None,
    version: int | None,
    actor_id: UUID | None,
    mitra_share_percent: int | None,
) -> Mitra:
    """Change a mitra; None leaves it as it is.

    `max_sessions` 0 is the rule mitra_max_sessions again, and `mitra_share_percent` -1 the rule of its name.
    """


@sql_function("api.delete_mitra")
async def delete_mitra(conn: Connection, *, mitra_id: UUID, version: int | None, actor_id: UUID | None) -> None:
    """Delete a mitra who was never offered a session."""


@sql_function("api.force_mitra_offline")
async def force_mitra_offline(conn: Connection, *, mitra_id: UUID, actor_id: UUID | None) -> Mitra:
    """Set a mitra offline, whatever the mitra wants."""


@sql_function("api.mitra_timeline")
async def mitra_timeline(
    conn: Connection,
    *,
    mitra_id: UUID,
    from_at: datetime | None,
    to_at: datetime | None,
    limit: int,
    cursor: str | None,
) -> Activities:
    """Give a page of what a mitra did and missed, newest first."""


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
async def mitra_status(conn: Connection, *, mitra_id: UUID, is_reachable: bool | None) -> MitraStatus:
    """Give a mitra's intent, liveness and capacity; `is_reachable` is what the mirror says, if it is known."""


@sql_function("api.mitra_stats")
async def mitra_stats(conn: Connection, *, mitra_id: UUID) -> MitraStats:
    """Give a mitra's numbers so far: time online, offers, sessions, money, rating."""
