"""A real public app on a free port, users whose sockets open there, and the way events take to them."""

import asyncio
import contextlib
import inspect
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest
import uvicorn
import valkey.asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.auth.tokens import Tokens
from app.mirror.server import Server
from app.runtime.ports import reserve
from app.serving.apps import create_public_app
from app.serving.server import UVICORN
from app.settings import ApiSettings, ValkeySettings
from app.sql import events
from tests.support.frames import Witness, example
from tests.support.mirror import Mirror
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import eventually

WAIT_SECONDS = 10.0
"""How long a test waits for what must come; a failure takes this long, a success a few milliseconds."""

Frame = dict[str, Any]


@pytest.fixture(autouse=True)
def witness() -> Iterator[Witness]:
    """Whatever passes a socket in a test is as `/asyncapi.json` says, or the test fails."""
    witness = Witness()
    with witness.watching():
        yield witness
    assert witness.faults == []


@pytest.fixture(autouse=True)
def _mirror_is_kept(request: pytest.FixtureRequest) -> None:
    """Where a test has an event loop: one that has none can't have a keeper either."""
    if inspect.iscoroutinefunction(request.function):
        request.getfixturevalue("kept_mirror")


@pytest.fixture
async def kept_mirror(valkey_url: str) -> AsyncIterator[Mirror]:
    """A listener keeps the mirror, which has no mitras: nobody polls, and events are in the test's hands."""
    settings = ValkeySettings(valkey_url=valkey_url)
    server = await Server.open(settings, name="test-keeper", timeout=5)
    mirror = Mirror(server, settings)
    await mirror.seed()
    keeping = asyncio.create_task(mirror.keep())
    yield mirror
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await server.close()


def availability(mitras: int) -> Frame:
    """The frame with which the listener tells how many mitras are available."""
    return example("availability", available=mitras > 0, available_mitras=mitras)


class Device:
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

    async def say(self, session_id: uuid.UUID, body: str, client_message_id: str | None = None) -> str:
        """Send a message; its id."""
        id_ = client_message_id or str(uuid.uuid4())
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
class User:
    """Someone who may open sockets."""

    type: str
    id: uuid.UUID
    login: uuid.UUID

    @property
    def recipient(self) -> str:
        """The name of the user's stream."""
        return f"{self.type}:{self.id}"

    def token(self, tokens: Tokens) -> str:
        """A fresh access token."""
        return tokens.issue(self.type, self.id, self.login)  # type: ignore[arg-type]


@dataclass
class Api:
    """A public app that is being served in this loop."""

    settings: ApiSettings
    server: uvicorn.Server
    serving: asyncio.Task[None]
    port: int
    tokens: Tokens

    @contextlib.asynccontextmanager
    async def socket(self, token: str | None, **options: Any) -> AsyncIterator[Device]:
        """A socket, with the token as a subprotocol."""
        subprotocols = [Subprotocol("halobestie.v1")]
        if token is not None:
            subprotocols.append(Subprotocol(f"bearer.{token}"))
        options = {"subprotocols": subprotocols, "compression": None, "proxy": None, "close_timeout": 1, **options}
        async with connect(f"ws://127.0.0.1:{self.port}/ws", **options) as connection:
            yield Device(connection)

    @contextlib.asynccontextmanager
    async def open(self, user: User, *, resume: int | None = 0, **options: Any) -> AsyncIterator[Device]:
        """A socket that is ready and, unless `resume` is None, has resumed after that number."""
        async with self.socket(user.token(self.tokens), **options) as device:
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
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))

        async def started() -> bool:
            assert not serving.done(), "the server started"
            return server.started

        await eventually(started, "the app serves")
        api = Api(settings, server, serving, listening.getsockname()[1], Tokens(TEST_JWT_SECRET))
        yield api
        if not serving.done():
            await api.stop()


@pytest.fixture
def api_settings(api_settings: ApiSettings, role_url: Callable[[str], str]) -> ApiSettings:
    """The public app's settings, with no more rights in the database than in a deployment."""
    return api_settings.model_copy(update={"database_url": role_url("halo_app")})


@pytest.fixture
async def api(api_settings: ApiSettings) -> AsyncIterator[Api]:
    """The public app on this test's stores."""
    async with served(api_settings) as api:
        yield api


