"""The reference clients before servers that leave out, repeat, or never answer: what they do on their own."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from app.client import Client, Frame, Login, LoginUser
from app.settings import ApiSettings
from app.sockets.frames import MessageAck, ServerFrame
from app.sockets.socket import Socket
from app.wire.socket_limits import SUBPROTOCOL
from tests.clients.devices import PYTHON_SECONDS, SECONDS, Living
from tests.clients.logins import client_login
from tests.support.market import Person
from tests.support.sockets import WAIT_SECONDS, committed, served
from tests.support.waiting import eventually


class Careless:
    """A server that leaves frames out and repeats others; asked again, it sends the rest."""

    def __init__(self, session: str) -> None:
        self.resumes: list[tuple[int, dict[str, int]]] = []
        self._session = session

    async def serve(self, connection: ServerConnection) -> None:
        """Answer one client."""

        async def send(*frames: Frame) -> None:
            for frame in frames:
                await connection.send(json.dumps(frame))

        await send({"type": "ready", "seq": 3, "server_time": "2026-11-22T00:00:00Z"})
        async for text in connection:
            frame = json.loads(text)
            if frame["type"] != "resume":
                continue
            self.resumes.append((frame["after_seq"], frame["sessions"]))
            match len(self.resumes):
                case 1:
                    await send(*map(self._event, (1, 1, 3)), self._resumed(1))
                case 2:
                    await send(*map(self._event, (2, 3)), self._resumed(3), *map(self._message, (1, 1, 3)))
                case 3:
                    await send(*map(self._message, (2, 3)), self._resumed(3))
                case _:
                    await send(self._resumed(3))

    def _event(self, seq: int) -> Frame:
        return {"type": "payment_updated", "id": f"event {seq}", "seq": seq, "ts": "2026-11-22T00:00:00Z"}

    def _message(self, seq: int) -> Frame:
        return {"type": "message", "session_id": self._session, "seq": seq, "body": f"message {seq}"}

    def _resumed(self, seq: int) -> Frame:
        return {"type": "resumed", "recovered": True, "seq": seq}


async def test_gaps_are_repaired_and_repeats_dropped_even_where_the_server_makes_them(living: Living) -> None:
    session = str(uuid.uuid4())
    server = Careless(session)
    async with (
        serve(server.serve, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as listening,
        living(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}") as home,
    ):
        phone = await home.open("phone", Login("token", "none", 900, LoginUser("someone", "customer")))

        async def has_all() -> bool:
            return len(phone.frames) >= 6

        await eventually(has_all, "all frames came")
    assert phone.events == [(seq, f"event {seq}") for seq in (1, 2, 3)]
    assert phone.messages == [(seq, f"message {seq}") for seq in (1, 2, 3)]
    assert server.resumes[:3] == [(0, {}), (1, {}), (3, {session: 1})]


class Counting:
    """A server that counts beats, and leaves every `resume` but a connection's first without an answer."""

    def __init__(self) -> None:
        self.beats = 0
        self.waits = asyncio.Event()

    async def serve(self, connection: ServerConnection) -> None:
        """Answer one client."""
        await connection.send('{"type": "ready", "seq": 0, "server_time": "2026-11-22T00:00:00Z"}')
        resumes = 0
        async for text in connection:
            frame = json.loads(text)
            self.beats += frame["type"] == "heartbeat"
            if frame["type"] == "resume":
                resumes += 1
                if resumes > 1:
                    self.waits.set()
                else:
                    await connection.send('{"type": "resumed", "recovered": true, "seq": 0}')

    async def beat(self) -> bool:
        """Whether a client beat."""
        return self.beats > 0


async def test_the_first_beat_does_not_wait_for_its_turn(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECONDS, "heartbeat", 3600.0)
    monkeypatch.setitem(PYTHON_SECONDS, "HEARTBEAT_SECONDS", 3600.0)
    server = Counting()
    login = Login("token", "none", 900, LoginUser("someone", "mitra"))
    async with (
        serve(server.serve, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as listening,
        living(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}") as home,
    ):
        await home.open("as it opens", login, beating=True)
        await eventually(server.beat, "the client has beaten")
        later = await home.open("once it is open", login)
        server.beats = 0
        await later.beat()
        await eventually(server.beat, "the client has beaten")


async def test_a_mitra_that_goes_online_while_it_catches_up_beats_at_once(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SECONDS, "heartbeat", 3600.0)
    monkeypatch.setitem(PYTHON_SECONDS, "HEARTBEAT_SECONDS", 3600.0)
    server = Counting()
    async with (
        serve(server.serve, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as listening,
        living(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}") as home,
    ):
        desk = await home.open("desk", Login("token", "none", 900, LoginUser("someone", "mitra")))
        catching_up = asyncio.ensure_future(desk.catch_up())
        await asyncio.wait_for(server.waits.wait(), WAIT_SECONDS)
        await desk.beat()
        await eventually(server.beat, "the client has beaten")
        await asyncio.gather(*(connection.close() for connection in listening.connections))
        assert await catching_up


@pytest.mark.parametrize("is_greeted", [True, False], ids=["without resumed", "without ready"])
async def test_an_answer_that_never_comes_costs_the_connection_and_not_what_was_missed(
    monkeypatch: pytest.MonkeyPatch, *, is_greeted: bool
) -> None:
    """The first connection lives, and hears everything but the answer."""
    monkeypatch.setattr("app.client.timing.LOOK_SECONDS", 0.3)
    monkeypatch.setattr("app.client.timing.HEARTBEAT_SECONDS", 0.1)
    connections = 0

    async def answer(connection: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        is_first = connections == 1
        if is_greeted or not is_first:
            await connection.send(json.dumps({"type": "ready", "seq": 1, "server_time": "2026-11-22T00:00:00Z"}))
        async for text in connection:
            if json.loads(text)["type"] == "resume" and not is_first:
                await connection.send(json.dumps({"type": "payment_updated", "id": "1", "seq": 1, "ts": "…"}))
                await connection.send(json.dumps({"type": "resumed", "recovered": True, "seq": 1}))
            elif is_first:
                await connection.send(json.dumps({"type": "available", "available": True, "available_mitras": 1}))

    frames: list[Frame] = []
    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as listening:
        address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
            login = Login("token", "none", 900, LoginUser("someone", "mitra"))
            client = Client(http, login, frames.append, after_seq=0)
            client.beating = True  # so that it hears something all the time
            running = asyncio.create_task(client.run())
            await asyncio.wait_for(client.ready.wait(), WAIT_SECONDS)
            running.cancel()
            await asyncio.wait({running})
    assert connections == 2
    assert [frame["seq"] for frame in frames if "id" in frame] == [1]


async def test_a_message_that_the_socket_leaves_without_an_answer_is_asked_of_http(
    living: Living,
    api_settings: ApiSettings,
    owner: psycopg.AsyncConnection[Any],
    customer: Person,
    session: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server commits it, and its acknowledgement is lost."""
    acknowledged = Socket.send

    def without_acknowledgements(socket: Socket, frame: ServerFrame) -> None:
        if not isinstance(frame, MessageAck):
            acknowledged(socket, frame)

    monkeypatch.setattr(Socket, "send", without_acknowledgements)
    async with served(api_settings) as api, living(f"http://127.0.0.1:{api.port}") as home:
        phone = await home.open("phone", await client_login(owner, customer))
        await asyncio.wait_for(phone.say(str(session), "Halo"), WAIT_SECONDS)
        assert await phone.connections() == 1
    assert await committed(owner, session) == [(1, "Halo")]
