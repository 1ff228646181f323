"""The system from inside: what is late, stuck or held back, and whether every rule holds."""

from importlib.metadata import version

import msgspec

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.services import InternalServices
from app.shapes.base import Page
from app.shapes.system import SystemReport, Violations
from app.sql import condition

READ = Permission("mirror", "read")


class System(Resource):
    """GET /internal/system."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call) -> SystemReport:
        """Say how the system is inside: leader, outbox, deadlines, what holds old rows back, versions."""
        report = await call.sql(condition.system_report)
        return SystemReport(release=version("halobestie"), **msgspec.structs.asdict(report))


class Invariants(Resource):
    """GET /internal/system/invariants."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, _call: Call, query: Page) -> Violations:
        """Check every rule that must always hold, for about two seconds, and give those that do not.

        The next page goes on where this one ended; after the last one everything was checked. It reads whole tables,
        piece by piece, so each page waits for its turn.
        """
        async with self.services.reports.one():
            return await self.services.db.call_within(
                InternalServices.report_timeout, condition.check_invariants, limit=query.limit, cursor=query.cursor
            )


ROUTES: Routes = {"/internal/system": System, "/internal/system/invariants": Invariants}
