"""Everybody's offers, and what became of them."""

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.control_centre import AllOffersPage, OfferOverviews
from app.sql import chat_sessions


class OfferList(Resource):
    """GET /internal/offers."""

    @operation(allow="cc", needs=Permission("sessions", "read"))
    async def on_get(self, call: Call, query: AllOffersPage) -> OfferOverviews:
        """Give the offers of a day, or of the time that is asked for, newest first."""
        return await call.sql(
            chat_sessions.list_offers,
            status=query.status,
            limit=query.limit,
            cursor=query.cursor,
            mitra_id=query.mitra_id,
            from_at=query.from_,
            to_at=query.to,
        )


ROUTES: Routes = {"/internal/offers": OfferList}