class Outbox:
    """Writes events as the database's functions do, and carries them to Valkey as the listener does."""

    def __init__(self, conn: psycopg.AsyncConnection[Any], publisher: valkey.asyncio.Valkey) -> None:
        self._conn = conn
        self._publisher = publisher

    async def emit(self, user: User, type_: str, count: int = 1, /, **payload: object) -> int:
        """Store events of one type, unpublished; the last one's number. What is not given is as in the document."""
        shown = example(type_, **payload)
        for field in ("type", "id", "seq", "ts"):
            del shown[field]
        await self._conn.execute(
            "SELECT core.emit(array_agg(ROW(%s, %s, %s)::core.event)) FROM generate_series(1, %s)",
            [user.recipient, type_, json.dumps(shown), count],
        )
        return (await events.stream_position(self._conn, user_type=user.type, user_id=user.id)).last_seq

    async def publish(self, user: User, *seqs: int) -> None:
        """Publish stored events, in the order given."""
        for seq in seqs:
            [event] = await events.events_after(
                self._conn, user_type=user.type, user_id=user.id, after_seq=seq - 1, limit=1
            )
            await self.publish_raw(user, bytes(event.frame))

    async def publish_raw(self, user: User, frame: bytes) -> None:
        """Publish any bytes to a user's channel."""
        await self._publisher.publish(f"user:{user.recipient}", frame)

    async def broadcast(self, topic: str, frame: Frame) -> None:
        """Publish to everyone."""
        await self._publisher.publish(f"broadcast:{topic}", json.dumps(frame))

    async def tell(self, user: User, type_: str, **payload: object) -> int:
        """Store and publish one event; its number."""
        seq = await self.emit(user, type_, 1, **payload)
        await self.publish(user, seq)
        return seq

    async def dispatch(self) -> None:
        """Publish everything that was never published, once."""
        async with self._conn.transaction():
            claimed = await events.claim_events(self._conn, limit=1000)
            for event in claimed:
                await self._publisher.publish(f"user:{event.recipient}", bytes(event.frame))
            newest = {event.recipient: event.seq for event in claimed}
            await events.confirm_dispatched(self._conn, recipients=list(newest), seqs=list(newest.values()))


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection that may do everything."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
async def outbox(owner: psycopg.AsyncConnection[Any], valkey_url: str) -> AsyncIterator[Outbox]:
    """The way of events to sockets, in the test's hands."""
    async with valkey.asyncio.Valkey.from_url(valkey_url) as publisher:
        yield Outbox(owner, publisher)


async def log_in(conn: psycopg.AsyncConnection[Any], type_: str, user_id: uuid.UUID) -> User:
    """A user's new login."""
    login = uuid.uuid4()
    await conn.execute(
        """
        INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at)
        VALUES (%s, %s, %s, %s, now() + interval '1 day')
        """,
        [type_, user_id, login, login.bytes],
    )
    return User(type_, user_id, login)


@pytest.fixture
async def customer(owner: psycopg.AsyncConnection[Any]) -> User:
    """A customer with a login."""
    cursor = await owner.execute("INSERT INTO core.customers DEFAULT VALUES RETURNING id")
    [user_id] = await cursor.fetchone() or []
    return await log_in(owner, "customer", user_id)


@pytest.fixture
async def mitra(owner: psycopg.AsyncConnection[Any]) -> User:
    """A mitra with a login, offline."""
    cursor = await owner.execute("SELECT api.create_mitra('Sari', '+628110000001') ->> 'id'")
    [user_id] = await cursor.fetchone() or []
    return await log_in(owner, "mitra", uuid.UUID(user_id))


async def value(owner: psycopg.AsyncConnection[Any], sql: LiteralString, *params: object) -> Any:
    """The first column of a statement's first row."""
    cursor = await owner.execute(sql, params)
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def offer(owner: psycopg.AsyncConnection[Any], customer: User, mitra: User) -> uuid.UUID:
    """An offer of a paid session of the customer to the mitra, who is online."""
    package = await value(
        owner, "INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('30', 30, 50000) RETURNING id"
    )
    await value(owner, "SELECT api.go_online(%s)", mitra.id)
    request = await value(owner, "SELECT api.create_payment_request(%s, %s, false, NULL, true)", customer.id, package)
    session = (await value(owner, "SELECT api.confirm_payment(%s)", request["id"]))["session_id"]
    made: uuid.UUID = await value(owner, "SELECT offer_id FROM api.blast(%s, %s)", session, [mitra.id])
    return made


async def pair(owner: psycopg.AsyncConnection[Any], customer: User, mitra: User) -> uuid.UUID:
    """A running session of the two."""
    offered = await offer(owner, customer, mitra)
    return uuid.UUID((await value(owner, "SELECT api.accept_offer(%s, %s)", offered, mitra.id))["id"])


@pytest.fixture
async def session(owner: psycopg.AsyncConnection[Any], customer: User, mitra: User) -> uuid.UUID:
    """A running session of the customer and the mitra."""
    return await pair(owner, customer, mitra)


async def committed(owner: psycopg.AsyncConnection[Any], session_id: uuid.UUID) -> list[tuple[int, str]]:
    """The number and the body of every message of a session."""
    cursor = await owner.execute(
        "SELECT seq, body FROM core.chat_messages WHERE session_id = %s ORDER BY seq", [session_id]
    )
    return [(seq, body) for seq, body in await cursor.fetchall()]
