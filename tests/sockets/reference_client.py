"""The reference client, logged in and running."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

from app.client import Client, Login
from tests.support.market import Person
from tests.support.waiting import PATIENCE_SECONDS


def login_of(user: Person, *, refresh_token: str = "none", expires_in: int = 900) -> Login:
    """A login without a refresh token, unless one is given."""
    return msgspec.convert(
        {
            "access_token": user.token(),
            "refresh_token": refresh_token,
            "expires_in": expires_in,
            "user": {"id": str(user.id), "type": user.type},
        },
        Login,
    )


@contextlib.asynccontextmanager
async def running(client: Client) -> AsyncIterator[None]:
    """The client with its socket up."""
    task = asyncio.create_task(client.run())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await client.ready.wait()
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
