"""Bringing waiting sessions and mitras together."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.function import sql_function


class WaitingSession(msgspec.Struct, frozen=True):
    """A session that searches and has no live offer, and the mitras who may not get an offer of it in this round."""

    session_id: UUID
    barred: list[UUID]
    began_at: datetime


class OfferMade(msgspec.Struct, frozen=True):
    """One offer of a wave."""

    offer_id: UUID
    mitra_id: UUID


@sql_function("api.waiting_sessions")
async def waiting_sessions(
    conn: Connection,
    *,
    limit: int,
    available: list[UUID] | None,
    after_began: datetime | None = None,
    after_id: UUID | None = None,
) -> list[WaitingSession]:
    """Give a page of the sessions that search and that a mitra of `available` may get, the oldest search first.

    `available=None` gives all that search.
    """


@sql_function("api.count_waiting")
async def count_waiting(conn: Connection) -> int:
    """Count the sessions that search."""


@sql_function("api.best_mitras")
async def best_mitras(conn: Connection, *, limit: int, is_lenient: bool) -> list[UUID]:
    """Give the candidates by PostgreSQL alone, the best first; `is_lenient` forgives heartbeats that are stale."""


@sql_function("api.blast")
async def blast(conn: Connection, *, session_id: UUID, candidates: list[UUID] | None) -> list[OfferMade]:
    """Send a wave of offers; None lets PostgreSQL choose the candidates."""
