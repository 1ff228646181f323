"""The reference clients, each under the same troubles: what is committed is handed on, once and in order."""

import asyncio
import itertools
import random
import time
import uuid
from collections import Counter
from typing import Any, LiteralString

import psycopg
import pytest

from app.auth.tokens import Tokens
from app.wire.socket_limits import REPLAY_EVENTS
from tests.clients.devices import Device, Home
from tests.clients.logins import client_login
from tests.support.api_process import ApiProcess
from tests.support.market import Person
from tests.support.proxy import Proxy
from tests.support.sockets import WAIT_SECONDS, Outbox, committed, write
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import eventually

PHONE_TOKEN_SECONDS = 8


async def events_of(owner: psycopg.AsyncConnection[Any], user: Person) -> list[tuple[int, str]]:
    """Number and id of every stored event of a user."""
    cursor = await owner.execute(
        "SELECT seq, id::text FROM core.events WHERE recipient = %s ORDER BY seq", [user.recipient]
    )
    return [(seq, id_) for seq, id_ in await cursor.fetchall()]


class Life:
    """What happens meanwhile: the devices talk, events are stored, and messages are written of which nobody hears."""

    def __init__(
        self, owner: psycopg.AsyncConnection[Any], outbox: Outbox, session: uuid.UUID, dice: random.Random
    ) -> None:
        self.said: Counter[str] = Counter()
        """Every message that was acknowledged."""
        self._owner = owner
        self._outbox = outbox
        self._session = session
        self._dice = dice
        self._over = asyncio.Event()

    def end(self) -> None:
        """Everyone finishes what is begun."""
        self._over.set()

    async def talk(self, device: Device) -> None:
        """Have a device write, one message after the other."""
        for number in itertools.count():
            if self._over.is_set():
                return
            body = f"{device.name} {number}"
            await device.say(str(self._session), body)
            self.said[body] += 1
            await self._pause()

    async def happen(self, *users: Person) -> None:
        """Store events; only some are published."""
        while not self._over.is_set():
            user = self._dice.choice(users)
            type_ = "status_changed" if user.type == "mitra" else "payment_updated"
            if self._dice.random() < 0.5:
                await self._outbox.tell(user, type_)
            else:
                await self._outbox.emit(user, type_, self._dice.randint(1, 5))
            await self._pause()

    async def whisper(self, sender: Person) -> None:
        """Write messages whose publishing is lost."""
        for number in itertools.count():
            if self._over.is_set():
                return
            body = f"whisper {number}"
            await self._owner.execute(
                "SELECT FROM api.send_message(%s, %s, %s, %s, %s)", [self._session, sender.type, sender.id, body, body]
            )
            self.said[body] += 1
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.01, 0.1))


async def cut_again_and_again(network: Proxy, dice: random.Random, times: int) -> None:
    """Cut some connections at random moments; now and then refuse new ones for a while."""
    for _ in range(times):
        await asyncio.sleep(dice.uniform(0.05, 0.4))
        network.cut(0.5)
        if dice.random() < 0.2:
            network.refusing = True
            await asyncio.sleep(dice.uniform(0.1, 0.5))
            network.refusing = False


async def beats(owner: psycopg.AsyncConnection[Any], mitra: Person) -> None:
    """Wait until the mitra's next beat."""
    query: LiteralString = "SELECT last_heartbeat_at FROM core.mitra_online_status WHERE mitra_id = %s"
    before = await (await owner.execute(query, [mitra.id])).fetchone()

    async def is_later() -> bool:
        return await (await owner.execute(query, [mitra.id])).fetchone() != before

    await eventually(is_later, "a later heartbeat came")


async def is_renewed_in_place(phone: Device, first_token: str) -> None:
    """Let the first token expire, and see that the socket it was opened with is still there."""
    await asyncio.sleep(PHONE_TOKEN_SECONDS + 0.5)
    assert await phone.token() != first_token
    assert await phone.connections() == 1


async def test_what_is_committed_is_handed_on_once_and_in_order_whatever_breaks(
    home: Home,
    api: ApiProcess,
    network: Proxy,
    dice: random.Random,
    owner: psycopg.AsyncConnection[Any],
    outbox: Outbox,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
) -> None:
    """A token expires, connections are cut, the server is restarted and killed, while everybody talks."""
    phone_login = await client_login(owner, customer, token_seconds=PHONE_TOKEN_SECONDS, expires_in=61)
    phone = await home.open("phone", phone_login)
    tablet = await home.open("tablet", await client_login(owner, customer))
    desk = await home.open("desk", await client_login(owner, mitra), beating=True)
    devices = (phone, tablet, desk)
    life = Life(owner, outbox, session, dice)
    async with asyncio.TaskGroup() as tasks:
        for device in devices:
            tasks.create_task(life.talk(device))
        tasks.create_task(life.happen(customer, mitra))
        tasks.create_task(life.whisper(mitra))

        await is_renewed_in_place(phone, phone_login.access_token)
        await cut_again_and_again(network, dice, 12)
        await api.stop()
        await api.start()
        await cut_again_and_again(network, dice, 4)
        api.kill()
        await api.start()
        await cut_again_and_again(network, dice, 4)
        life.end()
    for device in devices:
        assert await device.catch_up()
    await beats(owner, mitra)

    messages = await committed(owner, session)
    assert [seq for seq, _ in messages] == list(range(1, len(messages) + 1))
    assert Counter(body for _, body in messages) == life.said
    for device, user in ((phone, customer), (tablet, customer), (desk, mitra)):
        assert device.messages == messages, device.name
        events = await events_of(owner, user)
        assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
        assert device.events == events, device.name
        assert await device.connections() >= 5, device.name
        assert not device.end.done(), device.name


