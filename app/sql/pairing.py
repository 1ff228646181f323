"""Bringing searches and mitras together."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.function import sql_function


class UnofferedSession(msgspec.Struct, frozen=True):
    """A search that has no live offer, and the mitras who may not get an offer of it in this round."""

    session_id: UUID
    barred: list[UUID]
    began_at: datetime


class OfferMade(msgspec.Struct, frozen=True):
    """One offer of a wave."""

    offer_id: UUID
    mitra_id: UUID


@sql_function("api.unoffered_sessions")
async def unoffered_sessions(
    conn: Connection,
    *,
    limit: int,
    available: list[UUID] | None,
    after_began: datetime | None = None,
    after_id: UUID | None = None,
) -> list[UnofferedSession]:
    """Give a page of the searches without a live offer that a mitra of `available` may get, the oldest first.

    `available=None` gives them all.
    """


@sql_function("api.count_unoffered")
async def count_unoffered(conn: Connection) -> int:
    """Count the searches without a live offer."""


@sql_function("api.best_mitras")
async def best_mitras(conn: Connection, *, limit: int, is_lenient: bool) -> list[UUID]:
    """Give the candidates by PostgreSQL alone, the best first; `is_lenient` forgives heartbeats that are stale."""


@sql_function("api.blast")
async def blast(conn: Connection, *, session_id: UUID, candidates: list[UUID] | None) -> list[OfferMade]:
    """Send a wave of offers; None lets PostgreSQL choose the candidates."""
