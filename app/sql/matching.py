"""Bringing waiting sessions and mitras together."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.database import Connection
from app.sql.query import rows


class WaitingSession(msgspec.Struct, frozen=True):
    """A session that searches and has no live offer, and the mitras it must not be offered to."""

    session_id: UUID
    excluded: list[UUID]


class OfferMade(msgspec.Struct, frozen=True):
    """One offer of a wave."""

    offer_id: UUID
    mitra_id: UUID


async def waiting_sessions(conn: Connection, *, limit: int) -> list[WaitingSession]:
    """Sessions that want a mitra, oldest first. Source: api.waiting_sessions."""
    return await rows(
        conn, WaitingSession, "SELECT * FROM api.waiting_sessions(p_limit => %(limit)s::integer)", {"limit": limit}
    )


async def blast(conn: Connection, *, session_id: UUID, candidates: Sequence[UUID] | None) -> list[OfferMade]:
    """Send a wave of offers; None lets PostgreSQL choose the candidates. Source: api.blast."""
    return await rows(
        conn,
        OfferMade,
        "SELECT * FROM api.blast(p_session_id => %(session_id)s, p_candidates => %(candidates)s::uuid[])",
        {"session_id": session_id, "candidates": None if candidates is None else list(candidates)},
    )
