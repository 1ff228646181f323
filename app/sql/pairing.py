"""A mitra's answers to offers."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.offers import Offer, Offers
from app.shapes.sessions import Session
from app.sql.query import one


async def mitra_offers(conn: Connection, *, mitra_id: UUID) -> Offers:
    """Give a mitra's live offers. Source: api.mitra_offers."""
    return await one(conn, Offers, "SELECT api.mitra_offers(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})


async def accept_offer(conn: Connection, *, offer_id: UUID, mitra_id: UUID) -> Session:
    """The mitra says yes; the first yes wins the session. Source: api.accept_offer."""
    return await one(
        conn,
        Session,
        "SELECT api.accept_offer(p_offer_id => %(offer_id)s, p_mitra_id => %(mitra_id)s)",
        {"offer_id": offer_id, "mitra_id": mitra_id},
    )


async def decline_offer(conn: Connection, *, offer_id: UUID, mitra_id: UUID) -> Offer:
    """The mitra says no. Source: api.decline_offer."""
    return await one(
        conn,
        Offer,
        "SELECT api.decline_offer(p_offer_id => %(offer_id)s, p_mitra_id => %(mitra_id)s)",
        {"offer_id": offer_id, "mitra_id": mitra_id},
    )
