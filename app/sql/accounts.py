"""Logins of customers and mitras.

A refusal that must be written down (a wrong code counts a try, a reused token kills its family) is returned in
`Login.refusal` instead of being raised, because raising would roll back what it wrote.
"""

from uuid import UUID

import msgspec

from app.auth.tokens import UserType
from app.postgres.database import Connection
from app.shapes.accounts import Profile
from app.sql.function import sql_function


class Login(msgspec.Struct, frozen=True):
    """A user and the login, or the code of the refusal."""

    refusal: str | None
    user_type: UserType | None
    user_id: UUID | None
    display_name: str | None
    auth_session_id: UUID | None


class Refreshed(Login, frozen=True):
    """A login whose refresh token was exchanged for its successor of this generation.

    Without `successor_hash` nothing was exchanged: the caller asks again, with a token of this generation.
    """

    generation: int | None
    successor_hash: bytes | None


@sql_function("api.register_anonymous_customer")
async def register_anonymous_customer(conn: Connection, *, refresh_hash: bytes) -> Login:
    """Make a guest, and log the guest in."""


@sql_function("api.request_otp")
async def request_otp(conn: Connection, *, phone: str, user_type: str, code_hash: bytes, address: str) -> bool:
    """Keep the hash of a code for this phone. Returns whether to deliver the code: `address` may ask only so often."""


@sql_function("api.verify_otp")
async def verify_otp(
    conn: Connection,
    *,
    phone: str,
    user_type: str,
    code_hash: bytes,
    refresh_hash: bytes,
    address: str,
    anonymous_customer_id: UUID | None,
    old_code_hashes: list[bytes],
) -> Login:
    """Log in with a code. The guest `anonymous_customer_id` becomes the customer with this phone."""


@sql_function("api.refresh_login")
async def refresh_login(
    conn: Connection,
    *,
    refresh_hash: bytes,
    generation: int,
    successor_hash: bytes,
    user_types: list[UserType],
) -> Refreshed:
    """Exchange a refresh token for its successor; a token that was stolen ends its login."""


@sql_function("api.logout")
async def logout(conn: Connection, *, auth_session_id: UUID) -> None:
    """End a login."""


@sql_function("api.profile")
async def profile(conn: Connection, *, user_type: str, user_id: UUID) -> Profile:
    """Give a user's own profile."""


@sql_function("api.update_profile")
async def update_profile(
    conn: Connection, *, user_type: str, user_id: UUID, display_name: str | None, locale: str | None
) -> Profile:
    """Change a user's own name or language; None leaves it as it is."""


@sql_function("api.delete_customer")
async def delete_customer(conn: Connection, *, customer_id: UUID) -> None:
    """Delete a customer's name, phone, devices and logins."""
