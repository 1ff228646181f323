"""Displays: wall screens that show figures and may do nothing else."""

from uuid import UUID

import msgspec

from app.auth.tokens import new_refresh_token
from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import Page
from app.shapes.control_centre import Displays, NewDisplay, OpenedDisplay
from app.sql import control_centre


class DisplayList(Resource):
    """GET and POST /internal/displays."""

    @operation(allow="cc", needs=Permission("control_center_users", "read"))
    async def on_get(self, call: Call, query: Page) -> Displays:
        """Give the displays that have not ended, newest first."""
        return await call.sql(control_centre.list_displays, limit=query.limit, cursor=query.cursor)

    @operation(allow="cc", needs=Permission("control_center_users", "update"), status=201, refuses=("NOT_FOUND",))
    async def on_post(self, call: Call, body: NewDisplay) -> OpenedDisplay:
        """Open a display for 30 days. Its browser keeps `display_token` as its cookie; it is told only here."""
        token, token_hash = new_refresh_token()
        display = await call.sql(
            control_centre.open_display, name=body.name, token_hash=token_hash, actor_id=call.user.sub
        )
        return OpenedDisplay(display_token=token, **msgspec.structs.asdict(display))


class OneDisplay(Resource):
    """DELETE /internal/displays/{display_id}."""

    @operation(name="Display_delete", allow="cc", needs=Permission("control_center_users", "update"), status=204)
    async def on_delete(self, call: Call, display_id: UUID) -> None:
        """End a display. It shows nothing any more a second later."""
        await call.sql(control_centre.revoke_display, display_id=display_id, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/displays": DisplayList,
    "/internal/displays/{display_id:uuid}": OneDisplay,
}
