"""The dashboard: what operators see first, as it changes, and over time."""

from collections.abc import AsyncIterator

from falcon.asgi import SSEvent

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.live.looks import Watcher
from app.services import InternalServices
from app.shapes.control_centre import Dashboard
from app.shapes.figures import FigureHistory, FigureRange
from app.sql import figures
from app.wire.exchange import END_OF_STREAM

READ = Permission("dashboard", "read")


class DashboardFigures(Resource):
    """GET /internal/dashboard."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call) -> Dashboard:
        """Give the figures of this moment."""
        online = await self.services.gateway.online_mitras()
        return await call.sql(figures.dashboard, online_mitras=online)


class DashboardStream(Resource):
    """GET /internal/dashboard/stream."""

    services: InternalServices
    is_stream = True

    @operation(allow="cc", needs=READ, event=Dashboard, status=200)
    async def on_get(self, call: Call) -> None:
        """Give the figures at each change, as server-sent events.

        Looks every 0.9 s. `id` names what was seen: a client that comes back with it in `Last-Event-ID` gets the next
        change. A comment comes when nothing has changed for 15 s. The stream ends within a second when the permission
        or the user goes, with the token, and when the process stops; the client then comes back by itself.
        """
        user = call.user
        seen = call.req.get_header("Last-Event-ID")
        call.resp.set_header("X-Accel-Buffering", "no")
        call.resp.sse = self._events(call, call.watcher, seen, float(user.exp))

    async def _events(self, call: Call, name: str, seen: str | None, ends_at: float) -> AsyncIterator[SSEvent]:
        with self.services.live.watching(name, seen=seen, ends_at=ends_at) as watcher:
            call.req.scope[END_OF_STREAM] = watcher.end
            async for event in _sent(watcher):
                yield event


class DashboardHistory(Resource):
    """GET /internal/dashboard/history."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: FigureRange) -> FigureHistory:
        """Give a metric over time, at most 2,000 points.

        A count of nothing is 0. A point is null when nothing was measured, or when it is no longer kept: minutes for 7
        days, hours for 90, days for ever.
        """
        return await call.sql(
            figures.figure_history, metric=query.metric, from_at=query.from_, to_at=query.to, step=query.step
        )


async def _sent(watcher: Watcher) -> AsyncIterator[SSEvent]:
    async for look in watcher:
        yield SSEvent(comment="nothing new") if look is None else SSEvent(text=look.json, event_id=look.version)


ROUTES: Routes = {
    "/internal/dashboard": DashboardFigures,
    "/internal/dashboard/stream": DashboardStream,
    "/internal/dashboard/history": DashboardHistory,
}
