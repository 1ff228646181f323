"""What a client may say, and how what it may not say is refused."""

import uuid
from typing import Any

import httpx
import psycopg
import pytest

from app.mirror.gateway import Gateway
from app.sockets.frames import CLIENT_TYPES
from app.sql.mirror import Beacon
from tests.support.market import Person
from tests.support.sockets import Api, Frame, Outbox, Socket, availability
from tests.support.waiting import eventually


def refusal(code: str, **more: str) -> Frame:
    return {"type": "error", "code": code, "detail": None, **more}


async def said(device: Socket) -> Frame:
    """The next frame without its sentence for people."""
    return await device.next() | {"detail": None}


async def test_a_mitras_heartbeat_is_recorded_without_an_answer(
    api: Api, mitra: Person, owner: psycopg.AsyncConnection[Any]
) -> None:
    await owner.execute("SELECT api.go_online(%s)", [mitra.id])
    await owner.execute("UPDATE core.mitra_online_status SET last_heartbeat_at = now() - interval '1 hour'")
    async with api.open(mitra) as device:
        await device.send(type="heartbeat")

        async def is_recorded() -> bool:
            # Valkey is empty here, so PostgreSQL records it.
            cursor = await owner.execute("SELECT now() - last_heartbeat_at < '1 minute' FROM core.mitra_online_status")
            return await cursor.fetchone() == (True,)

        await eventually(is_recorded, "the heartbeat is recorded")
        assert await device.is_quiet(0.2)


async def test_an_offline_mitras_heartbeat_is_refused_with_not_online(api: Api, mitra: Person) -> None:
    async with api.open(mitra) as device:
        await device.send(type="heartbeat")
        assert await said(device) == refusal("NOT_ONLINE")


async def test_a_deactivated_mitras_heartbeat_is_refused_with_mitra_deactivated(
    api: Api, mitra: Person, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(mitra) as device:
        await owner.execute("UPDATE core.mitras SET is_active = false")
        await device.send(type="heartbeat")
        assert await said(device) == refusal("MITRA_DEACTIVATED")


async def test_every_command_of_a_deactivated_mitra_is_refused_before_its_socket_is_closed(
    api: Api, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    given: dict[str, Frame] = {
        "heartbeat": {},
        "message": {"session_id": str(session), "client_message_id": "m", "body": "Halo"},
        "read": {"session_id": str(session), "seq": 1},
        "typing": {"session_id": str(session)},
    }
    reads = {"auth", "resume", "subscribe"}
    async with api.open(mitra) as device:
        await owner.execute("SELECT api.deactivate_mitra(%s)", [mitra.id])
        for type_ in sorted(CLIENT_TYPES - reads):
            await device.send(type=type_, **given[type_])
            assert (await device.next())["code"] == "MITRA_DEACTIVATED", type_


async def test_a_customers_heartbeat_is_refused_with_forbidden(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        await device.send(type="heartbeat")
        assert await said(device) == refusal("FORBIDDEN")


async def test_a_subscriber_gets_the_beacon_now_and_on_change(
    api: Api, customer: Person, mitra: Person, outbox: Outbox
) -> None:
    async with api.open(customer) as device, api.open(mitra) as bystander:
        await device.send(type="subscribe", topic="availability")
        beacon = await device.next()
        assert (beacon["type"], beacon["available"], beacon["available_mitras"]) == ("availability", False, 0)
        change = availability(1)
        await outbox.broadcast("availability", change)
        assert await device.next() == change
        assert await bystander.is_quiet(0.2)


async def test_a_broadcast_that_overtakes_the_answer_to_a_subscriber_is_what_it_gets(
    api: Api, customer: Person, mitra: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api.open(customer) as earlier, api.open(mitra) as later:
        await earlier.send(type="subscribe", topic="availability")
        assert (await earlier.next())["available_mitras"] == 0
        ask = Gateway.beacon

        async def ask_and_be_overtaken(gateway: Gateway) -> Beacon:
            answer = await ask(gateway)
            await outbox.broadcast("availability", availability(1))
            assert (await earlier.next())["available_mitras"] == 1
            return answer

        monkeypatch.setattr(Gateway, "beacon", ask_and_be_overtaken)
        await later.send(type="subscribe", topic="availability")
        assert (await later.next())["available_mitras"] == 1
        assert await later.is_quiet(0.2)


async def test_a_configuration_change_reaches_everyone(
    api: Api, customer: Person, mitra: Person, outbox: Outbox
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        change = {"type": "config_changed", "keys": ["blast_size"]}
        await outbox.broadcast("config_changed", change)
        assert await one.next() == change
        assert await other.next() == change


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '"heartbeat"',
        "{}",
        '{"type": 7}',
        '{"type": "resume"}',
        '{"type": "resume", "after_seq": -1}',
        '{"type": "resume", "after_seq": "1"}',
        '{"type": "resume", "after_seq": 1, "sessions": {"x": 1}}',
        '{"type": "heartbeat", "more": true}',
        '{"type": "subscribe", "topic": "secrets"}',
        b'{"type": "heartbeat"}',
    ],
)
async def test_a_malformed_frame_is_refused_and_a_second_one_closes_with_4400(
    api: Api, customer: Person, text: str | bytes
) -> None:
    async with api.open(customer) as device:
        await device.connection.send(text)
        assert await said(device) == refusal("VALIDATION_ERROR")
        await device.connection.send(text)
        assert await said(device) == refusal("VALIDATION_ERROR")
        assert await device.closed() == 4400


async def test_a_good_frame_between_malformed_ones_keeps_the_socket(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        for _ in range(3):
            await device.connection.send("not json")
            assert await said(device) == refusal("VALIDATION_ERROR")
            await device.send(type="resume", after_seq=0)
            assert (await device.next())["type"] == "resumed"


async def test_a_frame_of_an_unknown_type_is_refused_however_often(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        for _ in range(3):
            await device.send(type="dance", partner="anyone")
            assert await said(device) == refusal("VALIDATION_ERROR", field="type")


async def test_a_frame_of_64_kib_is_read_and_a_larger_one_closes_with_1009(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        frame = '{"type": "auth", "token": "' + "x" * (64 * 1024 - 29) + '"}'
        assert len(frame) == 64 * 1024
        await device.connection.send(frame)
        assert await said(device) == refusal("UNAUTHENTICATED")
        await device.connection.send(frame + " ")
        assert await device.closed() == 1009


async def test_a_frame_too_large_in_bytes_but_not_in_characters_closes_with_1009(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        await device.connection.send('{"type": "auth", "token": "' + "é" * 33_000 + '"}')
        assert await device.closed() == 1009


async def test_text_that_is_not_utf_8_closes_the_socket(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        await device.connection.send(b'{"type": "\xff"}', text=True)
        assert await device.closed() == 1007


async def test_nothing_but_a_websocket_is_served_at_ws(api: Api) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        assert (await http.get("/ws")).status_code == 405
