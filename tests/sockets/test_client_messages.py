"""The reference client loses no message, hands none on twice, and sends each exactly once."""

import asyncio
import contextlib
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest

from app.client import Client, Frame, Login, Refused
from app.settings import ApiSettings
from tests.sockets.reference_client import login_of, running
from tests.support.market import Person
from tests.support.sockets import FAST, WAIT_SECONDS, Api, committed, two_instances, write
from tests.support.waiting import eventually

SEED = 20261201
CUTS, MESSAGES, CONNECTIONS = 24, 100, 12
"""There are more of each before it is over."""


@pytest.fixture
def api_settings(api_settings: ApiSettings) -> ApiSettings:
    """Everyone may write as fast as they can."""
    return api_settings.model_copy(update={"message_rate": FAST})


class Handset:
    """A client and what it was handed."""

    def __init__(self, http: httpx.AsyncClient, login: Login) -> None:
        self.heard: list[tuple[int, str]] = []
        self.client = Client(http, login, self._hear, after_seq=0)

    def _hear(self, frame: Frame) -> None:
        if frame["type"] == "message":
            self.heard.append((frame["seq"], frame["body"]))

    async def has(self, expected: list[tuple[int, str]]) -> None:
        """Wait until it was handed so many, and hold them against what was expected."""

        async def came() -> bool:
            return len(self.heard) >= len(expected)

        await eventually(came, "it was handed all messages")
        assert self.heard == expected


@contextlib.asynccontextmanager
async def device(api: Api, user: Person) -> AsyncIterator[Handset]:
    """A device whose socket is up; the session's start, which is stored, tells it what to follow."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        device = Handset(http, login_of(user))
        async with running(device.client):
            yield device


async def test_what_is_said_is_acknowledged_and_heard_by_every_device(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with device(api, customer) as phone, device(api, customer) as tablet, device(api, mitra) as desk:
        for number in range(5):
            sent = await phone.client.say(str(session), f"p{number}")
            assert sent.seq == 2 * number + 1
            await desk.client.say(str(session), f"d{number}")
        for one in (phone, tablet, desk):
            await one.has(await committed(owner, session))
            assert one.client.counters.connections == 1


async def test_a_refused_message_is_raised(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with device(api, customer) as phone:
        await owner.execute("SELECT api.end_session(%s, 'mitra', %s)", [session, mitra.id])
        with pytest.raises(Refused) as through_the_socket:
            await phone.client.say(str(session), "Halo")
        phone.client.ready.clear()
        with pytest.raises(Refused) as through_http:
            await phone.client.say(str(session), "Halo")
    for refusal in (through_the_socket.value, through_http.value):
        assert (refusal.status, refusal.code) == (409, "SESSION_NOT_ACTIVE")


async def test_a_message_whose_acknowledgement_is_lost_is_sent_again_and_there_once(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No acknowledgement comes through the socket; HTTP, asked next, says that the message is there."""
    monkeypatch.setattr("app.client.timing.ACK_SECONDS", 0.3)
    monkeypatch.setattr(Client, "_acknowledge", lambda *_: None)
    async with device(api, customer) as phone:
        sent = await phone.client.say(str(session), "Halo")
        assert sent.seq == 1
        await phone.has([(1, "Halo")])
        assert phone.client.counters.unknown == 1
        assert phone.client.counters.connections == 1
    assert await committed(owner, session) == [(1, "Halo")]


async def test_a_session_that_begins_with_a_gap_is_repaired_from_its_first_message(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with device(api, customer) as phone, device(api, mitra) as desk:
        await write(owner, session, mitra, 3, "lost")
        await desk.client.say(str(session), "heard")
        await phone.has(await committed(owner, session))
        assert phone.client.counters.gaps == 1


async def test_the_last_message_is_found_though_no_gap_shows_it(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.client.timing.HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("app.client.timing.LOOK_SECONDS", 0.3)
    async with device(api, customer) as phone:
        await write(owner, session, mitra, 2, "lost")
        await phone.has(await committed(owner, session))


async def test_the_last_words_of_a_session_are_asked_for_when_it_ends_and_never_again(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
    outbox: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resumes: list[Frame] = []
    send = Client.send

    async def listen(client: Client, frame: Frame) -> None:
        if frame["type"] == "resume":
            resumes.append(frame)
        await send(client, frame)

    monkeypatch.setattr(Client, "send", listen)
    async with device(api, customer) as phone:
        await write(owner, session, mitra, 2, "lost")
        await owner.execute("SELECT api.end_session(%s, 'mitra', %s)", [session, mitra.id])
        await outbox.dispatch()
        await phone.has(await committed(owner, session))
        assert await phone.client.catch_up(WAIT_SECONDS)
        assert [resume["sessions"] for resume in resumes[-2:]] == [{str(session): 0}, {}]


async def test_more_than_a_socket_replays_is_fetched_through_http(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    await write(owner, session, mitra, 5_100, "a")
    async with device(api, customer) as phone:
        phone.client.follow(str(session))
        assert await phone.client.catch_up(WAIT_SECONDS)
        assert phone.heard == await committed(owner, session)
        sent = await phone.client.say(str(session), "Halo")
        assert sent.seq == 5_101
        await phone.has(await committed(owner, session))


async def test_a_session_that_is_somebody_elses_is_followed_no_more(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with device(api, customer) as phone:
        phone.client.follow(str(uuid.uuid4()))
        assert await phone.client.catch_up(WAIT_SECONDS)
        assert list(phone.client.sessions) == [str(session)]


async def test_sockets_cut_at_random_moments_while_both_write_lose_and_repeat_nothing(
    api_settings: ApiSettings, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    """Two instances, two devices a party; what is acknowledged is there once, and everyone has all of it."""
    dice = random.Random(SEED)
    said: Counter[str] = Counter()
    cuts = 0
    over = asyncio.Event()

    async def talk(one: Handset, name: str) -> None:
        number = 0
        while not over.is_set():
            number += 1
            await one.client.say(str(session), f"{name} {number}")
            said[f"{name} {number}"] += 1
            await asyncio.sleep(dice.uniform(0, 0.02))

    async def cut(*apis: Api) -> None:
        nonlocal cuts
        while not over.is_set():
            await asyncio.sleep(dice.uniform(0.05, 0.3))
            connections = list(dice.choice(apis).server.server_state.connections)
            for connection in dice.sample(connections, k=dice.randint(0, len(connections))):
                connection.transport.abort()
                cuts += 1

    async with two_instances(api_settings) as (here, there), contextlib.AsyncExitStack() as stack:
        devices = [
            await stack.enter_async_context(device(api, user))
            for api, user in ((here, customer), (there, customer), (here, mitra), (there, mitra))
        ]

        async def are_many() -> bool:
            connections = sum(one.client.counters.connections for one in devices)
            return cuts > CUTS and said.total() > MESSAGES and connections > CONNECTIONS

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(cut(here, there))
            for number, one in enumerate(devices):
                tasks.create_task(talk(one, f"device {number}"))
            await eventually(are_many, "there were many cuts between many messages")
            over.set()
        for one in devices:
            await asyncio.wait_for(one.client.ready.wait(), WAIT_SECONDS)
            assert await one.client.catch_up(WAIT_SECONDS)
    expected = await committed(owner, session)
    assert [seq for seq, _ in expected] == list(range(1, len(expected) + 1))
    assert Counter(body for _, body in expected) == said
    for one in devices:
        assert one.heard == expected
