"""The reference client keeps its end of the promises."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve

from app.auth.tokens import Tokens
from app.client import Client, Frame, Login, Refused, SignedOut, Unknown
from tests.sockets.reference_client import login_of, running
from tests.support.frames import example
from tests.support.market import Person
from tests.support.sockets import Api, Outbox
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import PATIENCE_SECONDS, eventually

LOGIN = {"access_token": "a", "refresh_token": "r", "expires_in": 900, "user": {"id": "u", "type": "customer"}}


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the app."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        yield http


def until(frames: list[Frame], count: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many frames came."""

    async def came() -> bool:
        return len(frames) >= count

    return came


async def test_nothing_is_lost_or_repeated_when_the_connection_is_cut_again_and_again(
    api: Api, http: httpx.AsyncClient, mitra: Person, outbox: Outbox
) -> None:
    frames: list[Frame] = []
    client = Client(http, login_of(mitra), frames.append, after_seq=0)
    async with running(client):
        for _ in range(3):
            for _ in range(5):
                await outbox.tell(mitra, "status_changed")
            for connection in list(api.server.server_state.connections):
                connection.transport.abort()
            await outbox.emit(mitra, "status_changed", 5)
        await eventually(until(frames, 30), "30 frames came")
    assert [frame["seq"] for frame in frames] == list(range(1, 31))
    assert client.counters.received == 30
    assert client.counters.lost == 0
    assert client.counters.connections >= 2


async def test_it_begins_with_what_comes_next_when_it_has_nothing(
    api: Api, http: httpx.AsyncClient, mitra: Person, outbox: Outbox
) -> None:
    await outbox.emit(mitra, "status_changed", 7)
    frames: list[Frame] = []
    async with running(Client(http, login_of(mitra), frames.append)):
        await outbox.tell(mitra, "status_changed")
        await eventually(until(frames, 1), "a frame came")
    assert [frame["seq"] for frame in frames] == [8]


async def test_it_is_told_and_counts_what_can_not_be_recovered(
    api: Api, http: httpx.AsyncClient, mitra: Person, outbox: Outbox, owner: psycopg.AsyncConnection[Any]
) -> None:
    await outbox.emit(mitra, "status_changed", 5)
    await owner.execute("UPDATE core.event_streams SET floor_seq = 4 WHERE recipient = %s", [mitra.recipient])
    frames: list[Frame] = []
    client = Client(http, login_of(mitra), frames.append, after_seq=2)
    async with running(client):
        assert frames == [{"type": "resumed", "recovered": False, "seq": 5}]
    assert client.counters.lost == 3
    assert client.seq == 5


async def test_a_gap_makes_it_resume_and_repeats_are_dropped() -> None:
    """A server that leaves out an event and repeats another."""

    def event(seq: int) -> str:
        return json.dumps(example("status_changed", seq=seq))

    resumes: list[int] = []

    async def misbehave(connection: ServerConnection) -> None:
        await connection.send(json.dumps(example("ready", seq=3)))
        async for text in connection:
            frame = json.loads(text)
            if frame["type"] != "resume":
                continue
            resumes.append(frame["after_seq"])
            replay = [event(1), event(1), event(3)] if len(resumes) == 1 else [event(2), event(3)]
            for one in replay:
                await connection.send(one)
            answered = 1 if len(resumes) == 1 else 3
            await connection.send(json.dumps({"type": "resumed", "recovered": True, "seq": answered}))

    frames: list[Frame] = []
    async with (
        serve(misbehave, "127.0.0.1", 0, subprotocols=["halobestie.v1"]) as server,  # type: ignore[list-item]
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as http,
    ):
        client = Client(http, msgspec.convert(LOGIN, Login), frames.append, after_seq=0)
        async with running(client):
            await eventually(until(frames, 3), "3 frames came")
    assert [frame["seq"] for frame in frames] == [1, 2, 3]
    assert resumes == [0, 1]
    assert (client.counters.gaps, client.counters.duplicates, client.counters.lost) == (1, 1, 0)


async def test_it_changes_its_tokens_before_they_expire(http: httpx.AsyncClient, outbox: Outbox, api: Api) -> None:
    reply = (await http.post("/api/auth/customer/anonymous")).json()
    frames: list[Frame] = []
    client = Client(http, msgspec.convert(reply | {"expires_in": 30}, Login), frames.append, after_seq=0)
    async with running(client):
        assert client.login.refresh_token != reply["refresh_token"]
        old, new = (Tokens(TEST_JWT_SECRET).read(token) for token in (reply["access_token"], client.login.access_token))
        assert old.sub == new.sub


