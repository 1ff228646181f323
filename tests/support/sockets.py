"""A real public app on a free port, sockets that open there, and the way events take to them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import uvicorn
import valkey.asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.mirror.keys import Keys
from app.observability.metrics import PUBLIC
from app.runtime.ports import reserve
from app.serving.apps import create_public_app
from app.serving.server import UVICORN
from app.settings import ApiSettings
from app.sql import events
from tests.support.frames import example
from tests.support.market import Person
from tests.support.uvicorn_server import PromptServer
from tests.support.valkey_client import async_client_of, keys_at, publish
from tests.support.waiting import PATIENCE_SECONDS, START_SECONDS, eventually

WAIT_SECONDS = PATIENCE_SECONDS
"""How long a test waits for what must come; a failure takes this long, a success a few milliseconds."""

FAST = "100000 per second"
"""A message rate that nobody reaches."""

Frame = dict[str, Any]


class Socket:
    """A plain WebSocket client that hides nothing of what it gets."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def next(self, within: float = WAIT_SECONDS) -> Frame:
        """The next frame."""
        async with asyncio.timeout(within):
            frame: Frame = json.loads(await self.connection.recv())
            return frame

    async def until(self, type_: str) -> list[Frame]:
        """Every frame up to the first of this type, that one included."""
        frames = [await self.next()]
        while frames[-1]["type"] != type_:
            frames.append(await self.next())
        return frames

    async def send(self, **frame: object) -> None:
        """Say something."""
        await self.connection.send(json.dumps(frame))

    async def closed(self, within: float = WAIT_SECONDS) -> int:
        """The code the server closes with, whatever comes before it."""
        async with asyncio.timeout(within):
            while True:
                try:
                    await self.connection.recv()
                except ConnectionClosed as end:
                    return end.rcvd.code if end.rcvd else 1006

    async def message(self) -> Frame:
        """The next message, whatever comes before it."""
        return (await self.until("message"))[-1]

    async def say(self, session_id: UUID, body: str, client_message_id: str | None = None) -> str:
        """Send a message; its id."""
        id_ = client_message_id or str(uuid4())
        await self.send(type="message", session_id=str(session_id), client_message_id=id_, body=body)
        return id_

    async def is_quiet(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False


@dataclass
class Api:
    """A public app that is being served in this loop."""

    settings: ApiSettings
    server: PromptServer
    serving: asyncio.Task[None]
    port: int

    @contextlib.asynccontextmanager
    async def socket(self, token: str | None, **options: Any) -> AsyncIterator[Socket]:
        """A socket, with the token as a subprotocol."""
        subprotocols = [Subprotocol("halobestie.v1")]
        if token is not None:
            subprotocols.append(Subprotocol(f"bearer.{token}"))
        options = {"subprotocols": subprotocols, "compression": None, "proxy": None, "close_timeout": 1, **options}
        async with connect(f"ws://127.0.0.1:{self.port}/ws", **options) as connection:
            yield Socket(connection)

    @contextlib.asynccontextmanager
    async def open(self, user: Person, *, resume: int | None = 0, **options: Any) -> AsyncIterator[Socket]:
        """A socket that is ready and, unless `resume` is None, has resumed after that number.

        Frames before `resumed`, the replayed ones among them, are read and thrown away.
        """
        async with self.socket(user.token(), **options) as device:
            assert (await device.next())["type"] == "ready"
            if resume is not None:
                await device.send(type="resume", after_seq=resume)
                await device.until("resumed")
            yield device

    async def stop(self) -> None:
        """What SIGTERM does."""
        self.server.should_exit = True
        await asyncio.wait_for(self.serving, WAIT_SECONDS)


@contextlib.asynccontextmanager
async def served(settings: ApiSettings, **options: Any) -> AsyncIterator[Api]:
    """Serve the public app on a free port as its process does, with uvicorn's options changed as given."""
    with reserve("127.0.0.1", 0, setting="PORT") as listening:
        config = uvicorn.Config(create_public_app(settings), **{**UVICORN, "timeout_graceful_shutdown": 5, **options})
        server = PromptServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))

        async def started() -> bool:
            assert not serving.done(), "the server started"
            return server.started

        await eventually(started, "the app serves", seconds=START_SECONDS)
        api = Api(settings, server, serving, listening.getsockname()[1])
        yield api
        if not serving.done():
            await api.stop()


