"""Live: the figures of this moment, moving; the first screen."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, ClassVar

from falcon.asgi import Request, Response, SSEvent

from app.http import web_sessions
from app.pages.screen import Content, Screen
from app.pages.visit import Tile, Visit
from app.problems import Problem
from app.resources.health import ReadinessCheck
from app.resources.internal.chat_sessions import WaitingChatSessions
from app.resources.internal.dashboard import DashboardFigures, DashboardStream
from app.resources.internal.payments import RefundDueList, RefundPaymentRequest
from app.resources.internal.reports import DecideReport, ReportList
from app.shapes.control_centre import Dashboard
from app.wire.exchange import END_OF_STREAM

MOST_TODO = 100
"""So many of each queue are counted."""
BEAT_SECONDS = 2.0
"""After so long without a change the page is told that its figures are still those of this moment."""


class LiveAside(Screen):
    """GET /live/aside: what is asked every few seconds: the alerts that burn, and who waits for a mitra."""

    template = "_live_aside.html"
    is_asked_again = True

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for both, as far as the visitor may see them; where one is missing, the other is shown."""
        condition, *waiting = await visit.tiles(ReadinessCheck, *filter(visit.may, [WaitingChatSessions]))
        return {"condition": condition, "waiting": next(iter(waiting), None)}


class LiveTodo(Screen):
    """GET /live/todo: what waits for a person, as far as the visitor may do it."""

    template = "_live_todo.html"
    is_asked_again = True

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the first of each queue of which the visitor may do something."""
        page = {"limit": MOST_TODO}
        pays_back = visit.may(RefundDueList) and visit.may(RefundPaymentRequest, "post")
        decides = visit.may(ReportList) and visit.may(DecideReport, "post")
        return {
            "most": MOST_TODO,
            "refunds": await visit.tile(RefundDueList, query=page) if pays_back else None,
            "reports": await visit.tile(ReportList, query={**page, "status": "open"}) if decides else None,
        }


class LiveScreen(Screen):
    """GET /."""

    template = "live.html"
    section = "live"
    needs = DashboardFigures

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the figures."""
        return {"figures": await visit.tile(DashboardFigures), "may_watch": visit.may(DashboardStream)}


class LiveStream(Screen):
    """GET /live/stream: the part of Live that moves, at each change, as HTML that htmx puts in its place."""

    is_stream = True
    for_displays = True
    part: ClassVar[str] = "_live_figures.html"

    async def on_get(self, req: Request, resp: Response, **_path: Any) -> None:
        """Send the figures until the browser goes, the session ends or the permission is taken away."""
        visitor = await web_sessions.find(self.services, req, is_use=False)
        visit = Visit(self.operations, req, resp, visitor)
        if visitor is None:
            raise Problem("UNAUTHENTICATED")
        if not self._may_enter(visit) or not visit.may(DashboardStream):
            raise Problem("FORBIDDEN")
        resp.set_header("X-Accel-Buffering", "no")
        resp.sse = self._events(visit)

    async def _events(self, visit: Visit) -> AsyncIterator[SSEvent]:
        assert visit.visitor is not None, "nobody else enters"
        session = visit.visitor.session

        def part(dashboard: Dashboard) -> str:
            figures = Tile(dashboard, None)
            return " ".join(self.rendering.render(self.part, visit.view, figures=figures).split())

        with self.services.live.watching(
            f"web:{session.auth_session_id}",
            seen=visit.req.get_header("Last-Event-ID"),
            ends_at=datetime.fromisoformat(session.expires_at).timestamp(),
            quiet_seconds=BEAT_SECONDS,
        ) as watcher:
            visit.req.scope[END_OF_STREAM] = watcher.end
            async for look in watcher:
                if look is None:
                    yield SSEvent(event="beat", text="")
                else:
                    yield SSEvent(text=look.made((self.part, visit.view), part), event_id=look.version)


SCREENS = {"/": LiveScreen, "/live/stream": LiveStream, "/live/aside": LiveAside, "/live/todo": LiveTodo}
