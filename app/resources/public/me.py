"""The user's own account and devices."""

from app.http import bodies
from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.shapes.accounts import DataExport, DataExportState, Profile, ProfileChange, PushToken
from app.sql import accounts, exports, pushes


class Me(Resource):
    """GET, PATCH and DELETE /api/me."""

    @operation(allow=("customer", "mitra"), refuses=("NOT_FOUND",))
    async def on_get(self, call: Call) -> Profile:
        """Give the user's own profile."""
        return await call.sql(accounts.profile, user_type=call.user.typ, user_id=call.user.sub)

    @operation(allow=("customer", "mitra"), refuses=("NOT_FOUND", "MITRA_DEACTIVATED"))
    async def on_patch(self, call: Call, body: ProfileChange) -> Profile:
        """Change the name that others see, or the language of pushes."""
        return await call.sql(
            accounts.update_profile,
            user_type=call.user.typ,
            user_id=call.user.sub,
            display_name=body.display_name,
            locale=body.locale,
        )

    @operation(allow="customer", refuses=("NOT_FOUND", "INVALID_STATE"))
    async def on_delete(self, call: Call) -> None:
        """Forget who this customer is, and end every login.

        Not while a session is open, nor money held or due. Mitras are deactivated by the control centre instead.
        """
        await call.sql(accounts.delete_customer, customer_id=call.user.sub)


class Export(Resource):
    """POST and GET /api/me/export."""

    @operation(allow=("customer", "mitra"), status=202, refuses=("NOT_FOUND", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call) -> DataExportState:
        """Ask for everything that is known about the user; one export a day, so asking again gives the same one."""
        return await call.sql(exports.request_data_export, user_type=call.user.typ, user_id=call.user.sub)

    @operation(allow=("customer", "mitra"), refuses=("NOT_FOUND",))
    async def on_get(self, call: Call) -> DataExport:
        """Give the user's own export: its state, and its data for a day once it is ready.

        What the other party of a session wrote is under `sender_type`, without a name.
        """
        return await call.sql(exports.data_export, user_type=call.user.typ, user_id=call.user.sub)


class Device(Resource):
    """PUT and DELETE /api/me/push-tokens/{token}."""

    @operation(allow=("customer", "mitra"), refuses=("MITRA_DEACTIVATED",))
    async def on_put(self, call: Call, token: str) -> None:
        """Have pushes sent to this device, and no longer those of the user who had it before."""
        await call.sql(
            pushes.register_push_token, user_type=call.user.typ, user_id=call.user.sub, token=_checked(token)
        )

    @operation(allow=("customer", "mitra"))
    async def on_delete(self, call: Call, token: str) -> None:
        """Have no more pushes sent to this device; a deactivated mitra may do that too."""
        await call.sql(pushes.forget_push_token, user_type=call.user.typ, user_id=call.user.sub, token=_checked(token))


def _checked(token: str) -> str:
    return bodies.convert({"token": token}, PushToken).token


ROUTES: Routes = {
    "/api/me": Me,
    "/api/me/export": Export,
    "/api/me/push-tokens/{token:path}": Device,
}
