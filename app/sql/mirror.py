"""What the mirror copies from PostgreSQL, what it gives back, and what PostgreSQL answers in its place."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.runtime.instant import Instant
from app.sql.function import sql_function


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


class MirrorRules(msgspec.Struct, frozen=True):
    """The configuration that the mirror itself judges by."""

    heartbeat_stale_seconds: int
    heartbeat_fallback_slack_seconds: int


class MassSilence(msgspec.Struct, frozen=True):
    """Whether there is a mass silence, since when, and how many mitras are online and silent."""

    is_held: bool
    since: datetime | None
    online: int
    silent: int


class MirrorCounts(msgspec.Struct, frozen=True):
    """How many mitras there are, how many are online, and how many deactivated."""

    mitras: int
    online: int
    deactivated: int


@sql_function("api.mirror_state")
async def mirror_state(conn: Connection, *, mitra_ids: list[UUID]) -> list[MitraState]:
    """Give the state of these mitras; without a row for a mitra that does not exist."""


@sql_function("api.mirror_page")
async def mirror_page(conn: Connection, *, after: UUID | None, limit: int) -> list[MitraState]:
    """Give the state of the next `limit` mitras by id."""


@sql_function("api.mirror_rules")
async def mirror_rules(conn: Connection) -> MirrorRules:
    """Give the configuration that the mirror needs."""


@sql_function("api.mirror_counts")
async def mirror_counts(conn: Connection) -> MirrorCounts:
    """Count the mitras that the mirror should hold."""


@sql_function("api.request_reseed")
async def request_reseed(conn: Connection, *, actor_id: UUID | None) -> None:
    """Ask the leading listener for a reseed; `actor_id` is the operator, None for a tool."""


@sql_function("api.record_heartbeat")
async def record_heartbeat(conn: Connection, *, mitra_id: UUID) -> datetime:
    """Judge and record a beat; refuses NOT_ONLINE and MITRA_DEACTIVATED."""


@sql_function("api.note_heartbeats")
async def note_heartbeats(conn: Connection, *, mitra_ids: list[UUID]) -> int:
    """Record beats that nobody answers, of those who are online. Returns how many were recorded."""


@sql_function("api.availability")
async def availability(conn: Connection) -> Beacon:
    """Give the beacon by PostgreSQL alone."""


@sql_function("api.copy_heartbeats")
async def copy_heartbeats(conn: Connection, *, mitra_ids: list[UUID], heartbeats: list[datetime]) -> int:
    """Move `last_heartbeat_at` of these mitras forward. Returns how many were moved."""


@sql_function("api.mass_silence")
async def mass_silence(conn: Connection, *, sweep_seconds: float) -> MassSilence:
    """Judge whether there is a mass silence; the caller asks every `sweep_seconds`."""


@sql_function("api.auto_offline")
async def auto_offline(conn: Connection, *, mitra_ids: list[UUID]) -> list[UUID]:
    """Set those of these mitras offline that are stale in PostgreSQL too. Returns them."""
