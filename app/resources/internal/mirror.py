"""The mirror: how it differs from PostgreSQL, how far it lags, and reseeding it."""

import asyncio

import msgspec

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.mirror.check import differences_by
from app.services import InternalServices
from app.shapes.control_centre import MirrorDifference, MirrorReport
from app.sql import mirror

SHOWN_DIFFERENCES = 100


class Mirror(Resource):
    """GET /internal/mirror."""

    services: InternalServices

    def __init__(self, services: InternalServices) -> None:
        super().__init__(services)
        self._comparing = asyncio.Lock()

    @operation(allow="cc", needs=Permission("mirror", "read"))
    async def on_get(self, _call: Call) -> MirrorReport:
        """Compare the mirror with PostgreSQL, and say how it is.

        Without Valkey, or while the mirror is being built, its own figures are null.
        """
        async with self._comparing:  # it reads the whole fleet: one at a time
            differing = await differences_by(self.services.db.call, self.services.settings)
        status = await self.services.gateway.status()
        return MirrorReport(
            is_whole=status is not None,
            drift=len(differing),
            differences=[
                MirrorDifference(key=key, in_valkey=in_valkey, in_postgres=in_postgres)
                for key, in_valkey, in_postgres in differing[:SHOWN_DIFFERENCES]
            ],
            **(msgspec.structs.asdict(status) if status is not None else {}),
        )


class Reseed(Resource):
    """POST /internal/mirror/reseed."""

    @operation(allow="cc", needs=Permission("mirror", "update"), status=202)
    async def on_post(self, call: Call) -> None:
        """Have the leading listener reseed the mirror; at no moment does a reader miss a mitra."""
        await call.sql(mirror.request_reseed, actor_id=call.user.sub)


ROUTES: Routes = {"/internal/mirror": Mirror, "/internal/mirror/reseed": Reseed}
