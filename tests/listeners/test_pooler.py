"""Everything behind PgBouncer in transaction mode, whose every transaction may have another backend."""

import asyncio
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.postgres.migrations.roles import settle_roles
from app.postgres.pooler import POOLED
from app.serving.apps import create_public_app
from app.settings import ApiSettings, ListenerSettings
from listeners.engine.connection import connect
from listeners.engine.notifications import Notifications
from listeners.engine.program import Program
from tests.support.http_apps import serving
from tests.support.listening import listening
from tests.support.market import Market, Person
from tests.support.pgbouncer import pgbouncer, without_prepared_statements
from tests.support.servers import PostgresServer
from tests.support.waiting import PATIENCE_SECONDS, eventually

# What a careless administrator may have set for the whole database.
HOSTILE = {
    "TimeZone": "Asia/Jakarta",
    "DateStyle": "German",
    "IntervalStyle": "iso_8601",
    "bytea_output": "escape",
    "default_transaction_isolation": "serializable",
    "search_path": "public",
    "statement_timeout": "1ms",
}


async def ask(
    client: httpx.AsyncClient, method: str, path: str, who: Person, *, key: str = "", **body: object
) -> object:
    headers = who.headers | ({"Idempotency-Key": key} if key else {})
    answer = await client.request(method, path, json=body or None, headers=headers)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


async def test_a_whole_paid_session_is_played_behind_a_transaction_pooler(
    postgres_server: PostgresServer,
    api_settings: ApiSettings,
    listener_settings: ListenerSettings,
    conn: psycopg.Connection,
    market: Market,
) -> None:
    name = conn.info.dbname
    for setting, value in HOSTILE.items():
        conn.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'".encode())
    assert settle_roles(conn) == []
    customer, mitra, package = market.customer(), market.mitra(online=False), market.package()
    with pgbouncer(postgres_server, default_pool_size=3, **without_prepared_statements()) as pooled:
        direct = {"listen_database_url": postgres_server.url(name, role="halo_listener")}
        public = api_settings.model_copy(update=direct | {"database_url": pooled.url(name, role="halo_app")})
        daemon = listener_settings.model_copy(update=direct | {"database_url": pooled.url(name, role="halo_listener")})
        async with listening(daemon) as listener, serving(create_public_app(public)) as api:

            async def leads() -> bool:
                return bool((await listener.get("/readyz")).json()["leading"])

            await eventually(leads, "the listener leads")
            await ask(api, "POST", "/api/mitra/status/online", mitra)
            asked = [
                await ask(api, "POST", "/api/payment-requests", customer, key="pay", package_id=str(package))
                for _ in range(2)
            ]
            assert asked[0] == asked[1]
            assert isinstance(asked[0], dict)
            await ask(api, "POST", f"/api/payment-requests/{asked[0]['id']}/confirm", customer)

            async def offers() -> list[dict[str, str]]:
                answer = await ask(api, "GET", "/api/mitra/offers", mitra)
                assert isinstance(answer, dict)
                return list(answer["items"])

            async def is_offered() -> bool:
                return bool(await offers())

            await eventually(is_offered, "the listener pairs")
            accept = f"/api/mitra/offers/{(await offers())[0]['id']}/accept"
            session = await ask(api, "POST", accept, mitra, key="accept")
            assert session == await ask(api, "POST", accept, mitra, key="accept")
            assert isinstance(session, dict)
            chat = f"/api/chat/{session['id']}"
            for party in (customer, mitra, customer):
                await ask(api, "POST", f"{chat}/messages", party, client_message_id=str(uuid4()), body="Halo")
            await ask(api, "POST", f"{chat}/end", customer)

            async def is_dispatched() -> bool:
                return bool(market.value("SELECT count(*) = 0 FROM core.event_queue"))

            await eventually(is_dispatched, "every event is dispatched")
        market.assert_all_is_well()
        # Nothing that the programs did stays with the backends that they used; the roles' own settings hold there.
        with psycopg.connect(pooled.url(name, role="halo_app"), autocommit=True, prepare_threshold=None) as other:
            shown = {
                setting: other.execute(f"SHOW {setting}".encode()).fetchone()
                for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "DateStyle")
            }
            prepared = other.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        assert shown == {
            "statement_timeout": ("15s",),
            "lock_timeout": ("4s",),
            "idle_in_transaction_session_timeout": ("5s",),
            "DateStyle": ("ISO, MDY",),
        }
        assert prepared == (0,)


async def test_no_session_setting_is_given_to_a_backend_that_others_use_too(
    postgres_server: PostgresServer, conn: psycopg.Connection
) -> None:
    with pgbouncer(postgres_server, default_pool_size=1) as pooled:
        dsn = pooled.url(conn.info.dbname)
        ours = await connect(dsn, name="ours", limit=1)
        assert ours.prepare_threshold is None
        with psycopg.connect(dsn, autocommit=True) as other:
            assert other.execute("SHOW statement_timeout").fetchone() == ("0",)
        await ours.close()
    direct = await connect(postgres_server.url(conn.info.dbname), name="ours", limit=1)
    assert direct.prepare_threshold is not None
    assert await (await direct.execute("SHOW statement_timeout")).fetchone() == ("1s",)
    await direct.close()


async def test_a_listener_that_is_lent_backends_says_what_to_set(
    postgres_server: PostgresServer, conn: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    with pgbouncer(postgres_server) as pooled:
        program = Program()
        notifications = Notifications(pooled.url(conn.info.dbname), {}, program=program)
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            running = group.create_task(notifications.run())
            await notifications.first_try.wait()
            assert not notifications.listening
            running.cancel()
    assert POOLED in capsys.readouterr().out