@contextlib.asynccontextmanager
async def two_instances(settings: ApiSettings) -> AsyncIterator[tuple[Api, Api]]:
    async with served(settings) as one, served(settings) as other:
        yield one, other


def availability(mitras: int) -> Frame:
    """The frame with which the listener tells how many mitras are available."""
    return example("availability", available=mitras > 0, available_mitras=mitras)


class Outbox:
    """Writes events as the database's functions do, and carries them to Valkey as the listener does."""

    def __init__(self, conn: psycopg.AsyncConnection[Any], publisher: valkey.asyncio.Valkey, keys: Keys) -> None:
        self._conn = conn
        self._publisher = publisher
        self._keys = keys

    async def emit(self, user: Person, type_: str, count: int = 1, /, **payload: object) -> int:
        """Store events of one type, unpublished; the last one's number. What is not given is as in the document."""
        shown = example(type_, **payload)
        for field in ("type", "id", "seq", "ts"):
            del shown[field]
        await self._conn.execute(
            "SELECT core.emit(array_agg(ROW(%s, %s, %s)::core.event)) FROM generate_series(1, %s)",
            [user.recipient, type_, json.dumps(shown), count],
        )
        return (await events.stream_position(self._conn, user_type=user.type, user_id=user.id)).last_seq

    async def publish(self, user: Person, *seqs: int) -> None:
        """Publish stored events, in the order given."""
        for seq in seqs:
            [event] = await events.events_after(
                self._conn, user_type=user.type, user_id=user.id, after_seq=seq - 1, limit=1
            )
            await self.publish_raw(user, bytes(event.frame))

    async def publish_raw(self, user: Person, frame: bytes) -> None:
        """Publish any bytes to a user's channel."""
        await self._say(self._keys.channel_of(user.recipient), frame)

    async def broadcast(self, topic: str, frame: Frame) -> None:
        """Publish to everyone."""
        await self._say(f"{self._keys.prefix}broadcast:{topic}", json.dumps(frame).encode())

    async def tell(self, user: Person, type_: str, **payload: object) -> int:
        """Store and publish one event; its number."""
        seq = await self.emit(user, type_, 1, **payload)
        await self.publish(user, seq)
        return seq

    async def dispatch(self) -> None:
        """Publish everything that was never published, once."""
        async with self._conn.transaction():
            claimed = await events.claim_events(self._conn, limit=1000)
            for event in claimed:
                await self._say(self._keys.channel_of(event.recipient), bytes(event.frame))
            newest = {event.recipient: event.seq for event in claimed}
            await events.confirm_dispatched(self._conn, recipients=list(newest), seqs=list(newest.values()))

    async def _say(self, channel: str, frame: bytes) -> None:
        await publish(self._publisher, self._keys, channel, frame)


@contextlib.asynccontextmanager
async def outbox_at(valkey_url: str, conn: psycopg.AsyncConnection[Any]) -> AsyncIterator[Outbox]:
    """The way through this Valkey."""
    async with async_client_of(valkey_url) as publisher:
        yield Outbox(conn, publisher, keys_at(valkey_url))


async def subscribed() -> bool:
    return PUBLIC.get_sample_value("halobestie_subscription_alive") == 1


async def unsubscribed() -> bool:
    return not await subscribed()


async def value(owner: psycopg.AsyncConnection[Any], sql: LiteralString, *params: object) -> Any:
    """The first column of a statement's first row."""
    cursor = await owner.execute(sql, params)
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def write(owner: psycopg.AsyncConnection[Any], session: UUID, sender: Person, count: int, tag: str) -> None:
    """Messages that nobody is told of: their publishing is lost."""
    await owner.execute(
        "SELECT count(*) FROM generate_series(1, %s) AS n, api.send_message(%s, %s, %s, %s || n, 'line ' || n)",
        [count, session, sender.type, sender.id, tag],
    )


async def committed(owner: psycopg.AsyncConnection[Any], session_id: UUID) -> list[tuple[int, str]]:
    """The number and the body of every message of a session."""
    cursor = await owner.execute(
        "SELECT seq, body FROM core.chat_messages WHERE session_id = %s ORDER BY seq", [session_id]
    )
    return [(seq, body) for seq, body in await cursor.fetchall()]
