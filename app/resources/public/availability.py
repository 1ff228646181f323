"""The beacon; and for a mitra: going online and offline, heartbeats, status, figures and earnings."""

from datetime import UTC, datetime

from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.runtime import instant
from app.shapes.earnings import EarningPage, Earnings
from app.shapes.mitras import MitraStats, MitraStatus
from app.sql import availability, earnings
from app.sql.mirror import Beacon

BEACON_SECONDS = 10


def cache_control(as_of: datetime) -> str:
    """How long caches may keep a beacon of that time."""
    age = (datetime.now(UTC) - as_of).total_seconds()
    return f"public, max-age={max(0, min(BEACON_SECONDS, int(BEACON_SECONDS - age)))}"


class CurrentBeacon(Resource):
    """GET /api/availability."""

    @operation(name="Availability_get", etag=True)
    async def on_get(self, call: Call) -> Beacon:
        """Say whether anyone can be paired now.

        The answer is shared by the cluster for ten seconds; `as_of` says when it was found out, `source` where.
        """
        beacon = await self.services.gateway.beacon()
        call.resp.set_header("Cache-Control", cache_control(instant.read(beacon.as_of)))
        return beacon


class Online(Resource):
    """POST /api/mitra/status/online."""

    @operation(allow="mitra", refuses=("NOT_FOUND", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call) -> MitraStatus:
        """Receive offers from now on; counts as a heartbeat."""
        status = await call.sql(availability.go_online, mitra_id=call.user.sub)
        await self.services.gateway.beat_in_mirror(call.user.sub)  # a mitra gone stale is a candidate again at once
        return status


class Offline(Resource):
    """POST /api/mitra/status/offline."""

    @operation(allow="mitra", refuses=("NOT_FOUND", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call) -> MitraStatus:
        """Receive no more offers; running sessions go on."""
        return await call.sql(availability.go_offline, mitra_id=call.user.sub)


class MitraHeartbeat(Resource):
    """POST /api/mitra/status/heartbeat."""

    @operation(name="Heartbeat_post", allow="mitra", refuses=("NOT_FOUND", "MITRA_DEACTIVATED", "NOT_ONLINE"))
    async def on_post(self, call: Call) -> None:
        """Say that the app is there."""
        await self.services.gateway.beat(call.user.sub)


class Status(Resource):
    """GET /api/mitra/status."""

    @operation(allow="mitra", refuses=("NOT_FOUND",))
    async def on_get(self, call: Call) -> MitraStatus:
        """Give the mitra's intent, liveness and capacity."""
        is_reachable = await self.services.gateway.reachable(call.user.sub)
        return await call.sql(availability.mitra_status, mitra_id=call.user.sub, is_reachable=is_reachable)


class Stats(Resource):
    """GET /api/mitra/stats."""

    @operation(allow="mitra", refuses=("NOT_FOUND",))
    async def on_get(self, call: Call) -> MitraStats:
        """Give the mitra's work so far: time online, offers, acceptance, earnings, rating."""
        return await call.sql(availability.mitra_stats, mitra_id=call.user.sub)


class OwnEarnings(Resource):
    """GET /api/mitra/earnings."""

    @operation(allow="mitra", refuses=("NOT_FOUND",))
    async def on_get(self, call: Call, query: EarningPage) -> Earnings:
        """Give what the mitra earned, newest first, with what is owed and was paid out."""
        return await call.sql(
            earnings.mitra_earnings,
            mitra_id=call.user.sub,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
        )


ROUTES: Routes = {
    "/api/availability": CurrentBeacon,
    "/api/mitra/status": Status,
    "/api/mitra/status/online": Online,
    "/api/mitra/status/offline": Offline,
    "/api/mitra/status/heartbeat": MitraHeartbeat,
    "/api/mitra/stats": Stats,
    "/api/mitra/earnings": OwnEarnings,
}
