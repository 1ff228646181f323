"""Messages that a socket missed: whole and in order, or told that they are not, whatever went."""

import asyncio
import contextlib
import os
import signal
import time
import uuid
from typing import Any

import psycopg
import pytest

from app.development.valkey import EmbeddedValkey
from app.mirror.keys import Keys
from app.settings import ApiSettings
from app.sockets.user_stream import UserStream
from tests.support.market import Market, Person
from tests.support.sockets import (
    FAST,
    Api,
    Frame,
    Outbox,
    Socket,
    committed,
    served,
    two_instances,
    unsubscribed,
    write,
)
from tests.support.valkey_client import async_client_of
from tests.support.waiting import PATIENCE_SECONDS, eventually


@pytest.fixture
def api_settings(api_settings: ApiSettings) -> ApiSettings:
    """Everyone may write as fast as they can."""
    return api_settings.model_copy(update={"message_rate": FAST})


def seqs(frames: list[Frame]) -> list[int]:
    return [frame["seq"] for frame in frames if frame["type"] == "message"]


async def subscriptions(server: EmbeddedValkey) -> set[str]:
    """The connections of Valkey's that listen to channels."""
    async with async_client_of(server.url) as client:
        return {one["id"] for one in await client.client_list(_type="pubsub")}


async def heard(server: EmbeddedValkey, settings: ApiSettings, *users: Person, anew: set[str]) -> None:
    """Return once each of the users' channels is listened to, and by none of the old connections `anew`."""
    keys = Keys.of(settings)
    channels = [keys.user_channel(user.type, user.id) for user in users]

    async def are_heard() -> bool:
        count = client.pubsub_shardnumsub if keys.is_sharded else client.pubsub_numsub
        listeners = [number for _, number in await count(*channels)]
        return all(listeners) and anew.isdisjoint(await subscriptions(server))

    async with async_client_of(server.url) as client:
        await eventually(are_heard, "the channels are listened to again")


async def resumed(device: Socket, **sessions: int) -> list[Frame]:
    """Everything up to the answer to a resume."""
    await device.send(type="resume", after_seq=0, sessions=sessions)
    return await device.until("resumed")


