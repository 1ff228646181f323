"""Webhooks on their way: sent until they are taken, more than once, in any order, late."""

import asyncio
import random
from collections.abc import Iterable, Sequence

import httpx

from tests.support.xendit.account import Notice

# What Xendit waits before each further attempt.
RETRY_SECONDS = (900, 2_700, 7_200, 10_800, 21_600, 43_200)
PATIENCE_SECONDS = 30.0


class Sender:
    """Posts webhooks to one address, as Xendit does."""

    def __init__(self, url: str, token: str, *, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self._url = url
        self._token = token
        self._retry_seconds = retry_seconds
        self._http = httpx.AsyncClient(verify=False, timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=50))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, notice: Notice, *, names_itself: bool = True) -> httpx.Response:
        """One attempt. Raises httpx.TransportError. Without its id, a webhook is known by its content alone."""
        headers = {"x-callback-token": self._token, "content-type": "application/json"}
        if names_itself:
            headers["webhook-id"] = notice.id
        return await self._http.post(self._url, content=notice.body, headers=headers)

    async def deliver(self, notice: Notice, *, names_itself: bool = True) -> bool:
        """Send until it is taken; whether it was, before Xendit gave up."""
        for pause in (*self._retry_seconds, None):
            try:
                if (await self.send(notice, names_itself=names_itself)).is_success:
                    return True
            except httpx.TransportError:
                pass  # nobody is there, or nobody answers: the next attempt
            if pause is not None:
                await asyncio.sleep(pause)
        return False


def shuffled(notices: Iterable[Notice], *, copies: int, rng: random.Random) -> list[Notice]:
    """Each of them one to `copies` times, in any order."""
    deliveries = [notice for notice in notices for _ in range(rng.randint(1, copies))]
    rng.shuffle(deliveries)
    return deliveries
