"""Logins of customers and mitras.

A refusal that must be written down (a wrong code counts a try, a reused token kills its family) is returned in
`Login.refusal` instead of being raised, because raising would roll back what it wrote.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.auth.tokens import UserType
from app.postgres.database import Connection
from app.shapes.accounts import Profile
from app.sql.query import one, value


class Login(msgspec.Struct, frozen=True):
    """Who logged in through which login, or the code of the refusal."""

    refusal: str | None
    user_type: UserType | None
    user_id: UUID | None
    display_name: str | None
    auth_session_id: UUID | None


class Refreshed(Login, frozen=True):
    """A login whose refresh token was exchanged: for this generation of its successor.

    Without a hash nothing was changed yet, for the caller has to bring this generation.
    """

    generation: int | None
    successor_hash: bytes | None


async def register_anonymous_customer(conn: Connection, *, refresh_hash: bytes) -> Login:
    """Make a customer nobody knows yet, and log it in. Source: api.register_anonymous_customer."""
    return await one(
        conn,
        Login,
        "SELECT * FROM api.register_anonymous_customer(p_refresh_hash => %(refresh_hash)s)",
        {"refresh_hash": refresh_hash},
    )


async def request_otp(conn: Connection, *, phone: str, user_type: str, code_hash: bytes, address: str) -> bool:
    """Keep a code's hash for this phone, asked for from this address; says whether to deliver the code.

    Source: api.request_otp.
    """
    deliver = await value(
        conn,
        """
        SELECT api.request_otp(
            p_phone => %(phone)s, p_user_type => %(user_type)s, p_code_hash => %(code_hash)s, p_address => %(address)s)
        """,
        {"phone": phone, "user_type": user_type, "code_hash": code_hash, "address": address},
    )
    return bool(deliver)


async def verify_otp(
    conn: Connection,
    *,
    phone: str,
    user_type: str,
    code_hash: bytes,
    refresh_hash: bytes,
    address: str,
    anonymous_customer_id: UUID | None,
) -> Login:
    """Log in whoever knows the code, and upgrade the anonymous customer if there is one. Source: api.verify_otp."""
    return await one(
        conn,
        Login,
        """
        SELECT * FROM api.verify_otp(
            p_phone => %(phone)s, p_user_type => %(user_type)s, p_code_hash => %(code_hash)s,
            p_refresh_hash => %(refresh_hash)s, p_address => %(address)s,
            p_anonymous_customer_id => %(anonymous_customer_id)s)
        """,
        {
            "phone": phone,
            "user_type": user_type,
            "code_hash": code_hash,
            "refresh_hash": refresh_hash,
            "address": address,
            "anonymous_customer_id": anonymous_customer_id,
        },
    )


async def refresh_login(
    conn: Connection,
    *,
    refresh_hash: bytes,
    generation: int,
    successor_hash: bytes,
    user_types: Sequence[UserType],
) -> Refreshed:
    """Exchange a refresh token for a generation of its successor; a stolen one ends its family.

    Source: api.refresh_login.
    """
    return await one(
        conn,
        Refreshed,
        """
        SELECT * FROM api.refresh_login(
            p_refresh_hash => %(refresh_hash)s, p_generation => %(generation)s,
            p_successor_hash => %(successor_hash)s, p_user_types => %(user_types)s)
        """,
        {
            "refresh_hash": refresh_hash,
            "generation": generation,
            "successor_hash": successor_hash,
            "user_types": list(user_types),
        },
    )


async def logout(conn: Connection, *, auth_session_id: UUID) -> None:
    """End a login. Source: api.logout."""
    await value(
        conn, "SELECT api.logout(p_auth_session_id => %(auth_session_id)s)", {"auth_session_id": auth_session_id}
    )


async def profile(conn: Connection, *, user_type: str, user_id: UUID) -> Profile:
    """Give the user as they know themselves. Source: api.profile."""
    return await one(
        conn,
        Profile,
        "SELECT api.profile(p_user_type => %(user_type)s, p_user_id => %(user_id)s)",
        {"user_type": user_type, "user_id": user_id},
    )


async def update_profile(
    conn: Connection, *, user_type: str, user_id: UUID, display_name: str | None, locale: str | None
) -> Profile:
    """Change one's own name or language; None leaves it. Source: api.update_profile."""
    return await one(
        conn,
        Profile,
        """
        SELECT api.update_profile(
            p_user_type => %(user_type)s, p_user_id => %(user_id)s, p_display_name => %(display_name)s,
            p_locale => %(locale)s)
        """,
        {"user_type": user_type, "user_id": user_id, "display_name": display_name, "locale": locale},
    )


async def delete_customer(conn: Connection, *, customer_id: UUID) -> None:
    """Forget who a customer is. Source: api.delete_customer."""
    await value(conn, "SELECT api.delete_customer(p_customer_id => %(customer_id)s)", {"customer_id": customer_id})
