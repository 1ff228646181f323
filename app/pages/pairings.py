"""Failed pairings, by cause; each leads to its explanation."""

from typing import Any

from app.pages.screen import Content, Screen
from app.pages.visit import Visit
from app.resources.internal import dashboard, failed_pairings


class PairingsScreen(Screen):
    """GET /pairings."""

    template = "pairings.html"
    has_views = True
    section = "pairings"
    needs = failed_pairings.FailedPairingList

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the failures that the filters let through, and for today's causes."""
        return {
            "failures": await visit.listed(failed_pairings.FailedPairingList),
            "today": await visit.tile(dashboard.DashboardFigures),
        }


SCREENS = {"/pairings": PairingsScreen}
