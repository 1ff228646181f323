"""A mitra's offers and its answers to them."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.offers import Offer, Offers
from app.shapes.sessions import Session
from app.sql.function import sql_function


@sql_function("api.mitra_offers")
async def mitra_offers(conn: Connection, *, mitra_id: UUID, limit: int | None, cursor: str | None) -> Offers:
    """Give a mitra's live offers."""


@sql_function("api.accept_offer")
async def accept_offer(conn: Connection, *, offer_id: UUID, mitra_id: UUID) -> Session:
    """The mitra says yes; the first yes wins the session."""


@sql_function("api.decline_offer")
async def decline_offer(conn: Connection, *, offer_id: UUID, mitra_id: UUID) -> Offer:
    """The mitra says no."""
