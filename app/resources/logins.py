"""What every way of logging in has in common, in both apps."""

from uuid import UUID

from app.database import Connection
from app.http.call import Call
from app.http.twins import Twin
from app.problems import Problem
from app.shapes import TokenReply, User
from app.sql import accounts
from app.sql.accounts import Login
from app.tokens import ACCESS_TTL_SECONDS, UserType, new_refresh_token, refresh_hash


def tokens(call: Call, login: Login, refresh_token: str) -> TokenReply:
    """Answer a login with its tokens, or with the refusal that the database wrote down."""
    if login.refusal is not None:
        raise Problem(login.refusal)
    user_type, user_id, session_id = _identity(login)
    return TokenReply(
        access_token=call.services.tokens.issue(user_type, user_id, session_id),
        refresh_token=refresh_token,
        expires_in=ACCESS_TTL_SECONDS,
        user=User(id=user_id, type=user_type, display_name=login.display_name),
    )


async def refresh(call: Call, refresh_token: str, *, of: tuple[UserType, ...]) -> TokenReply:
    """Change a refresh token for new tokens, if it belongs to a user of this app."""
    old_hash = refresh_hash(refresh_token)
    new_token, new_hash = new_refresh_token()
    async with call.services.refreshing.among(old_hash) as twin:
        login = await call.sql(_refresh_login, old_hash=old_hash, new_hash=new_hash, twin=twin, of=of)
    return tokens(call, login, new_token)


async def _refresh_login(
    conn: Connection, *, old_hash: bytes, new_hash: bytes, twin: Twin, of: tuple[UserType, ...]
) -> Login:
    async with conn.transaction():
        login = await accounts.refresh_login(
            conn, refresh_hash=old_hash, new_refresh_hash=new_hash, waited=twin.waited()
        )
        if login.refusal is None and login.user_type not in of:
            raise Problem("UNAUTHENTICATED")  # rolled back: the token stays good where it belongs
        return login


def _identity(login: Login) -> tuple[UserType, UUID, UUID]:
    assert login.user_type is not None, "a login that is not refused names its user"
    assert login.user_id is not None, "a login that is not refused names its user"
    assert login.auth_session_id is not None, "a login that is not refused has a session"
    return login.user_type, login.user_id, login.auth_session_id