async def test_what_is_past_retention_is_reloaded_and_the_app_is_told(
    home: Home,
    network: Proxy,
    owner: psycopg.AsyncConnection[Any],
    outbox: Outbox,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
) -> None:
    phone = await home.open("phone", await client_login(owner, customer))
    desk = await home.open("desk", await client_login(owner, mitra))
    await desk.say(str(session), "before")
    assert await phone.catch_up()
    before = await events_of(owner, customer)
    network.refusing = True
    network.end()
    last_seq = await outbox.emit(customer, "payment_updated", 5)
    await owner.execute(
        "UPDATE core.event_streams SET floor_seq = %s WHERE recipient = %s", [last_seq, customer.recipient]
    )
    await write(owner, session, mitra, REPLAY_EVENTS + 1, "meanwhile")
    network.refusing = False
    assert await phone.catch_up()
    await desk.say(str(session), "after")
    await outbox.tell(customer, "payment_updated")
    assert await phone.catch_up()
    assert await desk.catch_up()

    assert [frame for frame in phone.frames if frame["type"] == "resumed"] == [
        {"type": "resumed", "recovered": False, "seq": last_seq}
    ]
    assert phone.events == before + [event for event in await events_of(owner, customer) if event[0] > last_seq]
    assert phone.messages == desk.messages == await committed(owner, session)


async def test_a_token_that_expired_unexpectedly_is_changed(
    home: Home, owner: psycopg.AsyncConnection[Any], customer: Person, session: uuid.UUID
) -> None:
    """The server closes the socket; its answer tells the client that the token is no good any more."""
    login = await client_login(owner, customer, token_seconds=1)
    phone = await home.open("phone", login)

    async def has_another() -> bool:
        return await phone.token() != login.access_token

    await eventually(has_another, "the client has another token")
    assert await phone.catch_up()


async def test_new_tokens_are_stored_before_they_are_used_and_a_lost_answer_signs_nobody_out(
    home: Home, network: Proxy, owner: psycopg.AsyncConnection[Any], customer: Person, session: uuid.UUID
) -> None:
    """Two answers are lost on the way, and two can't be stored; every time the old token is tried again."""
    network.lose_answers(b"/api/auth/refresh", times=2)
    login = await client_login(owner, customer, expires_in=30)
    phone = await home.open("phone", login, forgets=2)
    assert network.lost_answers == 2
    (stored,) = phone.stored
    assert stored == await phone.token() != login.access_token
    assert await phone.catch_up()
    family = Tokens(TEST_JWT_SECRET).read(stored).sid
    cursor = await owner.execute(
        "SELECT count(*) FROM core.auth_sessions WHERE family = %s AND revoked_at IS NULL", [family]
    )
    assert await cursor.fetchone() == (1,)


async def test_a_token_that_a_request_changed_is_used_on_the_socket_too(
    home: Home, owner: psycopg.AsyncConnection[Any], customer: Person, session: uuid.UUID
) -> None:
    """The socket outlives the token that it was opened with."""
    login = await client_login(owner, customer, token_seconds=6)
    phone = await home.open("phone", login)
    expires_at = Tokens(TEST_JWT_SECRET).read(login.access_token).exp
    await phone.ask_with_a_bad_token()

    async def is_over() -> bool:
        return time.time() > expires_at + 0.5

    await eventually(is_over, "the first token has expired")
    assert await phone.catch_up()
    assert await phone.connections() == 1


async def test_a_login_that_has_ended_is_told_and_not_tried_again(
    home: Home, owner: psycopg.AsyncConnection[Any], outbox: Outbox, customer: Person, session: uuid.UUID
) -> None:
    login = await client_login(owner, customer)
    phone = await home.open("phone", login)
    family = Tokens(TEST_JWT_SECRET).read(login.access_token).sid
    await outbox.tell(customer, "signed_out", auth_session_ids=[str(family)], reason="logout")
    assert await asyncio.wait_for(phone.end, WAIT_SECONDS) == "SignedOut"


@pytest.mark.grows
@pytest.mark.parametrize("living", ["node", "browser"], indirect=True)
async def test_a_connection_that_fell_silent_is_given_up_although_a_page_can_not_ping(
    home: Home,
    network: Proxy,
    owner: psycopg.AsyncConnection[Any],
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
) -> None:
    phone = await home.open("phone", await client_login(owner, customer))
    network.deafen()
    await owner.execute("SELECT FROM api.send_message(%s, 'mitra', %s, 'a', 'Halo')", [session, mitra.id])
    await phone.say(str(session), "Halo Kak")
    assert await phone.catch_up()
    assert phone.messages == await committed(owner, session)
    assert await phone.connections() > 1
