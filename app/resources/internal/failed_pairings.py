"""Searches, deliveries and extensions that failed, and why."""

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.control_centre import FailedPairingPage, FailedPairings
from app.sql import operations


class FailedPairingList(Resource):
    """GET /internal/failed-pairings."""

    @operation(allow="cc", needs=Permission("sessions", "read"))
    async def on_get(self, call: Call, query: FailedPairingPage) -> FailedPairings:
        """Give the searches, deliveries and extensions that failed, newest first."""
        return await call.sql(
            operations.list_failed_pairings, cause=query.cause, limit=query.limit, cursor=query.cursor
        )


ROUTES: Routes = {"/internal/failed-pairings": FailedPairingList}
