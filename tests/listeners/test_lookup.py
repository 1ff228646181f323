"""The shortest way to ask PostgreSQL, which every change of a mitra takes."""

import asyncio
import select
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import msgspec
import psycopg
import pytest

from app.postgres.bounded import BackendLost
from app.postgres.database import Database
from app.settings import ListenerSettings
from app.sql.function import SqlFunction, declaration
from app.sql.mirror import MitraState, mirror_state
from listeners.engine.lookup import Lookup
from tests.support.market import Market


class Slept(msgspec.Struct, frozen=True):
    """What a nap leaves behind."""

    seconds: float


async def _never() -> None:
    raise AssertionError("it is asked by its statement")


NAP = SqlFunction(
    "pg_sleep",
    {"p_seconds": "double precision"},
    b"SELECT seconds FROM (SELECT %(seconds)s::double precision AS seconds) AS nap, pg_sleep(nap.seconds)",
    _never,
)


@contextmanager
def mirror_lookup(settings: ListenerSettings, *, prepare: bool | None) -> Iterator[Lookup[MitraState]]:
    function = declaration(mirror_state)
    lookup = Lookup(settings.database_url, function, MitraState, name="test", limit=5, prepare=prepare)
    try:
        yield lookup
    finally:
        lookup.close()


@pytest.mark.parametrize("prepare", [None, False])
async def test_it_answers_as_the_function_does(
    listener_settings: ListenerSettings, db: Database, market: Market, prepare: bool | None
) -> None:
    mitras = [market.mitra().id, market.mitra(online=False).id]
    wanted = await db.call(mirror_state, mitra_ids=mitras)
    with mirror_lookup(listener_settings, prepare=prepare) as lookup:
        for ids in ([*mitras, uuid4()], mitras):
            assert sorted(await lookup.ask(f"{{{','.join(map(str, ids))}}}"), key=str) == sorted(wanted, key=str)
        await lookup.prove()
        assert await lookup.ask("{}") == []


async def test_after_an_error_it_is_asked_on_a_new_connection(listener_settings: ListenerSettings) -> None:
    with mirror_lookup(listener_settings, prepare=None) as lookup:
        with pytest.raises(psycopg.DataError):
            await lookup.ask("{nobody}")
        assert await lookup.ask("{}") == []


async def test_an_answer_that_takes_too_long_is_given_up(listener_settings: ListenerSettings) -> None:
    lookup = Lookup(listener_settings.database_url, NAP, Slept, name="test", limit=0.3)
    try:
        assert await lookup.ask("0") == [Slept(0)]
        with pytest.raises((BackendLost, psycopg.errors.QueryCanceled)):
            await lookup.ask("60")
        assert await lookup.ask("0") == [Slept(0)]
    finally:
        lookup.close()


async def test_an_answer_that_comes_as_it_is_given_up_is_dropped(listener_settings: ListenerSettings) -> None:
    lookup = Lookup(listener_settings.database_url, NAP, Slept, name="test", limit=60)
    loop = asyncio.get_running_loop()
    try:
        assert await lookup.ask("0") == [Slept(0)]
        conn = lookup._conn
        assert conn is not None
        loop.remove_reader(lookup._socket)
        asked = asyncio.create_task(lookup.ask("0"))
        await asyncio.sleep(0)  # it is sent
        assert (await asyncio.to_thread(select.select, [lookup._socket], [], [], 30))[0]
        lookup._settle(BackendLost("its time is over"))
        lookup._read(conn)
        with pytest.raises(BackendLost):
            await asked
        assert await lookup.ask("0") == [Slept(0)]
    finally:
        lookup.close()
