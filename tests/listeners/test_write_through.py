"""From a commit to Valkey."""

from uuid import uuid4

import psycopg
import pytest

from tests.support.listening import Agrees, Listening
from tests.support.market import Market, Person
from tests.support.mirror import Mirror
from tests.support.waiting import eventually

pytestmark = [pytest.mark.everywhere, pytest.mark.usefixtures("listener")]


async def text_becomes(mirror: Mirror, key: str, wanted: str | None) -> None:
    async def same() -> bool:
        return await mirror.text("GET", key) == wanted

    await eventually(same, f"{key} is {wanted}")


async def capacity_becomes(mirror: Mirror, mitra: Person, wanted: int) -> None:
    await text_becomes(mirror, mirror.keys.capacity(mitra.id), str(wanted))


async def test_going_online_and_offline_is_mirrored(mirror: Mirror, market: Market, agrees: Agrees) -> None:
    mitra = market.mitra(online=False)
    await capacity_becomes(mirror, mitra, 0)
    assert await mirror.members(mirror.keys.online) == set()
    market.value("SELECT api.go_online(%s)", mitra.id)

    async def is_online() -> bool:
        return await mirror.members(mirror.keys.online) == {str(mitra.id)}

    await eventually(is_online, "the mitra is online in Valkey")
    assert await mirror.heartbeat(mitra.id) is not None
    market.value("SELECT api.go_offline(%s)", mitra.id)
    await text_becomes(mirror, mirror.keys.heartbeat(mitra.id), None)
    assert await mirror.members(mirror.keys.online) == set()
    await agrees()


async def test_capacity_lives_through_accept_expiry_and_end(
    mirror: Mirror, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    mitra = market.mitra(max_sessions=2)
    customer = market.customer()
    expiring = market.session(customer, mitra)
    await capacity_becomes(mirror, mitra, 1)
    assert await mirror.ranked() == [mitra.id]
    ending = market.session(other := market.customer(), mitra)
    await capacity_becomes(mirror, mitra, 2)
    assert await mirror.ranked() == []

    conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [expiring])
    await capacity_becomes(mirror, mitra, 1)
    market.value("SELECT api.end_session(%s, 'customer', %s)", ending, other.id)
    await capacity_becomes(mirror, mitra, 0)
    assert await mirror.ranked() == [mitra.id]
    await agrees()


async def test_deactivation_takes_the_mitra_out_at_once(mirror: Mirror, market: Market, agrees: Agrees) -> None:
    mitra = market.mitra()
    await capacity_becomes(mirror, mitra, 0)
    market.deactivate(mitra)

    async def is_out() -> bool:
        return await mirror.members(mirror.keys.deactivated) == {str(mitra.id)}

    await eventually(is_out, "the mitra is deactivated in Valkey")
    assert await mirror.members(mirror.keys.online) == set()
    assert await mirror.ranked() == []
    market.value("SELECT api.activate_mitra(%s)", mitra.id)

    async def is_back() -> bool:
        return await mirror.members(mirror.keys.deactivated) == set()

    await eventually(is_back, "the mitra is active in Valkey")
    await agrees()


@pytest.mark.parametrize("payload", ["", "nonsense", "1,2,3", ",", "reseed,reseed", "\N{SNOWMAN}" * 2000])
async def test_a_forged_notification_is_ignored(
    mirror: Mirror, market: Market, conn: psycopg.Connection, agrees: Agrees, payload: str
) -> None:
    conn.execute("SELECT pg_notify('mitra_mirror', %s)", [payload])
    mitra = market.mitra()
    await capacity_becomes(mirror, mitra, 0)
    await agrees()


async def test_a_notification_about_a_mitra_that_does_not_exist_leaves_nothing(
    mirror: Mirror, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    stranger = uuid4()
    await mirror.server.command("SET", mirror.keys.capacity(stranger), 1)
    await mirror.server.command("SADD", mirror.keys.online, str(stranger))
    conn.execute("SELECT pg_notify('mitra_mirror', %s)", [str(stranger)])
    await text_becomes(mirror, mirror.keys.capacity(stranger), None)
    await agrees()


async def test_repeated_and_reordered_notifications_change_nothing(
    mirror: Mirror, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    mitras = [market.mitra() for _ in range(5)]
    ids = [str(mitra.id) for mitra in mitras]
    for payload in (",".join(reversed(ids)), ids[2], ids[2], ",".join(ids * 3)):
        conn.execute("SELECT pg_notify('mitra_mirror', %s)", [payload])
    market.value("SELECT api.go_offline(%s)", mitras[0].id)
    await text_becomes(mirror, mirror.keys.heartbeat(mitras[0].id), None)
    await agrees()
    assert await mirror.members(mirror.keys.online) == set(ids[1:])


async def test_two_thousand_changes_in_one_transaction_are_mirrored(
    mirror: Mirror, market: Market, conn: psycopg.Connection, agrees: Agrees, listener: Listening
) -> None:
    with conn.transaction():
        conn.execute(
            "INSERT INTO core.mitras (display_name, phone)"
            " SELECT 'Sari', '+6281' || lpad(n::text, 8, '0') FROM generate_series(1, 2000) AS n"
        )
        conn.execute(
            "UPDATE core.mitra_online_status SET is_online = true, last_online_at = now(), last_heartbeat_at = now()"
        )

    async def all_there() -> bool:
        return len(await mirror.members(mirror.keys.online)) == 2000

    await eventually(all_there, "all are online in Valkey")
    await agrees()
    assert (await listener.get("/readyz")).json()["queue"] == 0


async def test_one_change_after_the_other_can_be_read_in_valkey(mirror: Mirror, market: Market) -> None:
    mitra = market.mitra(online=False)
    await capacity_becomes(mirror, mitra, 0)
    for turn in range(10):
        market.value("SELECT api.go_offline(%s)" if turn % 2 else "SELECT api.go_online(%s)", mitra.id)

        async def is_there(turn: int = turn) -> bool:
            is_online: int = await mirror.server.command("SISMEMBER", mirror.keys.online, str(mitra.id))
            return is_online != turn % 2

        await eventually(is_there, "the change is in Valkey")
