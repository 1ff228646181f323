"""Live: the figures of this moment, moving; the first screen."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from falcon.asgi import Request, Response, SSEvent

from app.http import web_sessions
from app.pages.rendering import View
from app.pages.screen import Content, Screen
from app.pages.visit import Visit
from app.problems import Problem
from app.resources.internal.dashboard import DashboardFigures

log = structlog.get_logger(__name__)

SECONDS = 1.0


class LiveScreen(Screen):
    """GET /."""

    template = "live.html"
    section = "live"
    needs = DashboardFigures

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the figures."""
        return {"figures": await visit.tile(DashboardFigures)}


class LiveStream(Screen):
    """GET /live/stream: the part of Live that moves, each second, as HTML for htmx to put in its place."""

    is_stream = True
    for_displays = True
    part = "_live_figures.html"

    async def on_get(self, req: Request, resp: Response, **_path: Any) -> None:
        """Send the figures until the browser goes, the session ends or the permission is taken away."""
        visitor = await web_sessions.find(self.services, req, is_use=False)
        visit = Visit(self.operations, req, resp, visitor)
        if not self._may_enter(visit) or not visit.may(DashboardFigures):
            raise Problem("UNAUTHENTICATED")
        resp.set_header("Cache-Control", "no-store")
        resp.sse = self._events(visit)

    async def _events(self, visit: Visit) -> AsyncIterator[SSEvent]:
        view = View.of(visit.req, visit.visitor, is_development=not self.services.settings.is_production)
        number = 0
        while True:
            number += 1
            figures = await visit.tile(DashboardFigures)
            if figures.problem is not None and figures.problem.status in (401, 403):
                return
            part = self.rendering.render(self.part, view, visit=visit, figures=figures)
            yield SSEvent(text=" ".join(part.split()), event_id=str(number))
            await asyncio.sleep(SECONDS)
            visit.visitor = await web_sessions.find(self.services, visit.req, is_use=False)
            if not self._may_enter(visit):
                return


SCREENS = {"/": LiveScreen, "/live/stream": LiveStream}
