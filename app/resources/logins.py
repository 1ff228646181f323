"""What every way of logging in has in common, in both apps."""

from uuid import UUID

from app.auth.tokens import ACCESS_TTL_SECONDS, UserType, refresh_hash
from app.http.call import Call
from app.http.operation import RateRule
from app.problems import Problem
from app.shapes.accounts import TokenReply, User
from app.sql import accounts
from app.sql.accounts import Login

REFRESH_RATES = (RateRule("refresh_address_rate", "address"),)
GENERATIONS_BROUGHT = 4
"""How many generations a refresh offers at most, each time the generation that the database last called due."""


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
    """Change a refresh token for new tokens, if it belongs to a user of this app.

    The database says which generation of the successor is due: the first, unless an earlier answer was lost.
    """
    await call.services.clock.require()
    signer = call.services.tokens
    generation = 1
    for _ in range(GENERATIONS_BROUGHT):
        login = await call.sql(
            accounts.refresh_login,
            refresh_hash=refresh_hash(refresh_token),
            generation=generation,
            successor_hash=refresh_hash(signer.successor(refresh_token, generation)),
            user_types=list(of),
        )
        if login.refusal is not None:
            raise Problem(login.refusal)
        assert login.generation is not None, "a login that is not refused says which generation is due"
        generation = login.generation
        if login.successor_hash is not None:
            successor = signer.known_successor(refresh_token, generation, login.successor_hash)
            if successor is None:
                raise Problem("SERVICE_UNAVAILABLE", "Another instance answered with a secret that this one has not.")
            return tokens(call, login, successor)
    raise Problem("SERVICE_UNAVAILABLE")


def _identity(login: Login) -> tuple[UserType, UUID, UUID]:
    assert login.user_type is not None, "a login that is not refused names its user"
    assert login.user_id is not None, "a login that is not refused names its user"
    assert login.auth_session_id is not None, "a login that is not refused has a session"
    return login.user_type, login.user_id, login.auth_session_id
