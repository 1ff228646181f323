"""What is published through Valkey, heard."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import valkey.asyncio

from tests.support.waiting import eventually


class Ear:
    """Hears what is published to users, and everything that is broadcast."""

    def __init__(self) -> None:
        self.frames: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def seqs(self, channel: str) -> list[int]:
        return [frame["seq"] for frame in self.frames[channel]]

    def types(self, channel: str) -> list[str]:
        return [frame["type"] for frame in self.frames[channel]]

    async def hears(self, channel: str, count: int) -> None:
        async def heard() -> bool:
            return len(self.frames[channel]) >= count

        await eventually(heard, f"{count} frames on {channel}, there are {len(self.frames[channel])}")


@asynccontextmanager
async def hearing(url: str) -> AsyncIterator[Ear]:
    ear = Ear()
    client = valkey.asyncio.Valkey.from_url(url, socket_timeout=None)  # silence is no fault of the server
    pubsub = client.pubsub()
    await pubsub.psubscribe("user:*", "broadcast:*")

    async def hear() -> None:
        async for message in pubsub.listen():
            if message["type"] == "pmessage":
                ear.frames[message["channel"].decode()].append(msgspec.json.decode(message["data"]))

    task = asyncio.create_task(hear())
    await asyncio.sleep(0)
    try:
        yield ear
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, valkey.exceptions.ConnectionError):
            await task
        with contextlib.suppress(valkey.exceptions.ConnectionError):
            await pubsub.aclose()
        await client.aclose()
