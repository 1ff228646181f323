"""Logins of people, as a client stores them."""

from typing import Any

import psycopg
import pytest

from app.auth.tokens import Tokens, new_refresh_token
from app.client import Login, LoginUser
from tests.support.market import Person
from tests.support.tokens import TEST_JWT_SECRET


async def client_login(
    conn: psycopg.AsyncConnection[Any], person: Person, *, token_seconds: int = 900, expires_in: int = 900
) -> Login:
    """A new login, whose first access token is good for so long, and said to be good for `expires_in`."""
    refresh_token, refresh_hash = new_refresh_token()
    cursor = await conn.execute("SELECT core.open_login(%s, %s, %s)", [person.type, person.id, refresh_hash])
    [family] = await cursor.fetchone() or []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", token_seconds)
        access_token = Tokens(TEST_JWT_SECRET).issue(person.type, person.id, family)
    return Login(access_token, refresh_token, expires_in, LoginUser(str(person.id), person.type))
