"""Users of the control centre: their roles, their accounts, and what each keeps for itself."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.operators import Operator, Operators, OwnProfile, Permissions, Role, Roles, SavedView
from app.sql.function import Json, sql_function


@sql_function("api.list_roles")
async def list_roles(conn: Connection, *, limit: int, cursor: str | None) -> Roles:
    """Give a page of roles."""


@sql_function("api.find_role")
async def find_role(conn: Connection, *, role_id: UUID) -> Role:
    """Give a role."""


@sql_function("api.create_role")
async def _create_role(conn: Connection, *, name: str, permissions: Json, actor_id: UUID | None) -> Role:
    """Take the permissions as JSON."""


async def create_role(conn: Connection, *, name: str, permissions: Permissions, actor_id: UUID | None) -> Role:
    """Make a role."""
    return await _create_role(conn, name=name, permissions=_json(permissions), actor_id=actor_id)


@sql_function("api.update_role")
async def _update_role(
    conn: Connection,
    *,
    role_id: UUID,
    name: str | None,
    permissions: Json | None,
    version: int | None,
    actor_id: UUID | None,
) -> Role:
    """Take the permissions as JSON."""


async def update_role(
    conn: Connection,
    *,
    role_id: UUID,
    name: str | None,
    permissions: Permissions | None,
    version: int | None,
    actor_id: UUID | None,
) -> Role:
    """Change a role's name or permissions; None leaves them."""
    return await _update_role(
        conn,
        role_id=role_id,
        name=name,
        permissions=None if permissions is None else _json(permissions),
        version=version,
        actor_id=actor_id,
    )


def _json(permissions: Permissions) -> str:
    return msgspec.json.encode(permissions).decode()


@sql_function("api.delete_role")
async def delete_role(conn: Connection, *, role_id: UUID, version: int | None, actor_id: UUID | None) -> None:
    """Delete a role that nobody has."""


@sql_function("api.delete_cc_user")
async def delete_cc_user(conn: Connection, *, cc_user_id: UUID, version: int | None, actor_id: UUID | None) -> None:
    """Delete a user who never logged in."""


@sql_function("api.list_cc_users")
async def list_cc_users(
    conn: Connection, *, role: str | None, is_active: bool | None, limit: int, cursor: str | None
) -> Operators:
    """Give a page of users."""


@sql_function("api.find_cc_user")
async def find_cc_user(conn: Connection, *, cc_user_id: UUID) -> Operator:
    """Give a user."""


@sql_function("api.create_cc_user")
async def create_cc_user(
    conn: Connection, *, email: str, display_name: str, role: str, password_hash: str, actor_id: UUID | None
) -> Operator:
    """Make a user."""


@sql_function("api.update_cc_user")
async def update_cc_user(
    conn: Connection,
    *,
    cc_user_id: UUID,
    display_name: str | None,
    role: str | None,
    is_active: bool | None,
    version: int | None,
    actor_id: UUID | None,
) -> Operator:
    """Change a user's name or role, or switch the user off or on; None leaves it."""


@sql_function("api.set_cc_password")
async def set_cc_password(conn: Connection, *, cc_user_id: UUID, password_hash: str, actor_id: UUID | None) -> None:
    """Give another user another password, and end that user's logins."""


@sql_function("api.cc_profile")
async def cc_profile(conn: Connection, *, cc_user_id: UUID) -> OwnProfile:
    """Give a user's own profile."""


@sql_function("api.update_cc_profile")
async def update_cc_profile(
    conn: Connection, *, cc_user_id: UUID, display_name: str | None, locale: str | None, time_zone: str | None
) -> OwnProfile:
    """Change a user's own name, language or time zone; None leaves it."""


@sql_function("api.change_own_password")
async def change_own_password(
    conn: Connection, *, cc_user_id: UUID, password_hash: str, auth_session_id: UUID, address: str
) -> None:
    """Give a user whose old password was right a new one, and end the user's other logins."""


@sql_function("api.save_view")
async def save_view(conn: Connection, *, cc_user_id: UUID, screen: str, name: str, query: str) -> SavedView:
    """Keep the filters of a screen under a name."""


@sql_function("api.delete_view")
async def delete_view(conn: Connection, *, view_id: UUID, cc_user_id: UUID) -> None:
    """Delete a saved view."""
