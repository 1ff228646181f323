"""Control centre users: who they are, what they may do, what they see first."""

from typing import Literal
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.runtime.instant import Instant
from app.shapes.control_centre import Display, Displays
from app.sql.accounts import Login
from app.sql.function import BigInt, sql_function
from app.sql.query import nothing


class Credentials(msgspec.Struct, frozen=True):
    """An operator, and the hash of the password."""

    cc_user_id: UUID
    password_hash: str


class Admin(msgspec.Struct, frozen=True):
    """An operator who was just made."""

    id: UUID
    email: str
    display_name: str
    role: str


@sql_function("api.cc_credentials")
async def cc_credentials(conn: Connection, *, email: str) -> Credentials | None:
    """Give the password hash of an operator who may log in."""


class LoginTry(msgspec.Struct, frozen=True):
    """A try to log in: an operator and the hash of the password, or the code of the refusal.

    Without all of them, no operator who may log in has this e-mail address.
    """

    refusal: str | None
    retry_after_seconds: int | None
    cc_user_id: UUID | None
    password_hash: str | None


@sql_function("api.begin_cc_login")
async def _begin_cc_login(conn: Connection, *, email: str, address: str) -> LoginTry | None:
    """Give None for a row of nulls."""


async def begin_cc_login(conn: Connection, *, email: str, address: str) -> LoginTry:
    """Count a try to log in from this address, and give the hash to check the password with."""
    # An unknown operator is a row of nulls, which is no fault here.
    return await _begin_cc_login(conn, email=email, address=address) or LoginTry(None, None, None, None)


@sql_function("api.fail_cc_login")
async def fail_cc_login(conn: Connection, *, email: str, address: str) -> None:
    """Write down that the password was wrong."""


@sql_function("api.open_cc_login")
async def open_cc_login(conn: Connection, *, cc_user_id: UUID, refresh_hash: bytes, address: str) -> Login:
    """Log in an operator whose password was right."""


class WebLogin(msgspec.Struct, frozen=True):
    """A browser's new session, or the code of the refusal."""

    refusal: str | None
    auth_session_id: UUID | None


class WebSession(msgspec.Struct, frozen=True):
    """Whose browser or display asks, its permissions ({resource: [action, …]}), and the user's saved views."""

    auth_session_id: UUID
    is_display: bool
    expires_at: Instant
    cc_user_id: UUID
    email: str
    display_name: str
    role: str
    locale: Literal["id", "en"] | None
    time_zone: str
    permissions: dict[str, list[str]]
    views: list[dict[str, str]]


@sql_function("api.open_cc_web_session")
async def open_cc_web_session(conn: Connection, *, cc_user_id: UUID, token_hash: bytes, address: str) -> WebLogin:
    """Open a browser's session for an operator whose password was right."""


@sql_function("api.cc_web_session")
async def cc_web_session(conn: Connection, *, token_hash: bytes, is_use: bool) -> WebSession | None:
    """Give the session or display of this cookie, if there is one still; `is_use` keeps it awake."""


@sql_function("api.require_filters")
async def require_filters(conn: Connection, *, names: list[str], values: list[str]) -> None:
    """Refuse the filters of a screen when one of them may not be in its address."""


@sql_function("api.refused_filters")
async def refused_filters(conn: Connection, *, names: list[str], values: list[str]) -> list[str]:
    """Give the names of all filters that may not be in an address."""


@sql_function("api.list_displays")
async def list_displays(conn: Connection, *, limit: int, cursor: str | None) -> Displays:
    """Give the wall screens."""


@sql_function("api.open_display")
async def open_display(conn: Connection, *, name: str, token_hash: bytes, actor_id: UUID) -> Display:
    """Open a wall screen."""


@sql_function("api.revoke_display")
async def revoke_display(conn: Connection, *, display_id: UUID, actor_id: UUID) -> None:
    """End a wall screen."""


@sql_function("api.create_admin")
async def create_admin(conn: Connection, *, email: str, display_name: str, password_hash: str, role: str) -> Admin:
    """Make an operator."""


@sql_function("api.is_demo")
async def is_demo(conn: Connection) -> bool:
    """Whether demo data may be made in this database."""


@sql_function("api.seed_demo")
async def seed_demo(conn: Connection, *, is_embedded: bool) -> None:
    """Make packages and mitras for a demonstration."""


@sql_function("api.seed_demo_phones")
async def seed_demo_phones(conn: Connection) -> None:
    """Make packages short enough to play a whole session by hand."""


@sql_function("api.seed_demo_history")
async def seed_demo_history(conn: Connection, *, days_ago: int) -> BigInt:
    """Make up what happened on a day of a demo database; how many sessions there are of it."""


@sql_function("api.require_permission")
async def require_permission(
    conn: Connection, *, cc_user_id: UUID, resource: str, action: str, auth_session_id: UUID | None
) -> None:
    """Refuse with FORBIDDEN what the operator's role does not allow; with UNAUTHENTICATED a login that has ended."""


@sql_function("api.require_login")
async def require_login(conn: Connection, *, cc_user_id: UUID, auth_session_id: UUID | None) -> None:
    """Refuse with UNAUTHENTICATED a login that has ended, and an operator who was switched off."""


async def name_request(conn: Connection, *, request_id: str, reason: str | None) -> None:
    """Tell the audit log which request the rest of this transaction belongs to, and why it is made."""
    await nothing(
        conn,
        "SELECT set_config('halobestie.request_id', %(request_id)s, true),"
        " set_config('halobestie.reason', coalesce(%(reason)s, ''), true)",
        {"request_id": request_id, "reason": reason},
    )
