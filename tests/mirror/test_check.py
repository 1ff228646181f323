"""`mirror check` finds every kind of difference, and nothing where there is none."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.mirror.check import Difference, compare, differences
from app.postgres.database import Database
from app.settings import StoreSettings
from app.sql.mirror import mirror_page
from tests.support.market import Market
from tests.support.mirror import Mirror


@pytest.fixture
async def seeded(mirror: Mirror, db: Database, conn: psycopg.Connection) -> Mirror:
    """A mirror that agrees with a PostgreSQL of a few mitras of every kind."""
    market = Market(conn)
    market.mitra()
    full = market.mitra(max_sessions=1)
    market.session(market.customer(), full)
    market.session(market.customer(), market.mitra())
    market.mitra(online=False)
    market.deactivate(market.mitra())
    states = await db.call(mirror_page, after=None, limit=100)
    await mirror.writer.begin("seed", heartbeat_stale_seconds=90)
    await mirror.writer.apply(states)
    await mirror.writer.finish("seed")
    return mirror


async def test_a_true_mirror_has_no_difference(seeded: Mirror, database_url: str, valkey_url: str) -> None:
    settings = StoreSettings(database_url=database_url, valkey_url=seeded.settings.valkey_url)
    assert await differences(settings) == []


async def test_a_mirror_that_is_not_whole_is_the_difference(seeded: Mirror, db: Database) -> None:
    await seeded.server.command("DEL", seeded.keys.epoch)
    (difference,) = await compare(db.call, seeded.server, second_looks=[0.01])
    assert (difference.key, difference.in_valkey) == (f"{seeded.keys.epoch} run_id", "-")


async def test_what_a_mirror_misses_is_listed_and_nothing_planted_breaks_the_list(seeded: Mirror, db: Database) -> None:
    await seeded.server.command("DEL", seeded.keys.free, seeded.keys.settings, seeded.keys.alive)
    await seeded.server.command("HSET", seeded.keys.epoch, "whole_since", "never")
    found = await compare(db.call, seeded.server, second_looks=[0.01])
    assert [(difference.key, difference.in_valkey, difference.in_postgres) for difference in found] == [
        (f"{seeded.keys.epoch} whole_since", "never", "a time"),
        (seeded.keys.free, "0 members", "2 members"),
        (f"{seeded.keys.settings} heartbeat_stale_ms", "-", "90000"),
        (seeded.keys.alive, "-", "alive"),
    ]


async def test_an_absent_valkey_is_the_difference(database_url: str) -> None:
    (difference,) = await differences(StoreSettings(database_url=database_url, valkey_url="valkey://127.0.0.1:1"))
    assert difference.key.endswith("mirror:epoch")
    assert difference.in_valkey.startswith("Away")


Damage = Callable[[Mirror, str, str], tuple[str | int, ...]]
STRANGER = "00000000-0000-4000-8000-000000000001"

DAMAGES: dict[str, Damage] = {
    "online missing": lambda mirror, online, _: ("SREM", mirror.keys.online, online),
    "online too many": lambda mirror, _, offline: ("SADD", mirror.keys.online, offline),
    "online stranger": lambda mirror, _, __: ("SADD", mirror.keys.online, STRANGER),
    "online nonsense": lambda mirror, _, __: ("SADD", mirror.keys.online, "nonsense"),
    "deactivated too many": lambda mirror, online, _: ("SADD", mirror.keys.deactivated, online),
    "deactivated gone": lambda mirror, _, __: ("DEL", mirror.keys.deactivated),
    "capacity wrong": lambda mirror, online, _: ("SET", mirror.keys.capacity(online), 2),
    "capacity missing": lambda mirror, _, offline: ("DEL", mirror.keys.capacity(offline)),
    "capacity of nobody": lambda mirror, _, __: ("SET", mirror.keys.capacity(STRANGER), 0),
    "heartbeat missing": lambda mirror, online, _: ("DEL", mirror.keys.heartbeat(online)),
    "heartbeat other than the score": lambda mirror, online, _: (
        "SET", mirror.keys.heartbeat(online), "2026-01-01T00:00:00Z"
    ),
    "heartbeat nonsense": lambda mirror, online, _: ("SET", mirror.keys.heartbeat(online), "soon"),
    "not in its place": lambda mirror, online, _: ("ZREM", mirror.keys.free, online),
    "in two places": lambda mirror, online, _: ("ZADD", mirror.keys.full, 1, online),
    "offline in a place": lambda mirror, _, offline: ("ZADD", mirror.keys.lapsed, 1, offline),
    "not ranked": lambda mirror, online, _: ("ZREM", mirror.keys.ranked, online),
    "ranked wrongly": lambda mirror, online, _: ("ZADD", mirror.keys.ranked, 5, online),
    "version missing": lambda mirror, online, _: ("HDEL", mirror.keys.mitras, online),
    "version of the future": lambda mirror, _, offline: ("HSET", mirror.keys.mitras, offline, "9000000000000000"),
    "unknown mitra": lambda mirror, _, __: ("HSET", mirror.keys.mitras, STRANGER, "1"),
    "other patience": lambda mirror, _, __: ("HSET", mirror.keys.settings, "heartbeat_stale_ms", 1_000_000),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
async def test_each_kind_of_damage_is_found(seeded: Mirror, db: Database, damage: str) -> None:
    states = await db.call(mirror_page, after=None, limit=100)
    online = next(state for state in states if state.is_online and not state.capacity)
    offline = next(state for state in states if not state.is_online and state.is_active)
    await seeded.server.command(*DAMAGES[damage](seeded, str(online.mitra_id), str(offline.mitra_id)))
    assert await compare(db.call, seeded.server, second_looks=[0.01]) != []


async def test_the_heartbeat_of_one_who_is_not_online_is_no_difference(seeded: Mirror, db: Database) -> None:
    await seeded.server.command("SET", seeded.keys.heartbeat(STRANGER), "2026-01-01T00:00:00Z")
    assert await compare(db.call, seeded.server, second_looks=[0.01]) == []


async def test_a_beat_that_only_postgresql_heard_is_a_difference_once_it_matters(seeded: Mirror, db: Database) -> None:
    states = await db.call(mirror_page, after=None, limit=100)
    online = next(state for state in states if state.is_online and not state.capacity)
    long_ago = 1_000_000_000_000
    await seeded.server.command("ZREM", seeded.keys.free, str(online.mitra_id))
    await seeded.server.command("ZREM", seeded.keys.ranked, str(online.mitra_id))
    await seeded.server.command("ZADD", seeded.keys.lapsed, long_ago, str(online.mitra_id))
    await seeded.server.command("SET", seeded.keys.heartbeat(online.mitra_id), "2001-09-09T01:46:40.000Z")
    await seeded.count_again()
    (difference,) = await compare(db.call, seeded.server, second_looks=[0.01])
    assert difference.key == seeded.keys.heartbeat(online.mitra_id)


async def test_a_difference_names_the_key_and_both_sides(seeded: Mirror, db: Database) -> None:
    states = await db.call(mirror_page, after=None, limit=100)
    mitra_id: UUID = states[0].mitra_id
    await seeded.server.command("SET", seeded.keys.capacity(mitra_id), 77)
    assert await compare(db.call, seeded.server, second_looks=[0.01]) == [
        Difference(seeded.keys.capacity(mitra_id), "77", str(states[0].capacity))
    ]


async def test_no_question_is_about_more_mitras_than_a_page_has_however_many_differ(
    seeded: Mirror, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mirror.check.PAGE", 2)
    states = await db.call(mirror_page, after=None, limit=100)
    for state in states:
        await seeded.server.command("SET", seeded.keys.capacity(state.mitra_id), 77)
    given: list[int] = []

    async def run(fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        answer = await db.call(fn, *args, **kwargs)
        given.append(len(answer) if isinstance(answer, list) else 0)
        return answer

    found = await compare(run, seeded.server, second_looks=[0.01])
    assert {difference.key for difference in found} == {seeded.keys.capacity(state.mitra_id) for state in states}
    assert len(states) > max(given) == 2
