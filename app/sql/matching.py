"""Bringing waiting sessions and mitras together."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.query import rows, value


class WaitingSession(msgspec.Struct, frozen=True):
    """A session that searches and has no live offer, and the mitras it must not be offered to."""

    session_id: UUID
    excluded: list[UUID]
    began_at: datetime


class OfferMade(msgspec.Struct, frozen=True):
    """One offer of a wave."""

    offer_id: UUID
    mitra_id: UUID


async def waiting_sessions(
    conn: Connection,
    *,
    limit: int,
    available: Sequence[UUID] | None,
    after_began: datetime | None = None,
    after_id: UUID | None = None,
) -> list[WaitingSession]:
    """Sessions that want a mitra and could be offered to one of `available`, oldest search first, page by page.

    `available=None`: all that wait. Source: api.waiting_sessions.
    """
    return await rows(
        conn,
        WaitingSession,
        """
        SELECT * FROM api.waiting_sessions(
            p_limit => %(limit)s::integer, p_available => %(available)s::uuid[],
            p_after_began => %(after_began)s::timestamptz, p_after_id => %(after_id)s::uuid)
        """,
        {
            "limit": limit,
            "available": None if available is None else list(available),
            "after_began": after_began,
            "after_id": after_id,
        },
    )


async def count_waiting(conn: Connection) -> int:
    """How many sessions want a mitra. Source: api.count_waiting."""
    waiting: int = await value(conn, "SELECT api.count_waiting()")
    return waiting


async def best_mitras(conn: Connection, *, limit: int, is_lenient: bool) -> list[UUID]:
    """Available mitras by PostgreSQL alone, the best first. Source: api.best_mitras."""
    mitras: list[UUID] = await value(
        conn,
        "SELECT ARRAY(SELECT api.best_mitras(p_limit => %(limit)s::integer, p_is_lenient => %(is_lenient)s))",
        {"limit": limit, "is_lenient": is_lenient},
    )
    return mitras


async def blast(conn: Connection, *, session_id: UUID, candidates: Sequence[UUID] | None) -> list[OfferMade]:
    """Send a wave of offers; None lets PostgreSQL choose the candidates. Source: api.blast."""
    return await rows(
        conn,
        OfferMade,
        "SELECT * FROM api.blast(p_session_id => %(session_id)s, p_candidates => %(candidates)s::uuid[])",
        {"session_id": session_id, "candidates": None if candidates is None else list(candidates)},
    )
