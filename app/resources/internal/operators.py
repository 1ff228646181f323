"""Users of the control centre, as those who may manage them see them."""

from uuid import UUID

from app.auth.passwords import require_good
from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.services import InternalServices
from app.shapes.operators import NewOperator, NewPassword, Operator, OperatorChange, OperatorPage, Operators
from app.sql import operators

READ = Permission("control_center_users", "read")
UPDATE = Permission("control_center_users", "update")


class OperatorList(Resource):
    """GET and POST /internal/control-center-users."""

    services: InternalServices

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: OperatorPage) -> Operators:
        """Give the users of the control centre."""
        return await call.sql(
            operators.list_cc_users,
            role=query.role,
            is_active=query.is_active,
            limit=query.limit,
            cursor=query.cursor,
        )

    @operation(
        allow="cc",
        needs=Permission("control_center_users", "create"),
        status=201,
        idempotent=True,
        refuses=("INVALID_STATE", "RATE_LIMITED"),
    )
    async def on_post(self, call: Call, body: NewOperator) -> Operator:
        """Make a user of the control centre.

        A password has at least 12 characters. 5 are different, not counting words and keys in a row that are guessed
        first. Only a super_admin makes a super_admin.
        """
        require_good(body.password, field="password", email=body.email)
        async with self.services.passwords.place():
            password_hash = await self.services.passwords.hashed(body.password)
        return await call.sql(
            operators.create_cc_user,
            email=body.email,
            display_name=body.display_name,
            role=body.role,
            password_hash=password_hash,
            actor_id=call.user.sub,
        )


class OneOperator(Resource):
    """GET, PATCH and DELETE /internal/control-center-users/{cc_user_id}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, cc_user_id: UUID) -> Operator:
        """Give a user of the control centre."""
        return await call.sql(operators.find_cc_user, cc_user_id=cc_user_id)

    @operation(allow="cc", needs=UPDATE, versioned=True, refuses=("INVALID_STATE",))
    async def on_patch(self, call: Call, body: OperatorChange, cc_user_id: UUID) -> Operator:
        """Change a user's name or role, or switch the user off or on, from the user's next request on.

        The last active super_admin stays one. Nobody changes their own role or switches themselves off.
        """
        return await call.sql(
            operators.update_cc_user,
            cc_user_id=cc_user_id,
            display_name=body.display_name,
            role=body.role,
            is_active=body.is_active,
            version=call.version,
            actor_id=call.user.sub,
        )

    @operation(
        allow="cc", needs=Permission("control_center_users", "delete"), versioned=True, refuses=("INVALID_STATE",)
    )
    async def on_delete(self, call: Call, cc_user_id: UUID) -> None:
        """Delete a user who never logged in; others are switched off."""
        await call.sql(operators.delete_cc_user, cc_user_id=cc_user_id, version=call.version, actor_id=call.user.sub)


class OperatorPassword(Resource):
    """POST /internal/control-center-users/{cc_user_id}/password."""

    services: InternalServices

    @operation(allow="cc", needs=UPDATE, idempotent=True, refuses=("INVALID_STATE", "RATE_LIMITED"))
    async def on_post(self, call: Call, body: NewPassword, cc_user_id: UUID) -> None:
        """Give another user another password, and sign the user out everywhere."""
        user = await call.sql(operators.find_cc_user, cc_user_id=cc_user_id)
        require_good(body.password, field="password", email=user.email)
        async with self.services.passwords.place():
            password_hash = await self.services.passwords.hashed(body.password)
        await call.sql(
            operators.set_cc_password, cc_user_id=cc_user_id, password_hash=password_hash, actor_id=call.user.sub
        )


ROUTES: Routes = {
    "/internal/control-center-users": OperatorList,
    "/internal/control-center-users/{cc_user_id:uuid}": OneOperator,
    "/internal/control-center-users/{cc_user_id:uuid}/password": OperatorPassword,
}
