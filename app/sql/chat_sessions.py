"""Sessions as operators see them, why they were paired or not, and what operators do about it."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.control_centre import (
    FailedPairingCounts,
    FailedPairings,
    MessagesRead,
    OfferOverviews,
    PairingExplanation,
    SessionDetails,
    SessionOverviews,
    Timeline,
    WaitingOverviews,
)
from app.shapes.sessions import Session
from app.sql.function import BigInt, sql_function


@sql_function("api.list_all_sessions")
async def list_all_sessions(
    conn: Connection,
    *,
    status: str | None,
    limit: int,
    cursor: str | None,
    actor_id: UUID | None,
    customer_id: UUID | None,
    mitra_id: UUID | None,
    from_at: datetime | None,
    to_at: datetime | None,
    topic_sensitivity: str | None,
    q: str | None,
) -> SessionOverviews:
    """Give a page of everybody's sessions, as the actor may see them."""


@sql_function("api.list_waiting")
async def list_waiting(conn: Connection, *, limit: int | None, cursor: str | None) -> WaitingOverviews:
    """Give the sessions that wait for a mitra, longest waiting first."""


@sql_function("api.find_session")
async def find_session(conn: Connection, *, session_id: UUID, actor_id: UUID | None) -> SessionDetails:
    """Give any session with its payment requests, as the actor may see it."""


@sql_function("api.session_timeline")
async def session_timeline(
    conn: Connection, *, session_id: UUID, actor_id: UUID | None, limit: int | None, cursor: str | None
) -> Timeline:
    """Give all that happened to a session, as the actor may see it."""


@sql_function("api.explain_pairing")
async def explain_pairing(conn: Connection, *, session_id: UUID, limit: int, cursor: str | None) -> PairingExplanation:
    """Give for each mitra why the session was offered, or why not."""


@sql_function("api.reroute_session")
async def reroute_session(conn: Connection, *, session_id: UUID, actor_id: UUID | None) -> Session:
    """Take a session from its mitra and search for another."""


@sql_function("api.list_failed_pairings")
async def list_failed_pairings(
    conn: Connection,
    *,
    cause: str | None,
    limit: int,
    cursor: str | None,
    customer_id: UUID | None,
    from_at: datetime | None,
    to_at: datetime | None,
) -> FailedPairings:
    """Give a page of the searches, deliveries and extensions that failed, newest first."""


@sql_function("api.count_failed_pairings")
async def count_failed_pairings(conn: Connection, *, from_at: datetime, to_at: datetime) -> FailedPairingCounts:
    """Count what failed, by hour and cause."""


@sql_function("api.list_offers")
async def list_offers(
    conn: Connection,
    *,
    status: str | None,
    limit: int,
    cursor: str | None,
    mitra_id: UUID | None,
    from_at: datetime | None,
    to_at: datetime | None,
) -> OfferOverviews:
    """Give a page of everybody's offers, newest first."""


@sql_function("api.read_along")
async def read_along(
    conn: Connection, *, session_id: UUID, after_seq: BigInt, limit: int, actor_id: UUID | None
) -> MessagesRead:
    """Give messages of anybody's session to an actor who may read them and says why; the parties are told nothing."""
