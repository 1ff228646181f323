"""Offers to mitras, and what became of them: what lies behind the figures of acceptance and answers."""

from typing import Any, ClassVar, get_args

from app.pages.screen import Content
from app.pages.sessions import ListOfParties
from app.pages.visit import Visit
from app.resources.internal import mitras, offers
from app.shapes.offers import OfferStatus


class OffersScreen(ListOfParties):
    """GET /offers."""

    template = "offers.html"
    section = "sessions"
    needs = offers.OfferList
    parties: ClassVar = {"mitra_id": mitras.MitraList}

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the offers that the filters let through."""
        return {"offers": await visit.listed(offers.OfferList), "statuses": get_args(OfferStatus)}


SCREENS = {"/offers": OffersScreen}
