"""The pool, and how rows become structs."""

import asyncio
import math
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from prometheus_client import REGISTRY

from app.postgres.bounded import BackendLost
from app.postgres.database import SESSION, Connection, Database
from app.postgres.migrations.roles import settle_roles
from app.sql import query
from app.sql.accounts import logout
from app.sql.configuration import config, get_config
from app.sql.deadlines import run_due, time_to_next_deadline
from app.sql.function import sql_functions
from app.sql.leadership import leadership, renew_leadership, take_leadership
from app.sql.mirror import MirrorCounts, mirror_counts
from app.sql.pairing import best_mitras, count_unoffered
from listeners.engine.backend import Backend
from tests.support.servers import PostgresServer
from tests.support.waiting import PATIENCE_SECONDS


class Noted(msgspec.Struct):
    id: UUID
    at: datetime
    note: str | None = None


class Frame(msgspec.Struct):
    seq: int
    frame: msgspec.Raw


AN_ID = UUID("00000000-0000-0000-0000-000000000001")


async def test_a_single_jsonb_column_is_decoded_into_the_struct(db: Database) -> None:
    async with db.connection() as conn:
        answer = await query.one(
            conn,
            Noted,
            "SELECT jsonb_build_object('id', %(id)s::uuid, 'at', timestamptz '2026-01-02 03:04:05Z', 'more', 1)",
            {"id": AN_ID},
        )
    assert answer == Noted(id=AN_ID, at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


async def test_columns_are_matched_to_fields_by_name(db: Database) -> None:
    async with db.connection() as conn:
        answers = await query.rows(
            conn,
            Noted,
            "SELECT timestamptz '2026-01-02Z' AS at, %(id)s::uuid AS id, 'n' || i AS note FROM generate_series(1, 2) i",
            {"id": AN_ID},
        )
    at = datetime(2026, 1, 2, tzinfo=UTC)
    assert answers == [Noted(AN_ID, at, "n1"), Noted(AN_ID, at, "n2")]


async def test_a_jsonb_column_among_others_stays_undecoded_for_a_raw_field(db: Database) -> None:
    async with db.connection() as conn:
        frame = await query.one(conn, Frame, """SELECT 7 AS seq, '{"type": "x"}'::jsonb AS frame""")
    assert frame.seq == 7
    assert bytes(frame.frame) == b'{"type": "x"}'


async def test_maybe_is_none_without_a_row_and_for_a_null_document(db: Database) -> None:
    async with db.connection() as conn:
        assert await query.maybe(conn, Noted, "SELECT NULL::jsonb") is None
        assert await query.maybe(conn, Noted, "SELECT NULL::uuid AS id WHERE false") is None
        with pytest.raises(LookupError):
            await query.one(conn, Noted, "SELECT NULL::jsonb")


async def test_a_function_takes_what_its_signature_names_and_nothing_else(db: Database) -> None:
    wrong: list[dict[str, Any]] = [{"name": "a", "epoch": 1}, {"name": "a", "epoch": 1, "seconds": 1.0, "more": 1}]
    async with db.connection() as conn:
        for given in wrong:
            with pytest.raises(TypeError, match=r"api\.renew_leadership takes"):
                await renew_leadership(conn, **given)


async def test_a_function_has_the_defaults_of_its_signature(db: Database) -> None:
    async with db.connection() as conn:
        assert await take_leadership(conn, name="a", holder="me", seconds=60) is not None
        assert await take_leadership(conn, name="a", holder="you", seconds=60, vacant_seconds=0) is None
        assert await run_due(conn, limit=1) == await run_due(conn, limit=1, passed=0) == []


async def test_each_kind_of_result_is_read_as_its_signature_has_it(db: Database) -> None:
    async with db.connection() as conn:
        assert await leadership(conn, name="nobody's") is None
        assert await mirror_counts(conn) == MirrorCounts(0, 0, 0)
        assert await best_mitras(conn, limit=1, is_lenient=True) == []
        assert await count_unoffered(conn) == 0
        assert await time_to_next_deadline(conn, within=None) is None
        values = {rule.key: bytes(rule.value).decode() for rule in await config(conn)}
        assert await get_config(conn, key="blast_size") == values["blast_size"]
        await logout(conn, auth_session_id=uuid4())


async def test_a_function_of_the_database_keeps_its_python_name() -> None:
    assert [function.python.__name__ for function in sql_functions() if function.name == "api.next_deadline"] == [
        "time_to_next_deadline"
    ]


async def test_a_session_speaks_utc_and_gives_up_on_long_statements(db: Database) -> None:
    async with db.connection() as conn:
        assert await query.value(conn, "SHOW TimeZone") == "UTC"
        assert await query.value(conn, "SHOW statement_timeout") == "15s"
        assert await query.value(conn, "SHOW application_name") == "test"


async def test_a_call_that_deadlocks_is_started_again(db: Database, conn: psycopg.Connection) -> None:
    conn.execute("CREATE TABLE public.pairs (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)")
    conn.execute("INSERT INTO public.pairs VALUES (1), (2)")
    both_hold_one = asyncio.Barrier(2)
    runs: list[int] = []

    async def bump(conn: Connection, *, first: int, second: int) -> None:
        runs.append(first)
        async with conn.transaction():
            await conn.execute("UPDATE public.pairs SET n = n + 1 WHERE id = %s", [first])
            if len(runs) <= 2:
                await both_hold_one.wait()
            await conn.execute("UPDATE public.pairs SET n = n + 1 WHERE id = %s", [second])

    await asyncio.gather(db.call(bump, first=1, second=2), db.call(bump, first=2, second=1))

    assert len(runs) == 3
    assert conn.execute("SELECT array_agg(n) FROM public.pairs").fetchone() == ([2, 2],)


@pytest.mark.parametrize("is_listeners", [False, True])
async def test_a_race_lost_every_time_is_raised_after_five_restarts_which_are_counted(
    db: Database, database_url: str, is_listeners: bool
) -> None:
    runs = 0

    async def lose(conn: Connection) -> None:
        nonlocal runs
        runs += 1
        await conn.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    def counted() -> float:
        return REGISTRY.get_sample_value("halobestie_database_restarts_total", {"function": "lose"}) or 0

    before, backend = counted(), Backend(database_url, name="test")
    with pytest.raises(psycopg.errors.SerializationFailure):
        await (backend.run if is_listeners else db.call)(lose)
    backend.close()
    assert (runs, counted() - before) == (6, 5)


async def test_a_transaction_that_raises_leaves_nothing(db: Database, conn: psycopg.Connection) -> None:
    conn.execute("CREATE TABLE public.notes (note text)")
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as transaction:
            await transaction.execute("INSERT INTO public.notes VALUES ('x')")
            raise ZeroDivisionError
    assert conn.execute("SELECT count(*) FROM public.notes").fetchone() == (0,)


async def test_connections_that_died_are_replaced_and_callers_served_again(
    db: Database, conn: psycopg.Connection
) -> None:
    async with db.connection() as one, db.connection() as two, db.connection() as three:
        assert len({one.info.backend_pid, two.info.backend_pid, three.info.backend_pid}) == 3
    conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'")

    async def answer(conn: Connection) -> int:
        return int(await query.value(conn, "SELECT 1"))

    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                assert await db.call(answer) == 1
                break
            except psycopg.OperationalError:
                continue
        await asyncio.gather(*(db.call(answer) for _ in range(20)))


async def test_a_call_to_a_server_gone_silent_ends_by_itself_and_the_next_one_is_served(database_url: str) -> None:
    database = await Database.open(database_url, name="silence", max_size=1, statement_timeout=1.0)

    async def backend(conn: Connection) -> int:
        return int(await query.value(conn, "SELECT pg_backend_pid()", {}))

    pid = await database.call(backend)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(BackendLost):
            await asyncio.wait_for(database.call(backend), PATIENCE_SECONDS)
        assert await asyncio.wait_for(database.call(backend), PATIENCE_SECONDS) != pid
    finally:
        os.kill(pid, signal.SIGCONT)
        await database.close()


async def test_a_call_within_its_own_limit_may_take_longer_than_others_of_its_pool(database_url: str) -> None:
    async def rest(conn: Connection) -> None:
        await conn.execute("SELECT pg_sleep(0.5)")

    database = await Database.open(database_url, name="long", max_size=1, statement_timeout=0.2)
    try:
        await database.call_within(PATIENCE_SECONDS, rest)
        for limited in (database.call(rest), database.call_within(0.1, rest)):
            with pytest.raises(psycopg.errors.QueryCanceled):
                await limited
    finally:
        await database.close()


async def test_a_server_that_says_farewell_right_after_its_answer_is_a_lost_connection(
    postgres_server: PostgresServer, conn: psycopg.Connection
) -> None:
    """To psycopg these are two results of one statement, which is an error without SQLSTATE."""
    ready, fields = b"Z\0\0\0\5I", b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
    farewell = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            is_last = b"COMMIT\0" in data
            writer.write(data.removesuffix(ready) + farewell if is_last and data.endswith(ready) else data)
            if is_last and data.endswith(ready):
                break
        writer.close()

    async def serve(client_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        reader, server = await asyncio.open_connection(postgres_server.host, postgres_server.port)
        await asyncio.gather(carry(client_reader, server), carry(reader, client), return_exceptions=True)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as proxy:
        through = replace(postgres_server, host="127.0.0.1", port=proxy.sockets[0].getsockname()[1])
        database = await Database.open(through.url(conn.info.dbname), name="farewell", max_size=1)
        try:
            with pytest.raises(psycopg.OperationalError, match="received 2 results"):
                async with database.transaction() as transaction:
                    await transaction.execute("SELECT 1")
        finally:
            await database.close()


async def test_an_error_of_the_driver_on_a_connection_that_lives_stays_what_it_is(db: Database) -> None:
    with pytest.raises(psycopg.InternalError):
        async with db.connection():
            raise psycopg.InternalError


# What a role, a database or a server may have been set to, though what is read back or how long it takes hangs on it.
HOSTILE = {
    "TimeZone": "Asia/Jakarta",
    "DateStyle": "German",
    "IntervalStyle": "iso_8601",
    "standard_conforming_strings": "off",
    "bytea_output": "escape",
    "extra_float_digits": "-9",
    "search_path": "public",
    "default_transaction_isolation": "serializable",
    "jit": "on",
    "max_parallel_workers_per_gather": "8",
    "statement_timeout": "2ms",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "0",
}


async def test_whatever_a_database_is_set_to_our_sessions_are_as_they_have_to_be(
    database_url: str, conn: psycopg.Connection
) -> None:
    for setting, value in HOSTILE.items():
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET {setting} = '{value}'".encode())
    database = await Database.open(database_url, name="pinned")
    try:
        async with database.connection() as session:
            shown = {name: await query.value(session, f"SHOW {name}") for name in SESSION}
            row = await (
                await session.execute(
                    "SELECT timestamptz '2026-01-02 03:04:05Z', interval '1 day 2 hours', '\\x00ff'::bytea, pi()"
                )
            ).fetchone()
    finally:
        await database.close()
    # A socket of this machine has no TCP limits, and they are shown in other units.
    assert {name: text for name, text in shown.items() if not name.startswith("tcp_")} == {
        name: text for name, text in SESSION.items() if not name.startswith("tcp_")
    }
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert row == (at, timedelta(days=1, hours=2), b"\x00\xff", math.pi)


def test_the_programs_roles_have_the_settings_that_their_sessions_have(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        "SELECT role, jsonb_object_agg(name, value) - 'statement_timeout' FROM core.role_settings()"
        " WHERE role IN ('halo_app', 'halo_cc', 'halo_listener') GROUP BY role"
    ).fetchall()
    assert dict(rows) == dict.fromkeys(("halo_app", "halo_cc", "halo_listener"), SESSION)


def test_a_session_that_anybody_opens_as_our_role_has_its_settings_after_migrate(
    conn: psycopg.Connection, role_url: Callable[[str], str]
) -> None:
    for setting, value in HOSTILE.items():
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET {setting} = '{value}'".encode())
    conn.execute("SET statement_timeout = 0")
    assert settle_roles(conn) == []
    limits = {"halo_app": "5s", "halo_listener": "5s", "halo_cc": "5s", "halo_readonly": "1min", "halo_dba": "1min"}
    for role, limit in limits.items():
        with psycopg.connect(role_url(role), autocommit=True) as session:
            assert session.execute("SHOW idle_in_transaction_session_timeout").fetchone() == (limit,)
            assert session.execute("SHOW jit").fetchone() == ("off",)
            is_program = limit == "5s"
            assert (session.execute("SHOW DateStyle").fetchone() == ("ISO, MDY",)) is is_program


async def test_a_pool_closes_soon_though_postgresql_says_nothing_while_its_connections_are_tested() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    database = await Database.open("postgresql://halo@192.0.2.1/none?connect_timeout=30", name="test")
    database._check = asyncio.create_task(never())
    await asyncio.wait_for(database.close(), PATIENCE_SECONDS / 2)
