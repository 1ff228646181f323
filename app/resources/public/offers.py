"""A mitra's offers and its answers to them."""

from uuid import UUID

from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.shapes.base import ShortPage
from app.shapes.offers import Offer, Offers
from app.shapes.sessions import Session
from app.sql import offers


class LiveOffers(Resource):
    """GET /api/mitra/offers."""

    @operation(allow="mitra", refuses=("MITRA_DEACTIVATED",))
    async def on_get(self, call: Call, query: ShortPage) -> Offers:
        """Give the offers that can be answered now: what a reconnecting app needs."""
        return await call.sql(offers.mitra_offers, mitra_id=call.user.sub, limit=query.limit, cursor=query.cursor)


class AcceptOffer(Resource):
    """POST /api/mitra/offers/{offer_id}/accept."""

    @operation(
        allow="mitra",
        idempotent=True,
        refuses=(
            "OFFER_TAKEN",
            "OFFER_EXPIRED",
            "OFFER_GONE",
            "MITRA_DEACTIVATED",
            "NOT_ONLINE",
            "CAPACITY_FULL",
            "INVALID_STATE",
        ),
    )
    async def on_post(self, call: Call, offer_id: UUID) -> Session:
        """Accept: the first accept wins the session, and its repeat gets the same answer."""
        return await call.sql(offers.accept_offer, offer_id=offer_id, mitra_id=call.user.sub)


class DeclineOffer(Resource):
    """POST /api/mitra/offers/{offer_id}/decline."""

    @operation(
        allow="mitra",
        idempotent=True,
        refuses=("INVALID_STATE", "OFFER_TAKEN", "OFFER_EXPIRED", "OFFER_GONE", "MITRA_DEACTIVATED"),
    )
    async def on_post(self, call: Call, offer_id: UUID) -> Offer:
        """Decline; a repeat changes nothing."""
        return await call.sql(offers.decline_offer, offer_id=offer_id, mitra_id=call.user.sub)


ROUTES: Routes = {
    "/api/mitra/offers": LiveOffers,
    "/api/mitra/offers/{offer_id:uuid}/accept": AcceptOffer,
    "/api/mitra/offers/{offer_id:uuid}/decline": DeclineOffer,
}
