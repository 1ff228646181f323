"""Mitras, as the control centre makes and manages them."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.mitras import Activities, ActivityPage, Mitra, MitraChange, MitraDetails, MitraPage, Mitras, NewMitra
from app.sql import availability
from app.sql.availability import GENERAL_SHARE


def _share(given: int | UnsetType | None) -> int | None:
    """A share as `update_mitra` takes it."""
    if given is UNSET:
        return None
    return GENERAL_SHARE if given is None else given


class MitraList(Resource):
    """GET and POST /internal/mitras."""

    @operation(allow="cc", needs=Permission("mitra", "read"))
    async def on_get(self, call: Call, query: MitraPage) -> Mitras:
        """Give the mitras: all, those in a state, or those of whose name `q` begins words, or begins the id."""
        call.is_audited = True
        return await call.sql(
            availability.list_mitras,
            limit=query.limit,
            cursor=query.cursor,
            actor_id=call.user.sub,
            state=query.state,
            q=query.q,
            with_phones=query.phones,
        )

    @operation(allow="cc", needs=Permission("mitra", "create"), status=201, idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, body: NewMitra) -> Mitra:
        """Make a mitra: active and offline."""
        return await call.sql(
            availability.create_mitra,
            display_name=body.display_name,
            phone=body.phone,
            max_sessions=body.max_sessions,
            actor_id=call.user.sub,
            mitra_share_percent=body.mitra_share_percent,
        )


class OneMitra(Resource):
    """GET, PATCH and DELETE /internal/mitras/{mitra_id}."""

    @operation(allow="cc", needs=Permission("mitra", "read"))
    async def on_get(self, call: Call, mitra_id: UUID) -> MitraDetails:
        """Give a mitra: why it is available or not, its figures, live offers and sessions."""
        call.is_audited = True
        return await call.sql(availability.find_mitra, mitra_id=mitra_id, actor_id=call.user.sub)

    @operation(allow="cc", needs=Permission("mitra", "update"), versioned=True, refuses=("INVALID_STATE",))
    async def on_patch(self, call: Call, body: MitraChange, mitra_id: UUID) -> Mitra:
        """Change a mitra's name, phone, own maximum of sessions or own share of earnings.

        A maximum below what the mitra holds ends no session; live offers are withdrawn. Sessions that started keep
        their share.
        """
        return await call.sql(
            availability.update_mitra,
            mitra_id=mitra_id,
            display_name=body.display_name,
            phone=body.phone,
            max_sessions=None if body.max_sessions is UNSET else body.max_sessions or 0,
            version=call.version,
            actor_id=call.user.sub,
            mitra_share_percent=_share(body.mitra_share_percent),
        )

    @operation(allow="cc", needs=Permission("mitra", "delete"), versioned=True, refuses=("INVALID_STATE",))
    async def on_delete(self, call: Call, mitra_id: UUID) -> None:
        """Delete a mitra who was never offered a session; others are deactivated."""
        await call.sql(availability.delete_mitra, mitra_id=mitra_id, version=call.version, actor_id=call.user.sub)


class ForceMitraOffline(Resource):
    """POST /internal/mitras/{mitra_id}/force-offline."""

    @operation(allow="cc", needs=Permission("mitra", "update"), idempotent=True)
    async def on_post(self, call: Call, mitra_id: UUID) -> Mitra:
        """Set a mitra offline: live offers are withdrawn, running sessions go on, the mitra's app is told."""
        return await call.sql(availability.force_mitra_offline, mitra_id=mitra_id, actor_id=call.user.sub)


class MitraTimeline(Resource):
    """GET /internal/mitras/{mitra_id}/timeline."""

    @operation(allow="cc", needs=Permission("mitra", "read"))
    async def on_get(self, call: Call, mitra_id: UUID, query: ActivityPage) -> Activities:
        """Give what a mitra did and missed, newest first."""
        return await call.sql(
            availability.mitra_timeline,
            mitra_id=mitra_id,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
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
    "/internal/mitras/{mitra_id:uuid}": OneMitra,
    "/internal/mitras/{mitra_id:uuid}/force-offline": ForceMitraOffline,
    "/internal/mitras/{mitra_id:uuid}/timeline": MitraTimeline,
    "/internal/mitras/{mitra_id:uuid}/activate": ActivateMitra,
    "/internal/mitras/{mitra_id:uuid}/deactivate": DeactivateMitra,
}
