"""Mitras, as the control centre makes and manages them."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import Page
from app.shapes.mitras import Mitra, Mitras, NewMitra
from app.sql import availability


class MitraList(Resource):
    """GET and POST /internal/mitras."""

    @operation(allow="cc", needs=Permission("mitra", "read"))
    async def on_get(self, call: Call, query: Page) -> Mitras:
        """Give the mitras."""
        call.is_audited = True
        return await call.sql(availability.list_mitras, limit=query.limit, cursor=query.cursor, actor_id=call.user.sub)

    @operation(allow="cc", needs=Permission("mitra", "create"), status=201, idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, body: NewMitra) -> Mitra:
        """Make a mitra: active and offline."""
        return await call.sql(
            availability.create_mitra,
            display_name=body.display_name,
            phone=body.phone,
            max_sessions=body.max_sessions,
            actor_id=call.user.sub,
        )


class ActivateMitra(Resource):
    """POST /internal/mitras/{mitra_id}/activate."""

    @operation(allow="cc", needs=Permission("mitra", "update"), idempotent=True)
    async def on_post(self, call: Call, mitra_id: UUID) -> Mitra:
        """Let a mitra work again."""
        return await call.sql(availability.activate_mitra, mitra_id=mitra_id, actor_id=call.user.sub)


class DeactivateMitra(Resource):
    """POST /internal/mitras/{mitra_id}/deactivate."""

    @operation(allow="cc", needs=Permission("mitra", "update"), idempotent=True)
    async def on_post(self, call: Call, mitra_id: UUID) -> Mitra:
        """Take a mitra out of service: offline, signed out everywhere, no more offers."""
        return await call.sql(availability.deactivate_mitra, mitra_id=mitra_id, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/mitras": MitraList,
    "/internal/mitras/{mitra_id:uuid}/activate": ActivateMitra,
    "/internal/mitras/{mitra_id:uuid}/deactivate": DeactivateMitra,
}
