"""What users of the control centre keep and change for themselves; no permission is needed for it."""

from uuid import UUID

from app.auth.passwords import require_good
from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.problems import Problem
from app.services import InternalServices
from app.shapes.operators import NewView, OwnChange, OwnPassword, OwnProfile, SavedView
from app.sql import control_centre, operators


class OwnAccount(Resource):
    """GET and PATCH /internal/me."""

    @operation(allow="cc", refuses=("NOT_FOUND",))
    async def on_get(self, call: Call) -> OwnProfile:
        """Give one's own profile, with permissions and saved views."""
        return await call.sql(operators.cc_profile, cc_user_id=call.user.sub)

    @operation(allow="cc", refuses=("NOT_FOUND",))
    async def on_patch(self, call: Call, body: OwnChange) -> OwnProfile:
        """Change one's own name, or the language or time zone of the pages."""
        return await call.sql(
            operators.update_cc_profile,
            cc_user_id=call.user.sub,
            display_name=body.display_name,
            locale=body.locale,
            time_zone=body.time_zone,
        )


class OwnPasswordChange(Resource):
    """POST /internal/me/password."""

    services: InternalServices

    @operation(allow="cc", stepwise=True, refuses=("NOT_FOUND", "RATE_LIMITED"))
    async def on_post(self, call: Call, body: OwnPassword) -> None:
        """Change one's own password, and end one's other logins.

        Wrong old passwords count and are slowed down as those of a login.
        """
        user = await call.sql(operators.cc_profile, cc_user_id=call.user.sub)
        require_good(body.password, field="password", email=user.email)
        async with self.services.passwords.place():
            known = await call.sql(control_centre.begin_cc_login, email=user.email, address=call.network)
            if known.refusal is not None:
                raise Problem(known.refusal, headers={"Retry-After": str(known.retry_after_seconds)})
            if not await self.services.passwords.is_right(body.old_password, known.password_hash):
                await call.sql(control_centre.fail_cc_login, email=user.email, address=call.network)
                raise Problem("VALIDATION_ERROR", "The old password is wrong.", field="old_password")
            password_hash = await self.services.passwords.hashed(body.password)
        await call.sql(
            operators.change_own_password,
            cc_user_id=call.user.sub,
            password_hash=password_hash,
            auth_session_id=call.user.sid,
            address=call.network,
        )


class OwnViews(Resource):
    """POST /internal/me/views."""

    @operation(allow="cc", status=201, idempotent=True, refuses=("NOT_FOUND", "INVALID_STATE"))
    async def on_post(self, call: Call, body: NewView) -> SavedView:
        """Keep the filters of a screen under a name: 100 at most."""
        return await call.sql(
            operators.save_view, cc_user_id=call.user.sub, screen=body.screen, name=body.name, query=body.query
        )


class OwnView(Resource):
    """DELETE /internal/me/views/{view_id}."""

    @operation(allow="cc")
    async def on_delete(self, call: Call, view_id: UUID) -> None:
        """Delete a saved view."""
        await call.sql(operators.delete_view, view_id=view_id, cc_user_id=call.user.sub)


ROUTES: Routes = {
    "/internal/me": OwnAccount,
    "/internal/me/password": OwnPasswordChange,
    "/internal/me/views": OwnViews,
    "/internal/me/views/{view_id:uuid}": OwnView,
}
