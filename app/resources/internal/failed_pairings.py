"""Searches, deliveries and extensions that failed, and why."""

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.control_centre import FailedPairingCounts, FailedPairingPage, FailedPairingRange, FailedPairings
from app.sql import chat_sessions

READ = Permission("sessions", "read")


class FailedPairingList(Resource):
    """GET /internal/failed-pairings."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: FailedPairingPage) -> FailedPairings:
        """Give the searches, deliveries and extensions that failed, newest first."""
        return await call.sql(
            chat_sessions.list_failed_pairings,
            cause=query.cause,
            limit=query.limit,
            cursor=query.cursor,
            customer_id=query.customer_id,
            from_at=query.from_,
            to_at=query.to,
        )


class FailedPairingsByHour(Resource):
    """GET /internal/failed-pairings/counts."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: FailedPairingRange) -> FailedPairingCounts:
        """Count what failed by hour and cause, for a range of at most 7 days."""
        return await call.sql(chat_sessions.count_failed_pairings, from_at=query.from_, to_at=query.to)


ROUTES: Routes = {
    "/internal/failed-pairings": FailedPairingList,
    "/internal/failed-pairings/counts": FailedPairingsByHour,
}
