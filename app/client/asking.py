"""What an app asks for through HTTP, by its login."""

import asyncio
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx

from app.client import timing
from app.client.answers import Refused, Unknown
from app.client.counters import Counters
from app.client.login import Login
from app.client.requests import PAGE_ITEMS, LoginRequests
from app.runtime import backoff


class Asking(ABC):
    """One user's requests, with the tokens of one login."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        login: Login,
        on_login: Callable[[Login], Awaitable[None]] | None,
        counters: Counters,
    ) -> None:
        self.counters = counters
        self._requests = LoginRequests(http, login, on_login, self._prolong)

    @property
    def login(self) -> Login:
        """The tokens that are in use."""
        return self._requests.login

    async def request(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Any:
        """One HTTP request with the login's token; the reply's JSON, None when it has none.

        `key` is sent as Idempotency-Key. Raises Refused; Unknown when no answer came or the server could not give one;
        SignedOut when the login has ended.
        """
        return await self._requests.request(method, path, body, key=key)

    async def insist(self, method: str, path: str, body: object = None, *, seconds: float = 30.0) -> Any:
        """The same, asked again with one idempotency key until an answer comes; Unknown after so many seconds."""
        key = uuid.uuid4().hex
        give_up_at = time.monotonic() + seconds
        for pause in pauses():
            try:
                return await self.request(method, path, body, key=key)
            except Unknown:
                self.counters.unknown += 1
                if time.monotonic() + pause > give_up_at:
                    raise
            except Refused as refusal:
                if refusal.code != "IDEMPOTENCY_IN_PROGRESS":
                    raise
                if time.monotonic() + pause > give_up_at:
                    raise Unknown(str(refusal)) from refusal
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    def messages(self, session_id: str, after_seq: int = 0) -> AsyncIterator[dict[str, Any]]:
        """A session's messages after a number, page by page through HTTP. Raises as `request` does."""
        return self._requests.items(f"/api/chat/{session_id}/messages", f"&after_seq={after_seq}")

    def own_sessions(self) -> AsyncIterator[dict[str, Any]]:
        """The user's sessions, newest first, page by page through HTTP. Raises as `request` does."""
        return self._requests.items("/api/chat/sessions", "")

    async def earnings(
        self, *, from_: str | None = None, to: str | None = None, cursor: str | None = None
    ) -> dict[str, Any]:
        """What this mitra earned from one time until before another, newest first: a page.

        With it comes what is owed and what was paid out in all. `cursor` is the `next_cursor` of the page before.
        Raises as `request` does.
        """
        asked = {"limit": PAGE_ITEMS, "from": from_, "to": to, "cursor": cursor}
        query = httpx.QueryParams({name: value for name, value in asked.items() if value is not None})
        page: dict[str, Any] = await self.request("GET", f"/api/mitra/earnings?{query}")
        return page

    async def own_data(self, *, seconds: float = 120.0) -> dict[str, Any]:
        """Everything that is stored about the user, gathered once a day: ask for it, and wait until it is ready.

        Raises Unknown when it is not after so many seconds (asking later goes on with the same), and otherwise as
        `request` does.
        """
        give_up_at = time.monotonic() + seconds
        await self.insist("POST", "/api/me/export", seconds=seconds)
        for pause in pauses():
            found: dict[str, Any] = await self.insist("GET", "/api/me/export")
            if found["state"] == "ready":
                return found
            if time.monotonic() + pause > give_up_at:
                raise Unknown("What is stored is still being gathered.")
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    @abstractmethod
    async def _prolong(self) -> None:
        """Take that there are new tokens."""


def pauses() -> Iterator[float]:
    """Seconds to wait before each further attempt, without end."""
    return backoff.pauses(timing.FIRST_PAUSE_SECONDS, timing.LONGEST_PAUSE_SECONDS)
