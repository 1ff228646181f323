"""Stored events: in order, without gap or repeat, whatever happens to the socket."""

import asyncio
import json
import time
from typing import Any

import psycopg
import pytest

from app.observability import metrics
from app.settings import ApiSettings
from app.sockets.user_stream import UserStream
from app.sql.events import StreamPosition
from app.wire.socket_limits import SEND_QUEUE_BYTES, WAITING_RESUMES
from tests.support.frames import example
from tests.support.market import Person
from tests.support.mirror import Mirror
from tests.support.sockets import WAIT_SECONDS, Api, Outbox, Socket, served

pytestmark = pytest.mark.everywhere


async def seqs(device: Socket, count: int) -> list[int]:
    """The numbers of the next events."""
    return [(await device.next())["seq"] for _ in range(count)]


async def test_events_arrive_in_order_as_they_were_stored(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device:
        for _ in range(3):
            await outbox.tell(mitra, "status_changed", cause="mitra")
        frames = [await device.next() for _ in range(3)]
    assert [frame["seq"] for frame in frames] == [1, 2, 3]
    assert all(frame["type"] == "status_changed" and frame["cause"] == "mitra" for frame in frames)
    assert len({frame["id"] for frame in frames}) == 3


async def test_every_device_of_a_user_gets_every_event(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as phone, api.open(mitra) as tablet:
        await outbox.tell(mitra, "status_changed")
        assert await seqs(phone, 1) == await seqs(tablet, 1) == [1]


async def test_a_lower_number_is_dropped(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device:
        await outbox.tell(mitra, "status_changed")
        await outbox.tell(mitra, "status_changed")
        await outbox.publish(mitra, 1, 2, 2)
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 3) == [1, 2, 3]
        assert await device.is_quiet(0.2)


async def test_a_higher_number_makes_the_gap_be_read_from_postgresql(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device:
        await outbox.emit(mitra, "status_changed", 1_200)
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1_201) == list(range(1, 1_202))


async def test_numbers_out_of_order_come_out_in_order(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device:
        await outbox.emit(mitra, "status_changed", 4)
        await outbox.publish(mitra, 3, 1, 4, 2)
        assert await seqs(device, 4) == [1, 2, 3, 4]
        assert await device.is_quiet(0.2)


async def test_a_forged_number_shows_nothing_and_hides_nothing(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device:
        forged = {"type": "status_changed", "id": "1", "seq": 9}
        await outbox.publish_raw(mitra, json.dumps(forged).encode())
        await outbox.publish_raw(mitra, b"\xff nonsense")
        assert await device.is_quiet(0.2)
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [1]


async def test_frames_that_are_not_utf_8_are_not_forwarded_and_do_no_harm(
    api: Api, mitra: Person, outbox: Outbox
) -> None:
    """Also more of them than a client may have waiting."""
    frame = b'{"type": "session_timer", "note": "\xff' + b"x" * 100_000 + b'"}'
    async with api.open(mitra) as device:
        for _ in range(2 * SEND_QUEUE_BYTES // len(frame)):
            await outbox.publish_raw(mitra, frame)
        await outbox.publish_raw(mitra, json.dumps(example("session_timer", seconds_left=60)).encode())
        assert (await device.next())["seconds_left"] == 60
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [1]


async def test_a_resume_replays_exactly_what_was_missed_then_says_so(api: Api, mitra: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device:
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [1]
    await outbox.emit(mitra, "status_changed", 700)
    resumes = sum(metrics.socket_resumes.labels().counts)
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=1)
        frames = await device.until("resumed")
        assert [frame["seq"] for frame in frames[:-1]] == list(range(2, 702))
        assert frames[-1] == {"type": "resumed", "recovered": True, "seq": 701}
        assert sum(metrics.socket_resumes.labels().counts) == resumes + 1
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [702]


async def test_live_events_wait_behind_a_resume(
    api: Api, mitra: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.progress.HOLD_SECONDS", 2 * WAIT_SECONDS)
    await outbox.emit(mitra, "status_changed", 2)
    async with api.open(mitra, resume=None) as device:
        await outbox.tell(mitra, "status_changed")
        assert await device.is_quiet(0.3)
        await device.send(type="resume", after_seq=0)
        frames = await device.until("resumed")
        assert [frame["seq"] for frame in frames] == [1, 2, 3, 3]
        assert await device.is_quiet(0.2)


async def test_without_a_resume_live_events_flow_after_a_second(api: Api, mitra: Person, outbox: Outbox) -> None:
    await outbox.emit(mitra, "status_changed", 2)
    began = time.monotonic()
    async with api.open(mitra, resume=None) as device:
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [3]
        assert time.monotonic() - began >= 1.0
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [4]


async def test_events_stored_during_a_replay_follow_it_without_gap(api: Api, mitra: Person, outbox: Outbox) -> None:
    await outbox.emit(mitra, "status_changed", 2_000)
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=0)
        for _ in range(20):
            await outbox.tell(mitra, "status_changed")
        numbers: list[int] = []
        answers = 0
        while len(numbers) < 2_020 or not answers:
            frame = await device.next()
            if frame["type"] == "resumed":
                answers += 1
                assert numbers == list(range(1, frame["seq"] + 1))
            else:
                numbers.append(frame["seq"])
    assert numbers == list(range(1, 2_021))


async def test_passing_frames_wait_behind_a_resume_too(api: Api, mitra: Person, outbox: Outbox) -> None:
    timer = example("session_timer")
    await outbox.emit(mitra, "status_changed")
    async with api.open(mitra, resume=None) as device:
        await outbox.publish_raw(mitra, json.dumps(timer).encode())
        assert await device.is_quiet(0.2)
        await device.send(type="resume", after_seq=0)
        types = [frame["type"] for frame in await device.until("session_timer")]
    assert types == ["status_changed", "resumed", "session_timer"]


async def test_resuming_a_second_time_replays_again(api: Api, mitra: Person, outbox: Outbox) -> None:
    await outbox.emit(mitra, "status_changed", 3)
    async with api.open(mitra) as device:
        await device.send(type="resume", after_seq=2, sessions={})
        frames = await device.until("resumed")
    assert [frame["seq"] for frame in frames] == [3, 3]


async def test_every_resume_is_answered_in_turn(api: Api, mitra: Person, outbox: Outbox) -> None:
    await outbox.emit(mitra, "status_changed", 3)
    async with api.open(mitra, resume=None) as device:
        for after in (0, 1, 2):
            await device.send(type="resume", after_seq=after)
        replays = [await device.until("resumed") for _ in range(3)]
    assert [[frame["seq"] for frame in replay[:-1]] for replay in replays] == [[1, 2, 3], [2, 3], [3]]


async def test_a_resume_too_many_is_refused_and_the_others_are_answered(
    api: Api, mitra: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, refused = asyncio.Event(), asyncio.Event()
    read = UserStream.position

    async def read_when_refused(stream: UserStream, *asked: Any) -> StreamPosition:
        if not asked:
            reading.set()
            await refused.wait()
        return await read(stream, *asked)

    monkeypatch.setattr(UserStream, "position", read_when_refused)
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=0)
        await asyncio.wait_for(reading.wait(), WAIT_SECONDS)
        for _ in range(WAITING_RESUMES + 1):
            await device.send(type="resume", after_seq=0)
        assert (await device.next())["code"] == "RATE_LIMITED"
        refused.set()
        answers = [await device.next() for _ in range(WAITING_RESUMES + 1)]
        assert [answer["type"] for answer in answers] == ["resumed"] * (WAITING_RESUMES + 1)


async def test_a_resume_ahead_of_the_stream_is_not_recovered(api: Api, mitra: Person, outbox: Outbox) -> None:
    await outbox.emit(mitra, "status_changed", 2)
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=2**62)
        assert await device.next() == {"type": "resumed", "recovered": False, "seq": 2}
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [3]


async def test_a_resume_from_beyond_retention_is_not_recovered(
    api: Api, mitra: Person, outbox: Outbox, owner: psycopg.AsyncConnection[Any]
) -> None:
    await outbox.emit(mitra, "status_changed", 5)
    await owner.execute("DELETE FROM core.events WHERE recipient = %s AND seq <= 3", [mitra.recipient])
    await owner.execute("UPDATE core.event_streams SET floor_seq = 3 WHERE recipient = %s", [mitra.recipient])
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=2)
        assert await device.next() == {"type": "resumed", "recovered": False, "seq": 5}
        await device.send(type="resume", after_seq=3)
        assert [frame["seq"] for frame in await device.until("resumed")] == [4, 5, 5]


async def test_five_thousand_missed_events_are_replayed_and_one_more_is_not(
    api: Api, mitra: Person, outbox: Outbox
) -> None:
    await outbox.emit(mitra, "status_changed", 5_001)
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=0)
        assert await device.next() == {"type": "resumed", "recovered": False, "seq": 5_001}
        await device.send(type="resume", after_seq=1)
        frames = await device.until("resumed")
    assert [frame["seq"] for frame in frames[:-1]] == list(range(2, 5_002))


async def test_nobody_gets_another_users_events(api: Api, mitra: Person, customer: Person, outbox: Outbox) -> None:
    async with api.open(mitra) as device, api.open(customer) as other:
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [1]
        assert await other.is_quiet(0.2)


async def test_an_event_between_ready_and_the_subscription_is_not_lost(api: Api, mitra: Person, outbox: Outbox) -> None:
    """Sockets that open while events are stored and published get every one of them."""

    async def produce() -> None:
        for _ in range(100):
            await outbox.tell(mitra, "status_changed")

    producing = asyncio.create_task(produce())
    last = 0
    while not producing.done():
        async with api.open(mitra, resume=None) as device:
            await device.send(type="resume", after_seq=last)
            for frame in await device.until("resumed"):
                if frame["type"] != "resumed":
                    assert frame["seq"] == last + 1
                    last += 1
    await producing
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=last)
        assert (await device.until("resumed"))[-1]["seq"] == 100


async def test_an_event_that_comes_while_the_position_is_read_is_not_lost(
    api: Api, mitra: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket learns its place in the stream, and before it hears of it the next event is there already."""
    read = UserStream.position

    async def read_slowly(stream: UserStream, *asked: Any) -> StreamPosition:
        position = await read(stream, *asked)
        await outbox.tell(mitra, "status_changed")
        await asyncio.sleep(0.2)
        return position

    monkeypatch.setattr(UserStream, "position", read_slowly)
    async with api.socket(mitra.token()) as device:
        assert (await device.next())["seq"] == 0
        assert await seqs(device, 1) == [1]


async def test_a_sign_out_that_postgresql_does_not_know_ends_nothing(api: Api, mitra: Person, outbox: Outbox) -> None:
    forged = json.dumps(example("signed_out", seq=1, auth_session_ids=[str(mitra.login)])).encode()
    async with api.open(mitra) as device:
        await outbox.publish_raw(mitra, forged)
        assert await device.is_quiet(0.3)
        await outbox.tell(mitra, "status_changed")
        frame = await device.next()
        assert (frame["type"], frame["seq"]) == ("status_changed", 1)
        await outbox.tell(mitra, "signed_out", auth_session_ids=[str(mitra.login)], reason="logout")
        assert await device.closed() == 4403


@pytest.mark.parametrize("seq", [-1, 10**6, 2**63 - 1, 2**63, 10**30])
async def test_a_number_that_postgresql_does_not_know_stops_nothing(
    api: Api, mitra: Person, outbox: Outbox, seq: int
) -> None:
    forged = json.dumps({**example("status_changed"), "seq": seq}).encode()
    async with api.open(mitra) as device:
        await outbox.publish_raw(mitra, forged)
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [1]
        await outbox.tell(mitra, "status_changed")
        assert await seqs(device, 1) == [2]


async def test_events_that_nobody_dispatches_are_read_from_postgresql(
    api: Api, mitra: Person, outbox: Outbox, kept_mirror: Mirror
) -> None:
    async with api.open(mitra) as device:
        await kept_mirror.server.command("DEL", kept_mirror.keys.alive)
        for seq in (1, 2):
            await outbox.emit(mitra, "status_changed")
            assert (await device.next())["seq"] == seq


async def test_instances_share_a_users_devices(
    api: Api, api_settings: ApiSettings, mitra: Person, outbox: Outbox
) -> None:
    async with served(api_settings) as other, api.open(mitra) as phone, other.open(mitra) as tablet:
        for seq in (1, 2, 3):
            await outbox.tell(mitra, "status_changed")
            assert await seqs(phone, 1) == await seqs(tablet, 1) == [seq]
