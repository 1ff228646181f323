"""Messages through sockets: committed, acknowledged, and told to every device of both parties, once and in order."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from app.postgres.database import Database
from app.settings import ApiSettings
from app.sql import messages
from tests.support.market import Person
from tests.support.sockets import Api, Frame, Socket, committed, served, value
from tests.support.waiting import eventually

pytestmark = pytest.mark.everywhere

CONNECTIONS = 10
"""Of one instance, for everything but messages."""


def message(session: uuid.UUID, seq: int, sender: Person, client_message_id: str, body: str) -> Frame:
    return {
        "type": "message",
        "session_id": str(session),
        "seq": seq,
        "sender_type": sender.type,
        "sender_id": str(sender.id),
        "client_message_id": client_message_id,
        "body": body,
    }


async def heard(device: Socket) -> Frame:
    """The next message without its time."""
    frame = await device.message()
    assert frame.pop("created_at")
    return frame


async def acknowledged(device: Socket) -> Frame:
    return (await device.until("message_ack"))[-1]


async def refused(device: Socket) -> Frame:
    """The next error without the sentence for people."""
    frame = (await device.until("error"))[-1]
    assert frame.pop("detail")
    return frame


async def test_a_message_is_acknowledged_and_reaches_every_device_of_both(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as phone, api.open(customer) as tablet, api.open(mitra) as other:
        id_ = await phone.say(session, "Halo, Kak")
        expected = message(session, 1, customer, id_, "Halo, Kak")
        for device in (tablet, other):
            assert await heard(device) == expected
        both = sorted([await phone.next(), await phone.next()], key=lambda frame: frame["type"])
        assert [frame["type"] for frame in both] == ["message", "message_ack"]
        ack = both[1]
        assert ack.pop("created_at")
        assert ack == {"type": "message_ack", "session_id": str(session), "client_message_id": id_, "seq": 1}
    assert await committed(owner, session) == [(1, "Halo, Kak")]


@pytest.mark.usefixtures("long_locks")
async def test_a_message_waits_for_no_resume(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    """Nor for anything else that every connection of the instance may be busy with."""
    async with contextlib.AsyncExitStack() as stack:
        phone = await stack.enter_async_context(api.open(customer))
        others = [await stack.enter_async_context(api.open(customer)) for _ in range(CONNECTIONS + 1)]
        async with owner.transaction():
            await owner.execute("LOCK TABLE core.event_streams")
            for other in others:
                await other.send(type="resume", after_seq=0)
            await eventually(lambda: waiting(owner), "the resumes wait")
            await phone.say(session, "Halo")
            await phone.until("message_ack")
            assert await waiting(owner)
        for other in others:
            await other.until("resumed")


async def waiting(owner: psycopg.AsyncConnection[Any]) -> bool:
    """Whether every other connection of the instance waits for the table."""
    sql = "SELECT count(*) FROM pg_locks WHERE relation = 'core.event_streams'::regclass AND NOT granted"
    return bool(await value(owner, sql) == CONNECTIONS)


async def test_what_both_write_at_once_arrives_in_one_order_everywhere(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        for number in range(25):
            await one.say(session, f"c{number}")
            await other.say(session, f"m{number}")
        got = [[await device.message() for _ in range(50)] for device in (one, other)]
    expected = await committed(owner, session)
    for frames in got:
        assert [(frame["seq"], frame["body"]) for frame in frames] == expected
    assert [seq for seq, _ in expected] == list(range(1, 51))
    for letter in "cm":
        assert [body for _, body in expected if body[0] == letter] == [f"{letter}{number}" for number in range(25)]


async def test_a_message_sent_again_is_the_same_message_and_told_again_to_nobody_who_has_it(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        id_ = await one.say(session, "Halo")
        first = await acknowledged(one)
        await one.say(session, "Halo", id_)
        assert await acknowledged(one) == first
        await one.say(session, "lagi")
        assert [(await other.message())["body"] for _ in range(2)] == ["Halo", "lagi"]
    assert await committed(owner, session) == [(1, "Halo"), (2, "lagi")]


async def test_twins_sent_over_two_sockets_at_once_are_one_message(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as phone, api.open(customer) as tablet:
        for number in range(10):
            await asyncio.gather(*(device.say(session, "Halo", f"{number}") for device in (phone, tablet)))
            acks = await asyncio.gather(acknowledged(phone), acknowledged(tablet))
            assert acks[0] == acks[1]
            assert acks[0]["seq"] == number + 1
    assert len(await committed(owner, session)) == 10


async def test_the_same_id_for_another_body_is_refused(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as device:
        id_ = await device.say(session, "Halo")
        await acknowledged(device)
        await device.say(session, "Halo?", id_)
        assert await refused(device) == {
            "type": "error",
            "code": "MESSAGE_ID_REUSED",
            "field": "client_message_id",
            "session_id": str(session),
            "client_message_id": id_,
        }
    assert await committed(owner, session) == [(1, "Halo")]


async def test_an_ended_session_takes_no_message_and_can_still_be_read(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as device:
        await device.say(session, "Halo")
        await acknowledged(device)
        await owner.execute("SELECT api.end_session(%s, 'mitra', %s)", [session, mitra.id])
        await device.say(session, "Halo?", "x")
        assert (await refused(device))["code"] == "SESSION_NOT_ACTIVE"
        await device.send(type="typing", session_id=str(session))
        assert (await refused(device))["code"] == "SESSION_NOT_ACTIVE"
        await device.send(type="resume", after_seq=0, sessions={str(session): 0})
        assert [frame["body"] for frame in await device.until("resumed") if frame["type"] == "message"] == ["Halo"]


async def test_a_paused_session_takes_no_message(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    await owner.execute(
        "UPDATE core.chat_sessions SET status = 'extending', paused_at = now() WHERE id = %s", [session]
    )
    async with api.open(customer) as device:
        await device.say(session, "Halo", "x")
        assert (await refused(device))["code"] == "SESSION_PAUSED"


@pytest.mark.parametrize("body", ["", " \n", "x" * 4_001, "nul \u0000", "y" * 30_000])
async def test_what_is_no_message_is_refused_however_often_and_the_socket_stays(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any], body: str
) -> None:
    async with api.open(customer) as device:
        for _ in range(3):
            await device.say(session, body, "x")
            answer = await refused(device)
            assert (answer["code"], answer.get("field"), answer["client_message_id"]) == (
                "VALIDATION_ERROR",
                "body",
                "x",
            )
        await device.say(session, "x" * 4_000)
        assert (await acknowledged(device))["seq"] == 1


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "message"}',
        '{"type": "message", "session_id": "x", "client_message_id": "1", "body": "x"}',
        '{"type": "message", "session_id": "%", "client_message_id": 1, "body": "x"}',
        '{"type": "message", "session_id": "%", "client_message_id": "1", "body": "\\ud800"}',
        '{"type": "read", "session_id": "%", "seq": -1}',
        '{"type": "typing"}',
        '{"type": "typing", "session_id": "%", "body": "x"}',
        '{"type": "resume", "after_seq": 0, "sessions": {"%": -1}}',
    ],
)
async def test_a_malformed_frame_is_refused_and_a_second_one_closes_with_4400(
    api: Api, customer: Person, frame: str
) -> None:
    async with api.open(customer) as device:
        for _ in range(2):
            await device.connection.send(frame.replace("%", str(uuid.uuid4())))
            assert (await refused(device))["code"] == "VALIDATION_ERROR"
        assert await device.closed() == 4400


async def test_a_resume_names_fifty_sessions_at_most(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        sessions = {str(uuid.uuid4()): 0 for _ in range(51)}
        await device.send(type="resume", after_seq=0, sessions=sessions)
        assert (await refused(device))["code"] == "VALIDATION_ERROR"
        sessions.popitem()
        await device.send(type="resume", after_seq=0, sessions=sessions)
        frames = await device.until("resumed")
        assert {frame.get("session_id") for frame in frames if frame["type"] == "error"} == set(sessions)


async def test_who_sends_too_fast_is_refused_on_every_device(
    api_settings: ApiSettings, customer: Person, mitra: Person, session: uuid.UUID
) -> None:
    settings = api_settings.model_copy(update={"message_rate": "3 per hour"})
    async with served(settings) as api, api.open(customer) as phone, api.open(customer) as tablet:
        for device in (phone, tablet, phone):
            await device.say(session, "Halo")
            await acknowledged(device)
        await tablet.say(session, "Halo", "x")
        assert (await refused(tablet))["code"] == "RATE_LIMITED"
        async with api.open(mitra) as other:
            await other.say(session, "Halo")
            assert (await acknowledged(other))["seq"] == 4


async def test_nobody_is_told_before_the_commit_nor_of_what_was_rolled_back(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    """A commit that takes long, and one that fails: what is judged at the commit stands for both."""
    await owner.execute(
        """
        CREATE FUNCTION core.judge_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(7);
            ASSERT NOT EXISTS (SELECT FROM core.chat_messages WHERE body = 'doomed'), 'this commit fails';
            RETURN NULL;
        END
        $$;
        CREATE CONSTRAINT TRIGGER judge_at_commit AFTER INSERT OR UPDATE ON core.message_counters
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core.judge_at_commit();
        GRANT EXECUTE ON FUNCTION core.judge_at_commit() TO PUBLIC
        """
    )

    async def is_committing() -> bool:
        cursor = await owner.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return await cursor.fetchone() == (1,)

    async with api.open(customer) as one, api.open(mitra) as other:
        await owner.execute("SELECT pg_advisory_lock(7)")
        await one.say(session, "late")
        await eventually(is_committing, "the message is being committed")
        assert await other.is_quiet(0.3)
        assert await one.is_quiet(0.1)
        await owner.execute("SELECT pg_advisory_unlock(7)")
        assert (await other.message())["body"] == "late"
        assert (await acknowledged(one))["seq"] == 1
        await one.say(session, "doomed")
        assert (await refused(one))["code"] == "INTERNAL_ERROR"
        await one.say(session, "fine")
        assert (await acknowledged(one))["seq"] == 2
        assert (await other.message())["body"] == "fine"


async def test_messages_can_not_be_sent_inside_a_transaction(
    db: Database, customer: Person, session: uuid.UUID, role_url: Callable[[str], str]
) -> None:
    said = messages.SaidMessage(session, "customer", customer.id, "1", "Halo")
    async with db.transaction() as conn:
        with pytest.raises(RuntimeError):
            await messages.send_message(conn, said=said)
        with pytest.raises(RuntimeError):
            await messages.send_messages(conn, said=[said])
