"""The wallboard: the figures of Live for a wall screen, and how a screen becomes one."""

from datetime import UTC, datetime
from typing import Any

from app.http import web_sessions
from app.pages.live import LiveStream
from app.pages.screen import Content, Screen, see_other
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal.auth import OperatorLogout
from app.resources.internal.dashboard import DashboardFigures, DashboardStream
from app.resources.internal.displays import DisplayList


class WallboardScreen(Screen):
    """GET and POST /wallboard."""

    template = "wallboard.html"
    for_displays = True
    acts = {
        "display": Act(
            DisplayList, done=N_("This screen is a display now. It may look at the figures, and nothing else.")
        ),
        "end": Act(OperatorLogout),  # its form is sent to /logout
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the figures."""
        return {
            "figures": await visit.tile(DashboardFigures),
            "may_watch": visit.may(DashboardStream),
            "may_open": visit.may(DisplayList, "post"),
        }

    async def done(self, visit: Visit, name: str, act: Act, reply: Any) -> None:
        """Make this browser the display: its cookie becomes the display's, and the operator is logged out here."""
        if name == "end":
            see_other(visit.resp, "/login")
            return
        await visit.ask(OperatorLogout, "post")
        left = datetime.fromisoformat(reply["expires_at"]) - datetime.now(UTC)
        web_sessions.give(self.services, visit.resp, reply["display_token"], seconds=round(left.total_seconds()))
        await super().done(visit, name, act, reply)


class WallboardStream(LiveStream):
    """GET /wallboard/stream."""

    part = "_wallboard_figures.html"


SCREENS = {"/wallboard": WallboardScreen, "/wallboard/stream": WallboardStream}
