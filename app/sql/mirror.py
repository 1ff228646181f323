"""The truth that the Valkey mirror keeps, and what Valkey can't answer or hands back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.runtime.instant import Instant
from app.sql.query import one, rows, value


class Beacon(msgspec.Struct, frozen=True):
    """How many mitras are available, as of when, and who says so."""

    available: bool
    available_mitras: int
    as_of: Instant
    source: Literal["valkey", "postgres"] = "postgres"


class MitraState(msgspec.Struct, frozen=True):
    """One mitra's availability at one version; `max_sessions` is the effective maximum."""

    mitra_id: UUID
    is_online: bool
    is_active: bool
    capacity: int
    max_sessions: int
    last_heartbeat_at: datetime | None
    idle_since: datetime
    version: int


class MirrorSettings(msgspec.Struct, frozen=True):
    """The configuration that enters the mirror's own judgements."""

    heartbeat_stale_seconds: int


class MassSilence(msgspec.Struct, frozen=True):
    """Whether so many mitras are silent that the fault must be ours; `since` when, None when it is not so."""

    is_held: bool
    since: datetime | None
    online: int
    silent: int


class MirrorCounts(msgspec.Struct, frozen=True):
    """How many mitras there are, are online, are deactivated."""

    mitras: int
    online: int
    deactivated: int


async def mirror_state(conn: Connection, *, mitra_ids: Sequence[UUID]) -> list[MitraState]:
    """The truth about these mitras; one that does not exist has no row. Source: api.mirror_state."""
    return await rows(
        conn, MitraState, "SELECT * FROM api.mirror_state(p_mitra_ids => %(mitra_ids)s)", {"mitra_ids": list(mitra_ids)}
    )


async def mirror_page(conn: Connection, *, after: UUID | None, limit: int) -> list[MitraState]:
    """The truth about the next `limit` mitras by id. Source: api.mirror_page."""
    return await rows(
        conn,
        MitraState,
        "SELECT * FROM api.mirror_page(p_after => %(after)s, p_limit => %(limit)s::integer)",
        {"after": after, "limit": limit},
    )


async def mirror_settings(conn: Connection) -> MirrorSettings:
    """The configuration the scripts need. Source: api.mirror_settings."""
    return await one(conn, MirrorSettings, "SELECT * FROM api.mirror_settings()")


async def mirror_counts(conn: Connection) -> MirrorCounts:
    """How many mitras the mirror should hold. Source: api.mirror_counts."""
    return await one(conn, MirrorCounts, "SELECT * FROM api.mirror_counts()")


async def request_reseed(conn: Connection, *, actor_id: UUID | None) -> None:
    """Ask the leading listener for a reseed; `actor_id` is the operator, None for a tool.

    Source: api.request_reseed.
    """
    await value(conn, "SELECT api.request_reseed(p_actor_id => %(actor_id)s)", {"actor_id": actor_id})


async def record_heartbeat(conn: Connection, *, mitra_id: UUID) -> datetime:
    """Judge and record a beat; refuses NOT_ONLINE and MITRA_DEACTIVATED. Source: api.record_heartbeat."""
    at: datetime = await value(conn, "SELECT api.record_heartbeat(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})
    return at


async def availability(conn: Connection) -> Beacon:
    """The beacon by PostgreSQL alone. Source: api.availability."""
    return await one(conn, Beacon, "SELECT api.availability()")


async def copy_heartbeats(conn: Connection, *, mitra_ids: Sequence[UUID], heartbeats: Sequence[datetime]) -> int:
    """Move `last_heartbeat_at` forward; how many rows moved. Source: api.copy_heartbeats."""
    moved: int = await value(
        conn,
        "SELECT api.copy_heartbeats(p_mitra_ids => %(mitra_ids)s, p_heartbeats => %(heartbeats)s)",
        {"mitra_ids": list(mitra_ids), "heartbeats": list(heartbeats)},
    )
    return moved


async def mass_silence(conn: Connection, *, sweep_seconds: float) -> MassSilence:
    """Judge, every so often, whether the silence of mitras is an outage of ours. Source: api.mass_silence."""
    return await one(
        conn,
        MassSilence,
        "SELECT * FROM api.mass_silence(p_sweep_seconds => %(sweep_seconds)s::double precision)",
        {"sweep_seconds": sweep_seconds},
    )


async def auto_offline(conn: Connection, *, mitra_ids: Sequence[UUID]) -> list[UUID]:
    """Set those offline that are stale in PostgreSQL, too; returns them. Source: api.auto_offline."""
    offline: list[UUID] = await value(
        conn, "SELECT ARRAY(SELECT api.auto_offline(p_mitra_ids => %(mitra_ids)s))", {"mitra_ids": list(mitra_ids)}
    )
    return offline
