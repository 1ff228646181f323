"""What is published through Valkey, heard."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import valkey.asyncio

from app.mirror.keys import Keys
from tests.support.valkey_client import async_client_of, keys_at
from tests.support.waiting import eventually


class Ear:
    """Hears everything that is broadcast, and what is published to the users whom it listens to."""

    def __init__(self, keys: Keys, connection: valkey.asyncio.Connection) -> None:
        self.keys = keys
        self.frames: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        """By channel."""
        self._shard = "S" if keys.is_sharded else ""
        self._connection = connection
        self._confirmed: set[str] = set()

    async def listen(self, *channels: str) -> None:
        """Hear these channels from now on.."""
        await self._connection.send_command(f"{self._shard}SUBSCRIBE", *channels)

        async def are_confirmed() -> bool:
            return self._confirmed.issuperset(channels)

        await eventually(are_confirmed, f"{', '.join(channels)} are subscribed")

    async def user(self, type_: str, id_: UUID) -> str:
        """The channel of a user, who is heard from now on."""
        channel = self.keys.user_channel(type_, id_)
        await self.listen(channel)
        return channel

    def seqs(self, channel: str) -> list[int]:
        return [frame["seq"] for frame in self.frames[channel]]

    def types(self, channel: str) -> list[str]:
        return [frame["type"] for frame in self.frames[channel]]

    async def hears(self, channel: str, count: int) -> None:
        assert channel in self._confirmed, "it listens there"

        async def heard() -> bool:
            return len(self.frames[channel]) >= count

        await eventually(heard, f"{count} frames on {channel}, there are {len(self.frames[channel])}")

    async def hear(self) -> None:
        """Hear until cancelled."""
        while True:
            said, channel, data = await self._connection.read_response()
            if said.endswith(b"message"):
                self.frames[channel.decode()].append(msgspec.json.decode(data))
            else:
                self._confirmed.add(channel.decode())


@asynccontextmanager
async def hearing(url: str) -> AsyncIterator[Ear]:
    keys = keys_at(url)
    async with async_client_of(url, socket_timeout=None) as client:  # silence is no fault of the server
        connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        await connection.connect()
        ear = Ear(keys, connection)
        task = asyncio.create_task(ear.hear())
        try:
            await ear.listen(keys.availability_channel, keys.config_changed_channel)
            yield ear
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, valkey.exceptions.ConnectionError):
                await task
            await connection.disconnect(nowait=True)
