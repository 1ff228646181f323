"""The dashboard: what operators see first."""

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.control_centre import Dashboard
from app.sql import control_centre


class DashboardFigures(Resource):
    """GET /internal/dashboard."""

    @operation(allow="cc", needs=Permission("dashboard", "read"))
    async def on_get(self, call: Call) -> Dashboard:
        """Give the figures of this moment."""
        online = await self.services.gateway.online_mitras()
        return await call.sql(control_centre.dashboard, online_mitras=online)


ROUTES: Routes = {"/internal/dashboard": DashboardFigures}