async def test_a_living_socket_is_prolonged_with_the_new_token(
    http: httpx.AsyncClient, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.client.timing.HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", 5)
    reply = (await http.post("/api/auth/customer/anonymous")).json()
    monkeypatch.undo()
    monkeypatch.setattr("app.client.timing.HEARTBEAT_SECONDS", 0.1)
    client = Client(http, msgspec.convert(reply | {"expires_in": 61}, Login), lambda _: None, after_seq=0)
    expires_at = Tokens(TEST_JWT_SECRET).read(reply["access_token"]).exp

    async def has_outlived_its_first_token() -> bool:
        return time.time() > expires_at + 0.5

    async with running(client):
        await eventually(has_outlived_its_first_token, "its first token has expired")
        assert client.login.access_token != reply["access_token"]
        assert await client.catch_up(5)
    assert client.counters.connections == 1


async def test_a_refused_token_is_changed_and_the_request_repeated(http: httpx.AsyncClient) -> None:
    reply = (await http.post("/api/auth/customer/anonymous")).json()
    client = Client(http, msgspec.convert(reply | {"access_token": "worn.out.token"}, Login), lambda _: None)
    assert (await client.request("GET", "/api/me"))["id"] == reply["user"]["id"]


async def test_it_stops_when_its_login_has_ended(
    api: Api, http: httpx.AsyncClient, customer: Person, outbox: Outbox
) -> None:
    client = Client(http, login_of(customer), lambda _: None, after_seq=0)
    task = asyncio.create_task(client.run())
    await asyncio.wait_for(client.ready.wait(), PATIENCE_SECONDS)
    await outbox.tell(customer, "signed_out", auth_session_ids=[str(customer.login)], reason="logout")
    with pytest.raises(SignedOut):
        await asyncio.wait_for(task, PATIENCE_SECONDS)


async def test_a_login_that_can_not_be_refreshed_has_ended(http: httpx.AsyncClient, customer: Person, api: Api) -> None:
    client = Client(http, login_of(customer, expires_in=0), lambda _: None)
    with pytest.raises(SignedOut):
        await asyncio.wait_for(client.run(), PATIENCE_SECONDS)


async def test_a_mitra_beats_while_it_should(
    api: Api,
    http: httpx.AsyncClient,
    mitra: Person,
    owner: psycopg.AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.client.timing.HEARTBEAT_SECONDS", 0.05)
    await owner.execute("SELECT api.go_online(%s)", [mitra.id])
    client = Client(http, login_of(mitra), lambda _: None)
    client.beating = True

    async def beats() -> bool:
        await owner.execute("UPDATE core.mitra_online_status SET last_heartbeat_at = now() - interval '1 hour'")
        await asyncio.sleep(0.1)
        cursor = await owner.execute("SELECT now() - last_heartbeat_at < '1 minute' FROM core.mitra_online_status")
        return await cursor.fetchone() == (True,)

    async with running(client):
        await eventually(beats, "its mitra has beaten")


async def test_what_got_no_answer_is_asked_again_with_the_same_key() -> None:
    keys: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("Idempotency-Key"))
        match len(keys):
            case 1:
                raise httpx.ReadTimeout("no answer")
            case 2:
                return httpx.Response(503)
            case 3:
                return httpx.Response(409, json={"code": "IDEMPOTENCY_IN_PROGRESS"})
        return httpx.Response(201, json={"id": "p"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://app") as http:
        client = Client(http, msgspec.convert(LOGIN, Login), lambda _: None)
        assert await client.insist("POST", "/api/payment-requests", {"package_id": "x"}) == {"id": "p"}
    assert len(keys) == 4
    assert keys[0] is not None
    assert len(set(keys)) == 1
    assert client.counters.unknown == 2


async def test_a_refusal_is_an_answer_and_silence_is_not() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/refused":
            return httpx.Response(409, json={"code": "NO_MITRA_AVAILABLE", "detail": "Nobody is there."})
        if request.url.path == "/running":
            return httpx.Response(409, json={"code": "IDEMPOTENCY_IN_PROGRESS"})
        return httpx.Response(502)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://app") as http:
        client = Client(http, msgspec.convert(LOGIN, Login), lambda _: None)
        with pytest.raises(Refused) as refusal:
            await client.insist("POST", "/refused")
        assert (refusal.value.status, refusal.value.code) == (409, "NO_MITRA_AVAILABLE")
        for path in ("/silent", "/running"):
            with pytest.raises(Unknown):
                await client.insist("POST", path, seconds=0)
