"""Control centre users: who they are, what they may do, what they see first."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.control_centre import Dashboard
from app.sql.accounts import Login
from app.sql.query import maybe, one, value


class Credentials(msgspec.Struct, frozen=True):
    """What a password is checked against."""

    cc_user_id: UUID
    password_hash: str


class Admin(msgspec.Struct, frozen=True):
    """An operator as just made."""

    id: UUID
    email: str
    display_name: str
    role: str


async def cc_credentials(conn: Connection, *, email: str) -> Credentials | None:
    """Give the password hash of an operator who may log in. Source: api.cc_credentials."""
    return await maybe(conn, Credentials, "SELECT * FROM api.cc_credentials(p_email => %(email)s)", {"email": email})


class LoginTry(msgspec.Struct, frozen=True):
    """A try to log in: what to check the password against, or the code of the refusal.

    Without a user, nobody who may log in has this e-mail address.
    """

    refusal: str | None
    retry_after_seconds: int | None
    cc_user_id: UUID | None
    password_hash: str | None


async def begin_cc_login(conn: Connection, *, email: str, address: str) -> LoginTry:
    """Count a try to log in from this address, and give what to check the password against.

    Source: api.begin_cc_login.
    """
    found = await maybe(
        conn,
        LoginTry,
        "SELECT * FROM api.begin_cc_login(p_email => %(email)s, p_address => %(address)s)",
        {"email": email, "address": address},
    )
    return found or LoginTry(None, None, None, None)


async def fail_cc_login(conn: Connection, *, email: str, address: str) -> None:
    """Write down that the password was wrong. Source: api.fail_cc_login."""
    await value(
        conn,
        "SELECT api.fail_cc_login(p_email => %(email)s, p_address => %(address)s)",
        {"email": email, "address": address},
    )


async def open_cc_login(conn: Connection, *, cc_user_id: UUID, refresh_hash: bytes, address: str) -> Login:
    """Log in an operator whose password was right. Source: api.open_cc_login."""
    return await one(
        conn,
        Login,
        """
        SELECT * FROM api.open_cc_login(
            p_cc_user_id => %(cc_user_id)s, p_refresh_hash => %(refresh_hash)s, p_address => %(address)s)
        """,
        {"cc_user_id": cc_user_id, "refresh_hash": refresh_hash, "address": address},
    )


async def create_admin(conn: Connection, *, email: str, display_name: str, password_hash: str, role: str) -> Admin:
    """Make an operator. Source: api.create_admin."""
    return await one(
        conn,
        Admin,
        """
        SELECT api.create_admin(
            p_email => %(email)s, p_display_name => %(display_name)s,
            p_password_hash => %(password_hash)s, p_role => %(role)s)
        """,
        {"email": email, "display_name": display_name, "password_hash": password_hash, "role": role},
    )


async def is_demo(conn: Connection) -> bool:
    """Whether demo data may be made in this database. Source: api.is_demo."""
    return await value(conn, "SELECT api.is_demo()") is True


async def seed_demo(conn: Connection, *, is_embedded: bool) -> None:
    """Make packages and mitras for a demonstration. Source: api.seed_demo."""
    await value(conn, "SELECT api.seed_demo(p_is_embedded => %(is_embedded)s)", {"is_embedded": is_embedded})


async def require_permission(conn: Connection, *, cc_user_id: UUID, resource: str, action: str) -> None:
    """Refuse with FORBIDDEN what the operator's role does not allow. Source: api.require_permission."""
    await value(
        conn,
        """
        SELECT api.require_permission(
            p_cc_user_id => %(cc_user_id)s, p_resource => %(resource)s, p_action => %(action)s)
        """,
        {"cc_user_id": cc_user_id, "resource": resource, "action": action},
    )


async def dashboard(conn: Connection, *, online_mitras: int | None) -> Dashboard:
    """Give the dashboard; `online_mitras` is Valkey's count, None lets PostgreSQL count. Source: api.dashboard."""
    return await one(
        conn,
        Dashboard,
        "SELECT api.dashboard(p_online_mitras => %(online_mitras)s::integer)",
        {"online_mitras": online_mitras},
    )


async def name_request(conn: Connection, *, request_id: str) -> None:
    """Tell the audit log which request the rest of this transaction belongs to. Source: set_config."""
    await value(
        conn,
        "SELECT set_config('halobestie.request_id', %(request_id)s, true)",
        {"request_id": request_id},
    )
