"""Roles: what users of the control centre may do."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import Page
from app.shapes.operators import NewRole, Role, RoleChange, Roles
from app.sql import operators


class RoleList(Resource):
    """GET and POST /internal/roles."""

    @operation(allow="cc", needs=Permission("roles", "read"))
    async def on_get(self, call: Call, query: Page) -> Roles:
        """Give the roles."""
        return await call.sql(operators.list_roles, limit=query.limit, cursor=query.cursor)

    @operation(allow="cc", needs=Permission("roles", "create"), status=201, idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, body: NewRole) -> Role:
        """Make a role.

        A permission that there is not is refused by its name; those of super_admin are all there are.
        """
        return await call.sql(
            operators.create_role, name=body.name, permissions=body.permissions, actor_id=call.user.sub
        )


class OneRole(Resource):
    """GET, PATCH and DELETE /internal/roles/{role_id}."""

    @operation(allow="cc", needs=Permission("roles", "read"))
    async def on_get(self, call: Call, role_id: UUID) -> Role:
        """Give a role."""
        return await call.sql(operators.find_role, role_id=role_id)

    @operation(allow="cc", needs=Permission("roles", "update"), versioned=True, refuses=("INVALID_STATE",))
    async def on_patch(self, call: Call, body: RoleChange, role_id: UUID) -> Role:
        """Change a role's name or permissions, from the next request of its users on.

        Neither super_admin nor one's own role can be changed.
        """
        return await call.sql(
            operators.update_role,
            role_id=role_id,
            name=body.name,
            permissions=body.permissions,
            version=call.version,
            actor_id=call.user.sub,
        )

    @operation(allow="cc", needs=Permission("roles", "delete"), versioned=True, refuses=("INVALID_STATE",))
    async def on_delete(self, call: Call, role_id: UUID) -> None:
        """Delete a role that no user has."""
        await call.sql(operators.delete_role, role_id=role_id, version=call.version, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/roles": RoleList,
    "/internal/roles/{role_id:uuid}": OneRole,
}