async def test_a_resume_replays_the_messages_of_the_named_sessions_exactly(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    await write(owner, session, mitra, 1_200, "a")
    async with api.open(customer) as device:
        frames = await resumed(device, **{str(session): 3})
        assert seqs(frames) == list(range(4, 1_201))
        assert frames[-1]["recovered"]
        assert [frame["type"] for frame in frames].index("message") == len(frames) - 1_198, "after the events"
        assert seqs(await resumed(device, **{str(session): 1_200})) == []
        assert seqs(await resumed(device)) == []


async def test_a_session_that_is_not_the_users_is_refused_and_the_rest_replayed(
    api: Api, market: Market, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    await write(owner, session, mitra, 2, "a")
    async with api.open(market.customer()) as device:
        frames = await resumed(device, **{str(session): 0})
        assert [frame["type"] for frame in frames] == ["error", "resumed"]
        assert (frames[0]["code"], frames[0]["session_id"]) == ("NOT_FOUND", str(session))
        assert frames[1]["recovered"]
    async with api.open(customer) as device:
        assert seqs(await resumed(device, **{str(uuid.uuid4()): 0, str(session): 0})) == [1, 2]


async def test_too_many_messages_or_a_number_ahead_are_not_recovered(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    await write(owner, session, mitra, 4_000, "a")
    async with api.open(customer) as device:
        events = len(await resumed(device)) - 1
        await write(owner, session, mitra, 1_001 - events, "b")
        for after in (0, 5_002, 2**62):
            frames = await resumed(device, **{str(session): after})
            assert [frame["type"] for frame in frames] == ["resumed"]
            assert not frames[0]["recovered"]
        frames = await resumed(device, **{str(session): 1})
        assert frames[-1]["recovered"]
        assert seqs(frames) == list(range(2, 5_002 - events))
        async with api.open(mitra) as other:
            await other.say(session, "next")
            assert (await device.message())["body"] == "next"


async def test_messages_whose_day_is_gone_are_not_recovered(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    await write(owner, session, mitra, 3, "a")
    await owner.execute("TRUNCATE core.chat_messages")
    async with api.open(customer) as device:
        frames = await resumed(device, **{str(session): 0})
        assert seqs(frames) == []
        assert not frames[-1]["recovered"]


async def test_messages_that_come_while_a_resume_is_answered_are_neither_lost_nor_out_of_order(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More of them than a socket would hold, both of a named session and of one that is not named."""
    await write(owner, session, mitra, 600, "a")
    read = UserStream.messages
    replaying, go_on = asyncio.Event(), asyncio.Event()

    async def read_slowly(stream: UserStream, *arguments: Any) -> Any:
        page = await read(stream, *arguments)
        replaying.set()
        await go_on.wait()
        return page

    async with api.open(customer) as named, api.open(customer) as unnamed, api.open(mitra) as other:
        await other.say(session, "first")
        assert [(await device.message())["seq"] for device in (named, unnamed)] == [601, 601]
        monkeypatch.setattr(UserStream, "messages", read_slowly)
        await named.send(type="resume", after_seq=0, sessions={str(session): 0})
        await asyncio.wait_for(replaying.wait(), PATIENCE_SECONDS)
        for number in range(300):
            await other.say(session, f"{number}")
        for _ in range(300):
            await unnamed.message()
        go_on.set()
        frames = await named.until("resumed")
        while (seqs(frames) or [0])[-1] < 901:
            frames.append(await named.message())
        assert seqs(frames) == list(range(1, 902))
        assert await other.say(session, "last")
        assert [(await device.message())["seq"] for device in (named, unnamed)] == [902, 902]


async def test_messages_before_the_resume_wait_for_it_and_without_one_they_flow(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    async with api.open(mitra) as other, api.open(customer, resume=None) as device:
        for number in range(3):
            await other.say(session, f"{number}")
        assert [(await device.message())["seq"] for _ in range(3)] == [1, 2, 3]
        assert time.monotonic() - began >= 1.0
    monkeypatch.setattr("app.sockets.progress.HOLD_SECONDS", 2 * PATIENCE_SECONDS)
    async with api.open(mitra) as other, api.open(customer, resume=None) as device:
        for number in range(3):
            await other.say(session, f"again {number}")
        assert await device.is_quiet(0.3)
        assert seqs(await resumed(device, **{str(session): 1})) == [2, 3, 4, 5, 6]


async def test_a_lost_publish_is_repaired_when_the_next_message_shows_the_gap(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as device, api.open(mitra) as other:
        await other.say(session, "first")
        assert (await device.message())["seq"] == 1
        await write(owner, session, mitra, 700, "lost")
        await other.say(session, "last")
        assert [(await device.message())["seq"] for _ in range(701)] == list(range(2, 703))


async def test_messages_published_out_of_order_come_out_in_order(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any], outbox: Outbox
) -> None:
    await write(owner, session, mitra, 5, "a")
    async with api.open(customer) as device:
        for seq in (1, 3, 2, 5, 4, 4):
            cursor = await owner.execute(
                "SELECT frame::text FROM api.messages_after(%s, 'customer', %s, %s, 1)", [session, customer.id, seq - 1]
            )
            [frame] = await cursor.fetchone() or []
            await outbox.publish_raw(customer, frame.encode())
        assert [(await device.message())["seq"] for _ in range(5)] == [1, 2, 3, 4, 5]
        assert await device.is_quiet(0.2)


async def test_a_forged_message_number_hides_nothing(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, outbox: Outbox
) -> None:
    async with api.open(customer) as device, api.open(mitra) as other:
        await other.say(session, "first")
        assert (await device.message())["seq"] == 1
        forged = f'{{"type": "message", "session_id": "{session}", "seq": 9}}'
        await outbox.publish_raw(customer, forged.encode())
        for number in range(2, 5):
            await other.say(session, f"{number}")
            assert (await device.message())["seq"] == number


async def test_parties_on_two_instances_hear_each_other_and_their_own_other_devices(
    api_settings: ApiSettings,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
) -> None:
    async with (
        two_instances(api_settings) as (one, other),
        one.open(customer) as phone,
        other.open(customer) as tablet,
        other.open(mitra) as desk,
    ):
        for device in (phone, tablet, desk):
            await resumed(device, **{str(session): 0})
        for number in range(30):
            await phone.say(session, f"p{number}")
            await desk.say(session, f"d{number}")
        got = [[await device.message() for _ in range(60)] for device in (phone, tablet, desk)]
        assert (await phone.until("message_delivered"))[-1]["party"] == "mitra"
    expected = await committed(owner, session)
    for frames in got:
        assert [(frame["seq"], frame["body"]) for frame in frames] == expected


@pytest.fixture
async def mortal(api_settings: ApiSettings, own_valkey: EmbeddedValkey) -> ApiSettings:
    """Settings with a Valkey that may go."""
    return api_settings.model_copy(update={"valkey_url": own_valkey.url})


async def test_while_valkey_is_away_messages_are_acknowledged_and_reach_who_is_on_the_same_instance(
    mortal: ApiSettings, own_valkey: EmbeddedValkey, customer: Person, mitra: Person, session: uuid.UUID
) -> None:
    async with served(mortal) as api, api.open(customer) as one, api.open(mitra) as other:
        await one.say(session, "before")
        await one.until("message_ack")
        assert (await other.message())["seq"] == 1
        own_valkey.kill()
        for number in range(2, 8):
            await one.say(session, f"{number}")
            assert (await one.until("message_ack"))[-1]["seq"] == number
            assert (await other.message())["seq"] == number
        own_valkey.start()
        await heard(own_valkey, mortal, customer, mitra, anew=set())
        await one.say(session, "after")
        assert (await other.message())["seq"] == 8


async def test_what_is_written_while_valkey_is_frozen_is_committed_and_resumed_from_the_other_instance(
    mortal: ApiSettings,
    own_valkey: EmbeddedValkey,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sockets.subscription.PROOF_SECONDS", 0.2)
    async with (
        two_instances(mortal) as (here, there),
        here.open(customer) as one,
        there.open(mitra) as other,
    ):
        await one.say(session, "1")
        await one.until("message_ack")
        assert (await other.message())["seq"] == 1
        os.kill(own_valkey.child.pid, signal.SIGSTOP)
        try:
            for number in range(2, 12):
                await one.say(session, f"{number}")
                assert (await one.until("message_ack"))[-1]["seq"] == number
            await eventually(unsubscribed, "the app has noticed that Valkey is silent")
        finally:
            os.kill(own_valkey.child.pid, signal.SIGCONT)
        frames = await resumed(other, **{str(session): 1})
        assert [*dict.fromkeys(seqs(frames))] == list(range(2, 12)), "what thawed may have come before the replay"

        async def talks_again() -> bool:
            await one.say(session, "after")
            with contextlib.suppress(TimeoutError):
                while not [seq for seq in seqs([await other.next(1)]) if seq > 11]:
                    pass
                return True
            return False

        await eventually(talks_again, "the app talks to Valkey again")


async def test_a_subscription_that_is_cut_loses_nothing_that_the_next_message_does_not_bring(
    mortal: ApiSettings, own_valkey: EmbeddedValkey, customer: Person, mitra: Person, session: uuid.UUID
) -> None:
    async with (
        served(mortal) as api,
        api.open(customer) as one,
        api.open(mitra) as other,
        async_client_of(own_valkey.url) as client,
    ):
        for round_ in range(3):
            await one.say(session, f"heard {round_}")
            old = await subscriptions(own_valkey)
            await client.client_kill_filter(_type="pubsub")
            await one.say(session, f"perhaps not {round_}")
            await heard(own_valkey, mortal, customer, mitra, anew=old)
        await one.say(session, "last")
        assert [(await other.message())["seq"] for _ in range(7)] == list(range(1, 8))


async def test_replayed_messages_look_like_live_ones(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID
) -> None:
    async with api.open(customer) as device, api.open(mitra) as other:
        await other.say(session, 'Halo "Kak" \\ \u2028 \U0001f642')
        live = await device.message()
        assert [frame for frame in await resumed(device, **{str(session): 0}) if frame["type"] == "message"] == [live]
