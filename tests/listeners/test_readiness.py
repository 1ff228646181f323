"""What `/readyz` of a listener tells: 503 for what this listener can't do, `degraded` for trouble that all share."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import httpx
import psycopg
import pytest
from psycopg import sql

from app.development.processes import free_port
from app.settings import ListenerSettings
from app.valkey.endpoint import Endpoint
from listeners import daemon
from listeners.engine.program import Program
from tests.support.listening import Listening, listening, port_of
from tests.support.market import Market
from tests.support.mirror import Mirror
from tests.support.proxy import proxied
from tests.support.valkey_client import holder
from tests.support.waiting import PATIENCE_SECONDS, eventually


async def test_until_the_mirror_is_seeded_the_health_port_says_that_it_is_starting(
    listener_settings: ListenerSettings, conn: psycopg.Connection
) -> None:
    conn.execute("REVOKE EXECUTE ON FUNCTION api.mirror_page FROM halo_listener")
    program, ready = Program(), asyncio.Event()
    running = asyncio.create_task(daemon.run(listener_settings, port_of(listener_settings), ready, program=program))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener_settings.listener_port}") as client:

            async def leads() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return bool((await client.get("/readyz")).json()["leading"])
                return False

            await eventually(leads, "it leads")
            answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()["status"], ready.is_set()) == (503, "starting", False)
            assert (await client.get("/healthz")).status_code == 200
            conn.execute("GRANT EXECUTE ON FUNCTION api.mirror_page TO halo_listener")
            await asyncio.wait_for(ready.wait(), PATIENCE_SECONDS)
            assert (await client.get("/readyz")).status_code == 200
    finally:
        program.stop()
        await asyncio.wait_for(running, PATIENCE_SECONDS)


async def test_the_health_port_answers_head_as_get_without_a_body(listener: Listening) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        given, head = await listener.get(path), await listener.get(path, method="HEAD")
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"] == given.headers["content-type"]
        assert int(head.headers["content-length"]) > 0


@pytest.mark.not_on("pooler", "it keeps sessions that began while the setting was there, until RECONNECT")
async def test_a_server_that_takes_no_writes_makes_it_unready_until_it_does_again(
    listener: Listening, market: Market, conn: psycopg.Connection, role_url: Callable[[str], str]
) -> None:
    database = sql.Identifier(conn.info.dbname)

    async def status(code: int) -> bool:
        return (await listener.get("/readyz")).status_code == code

    def end_the_listeners_sessions() -> None:
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'halo_listener'")

    assert await status(200)
    conn.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(database))
    try:
        end_the_listeners_sessions()
        await eventually(lambda: status(503), "it is not ready")

        async def measured() -> bool:
            return await listener.metric("halobestie_postgres_writable") == 0

        await eventually(measured, "the gauge shows why")
    finally:
        conn.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(database))
    await eventually(lambda: status(200), "it is ready again")
    market.session(market.customer(), market.mitra())

    async def dispatched() -> bool:
        return bool(market.value("SELECT count(*) = 0 FROM core.event_queue"))

    await eventually(dispatched, "events are dispatched again")


async def test_without_valkey_it_gives_the_lead_to_a_listener_that_has_it(
    listener_settings: ListenerSettings, mirror: Mirror, conn: psycopg.Connection
) -> None:
    _, port = Endpoint.parse(holder(listener_settings.valkey_url)).addresses[0]
    async with proxied(port, random.Random(1)) as proxy:
        cut_off = listener_settings.model_copy(update={"valkey_url": f"valkey://127.0.0.1:{proxy.port}"})
        async with listening(cut_off) as first:
            standby = listener_settings.model_copy(update={"listener_port": free_port()})
            async with listening(standby) as second:
                assert (await first.get("/readyz")).json()["leading"] is True
                proxy.refusing = True
                proxy.end()

                async def degraded() -> bool:
                    return "valkey_away" in (await first.get("/readyz")).json()["reasons"]

                async def took_over() -> bool:
                    return bool((await second.get("/readyz")).json()["leading"])

                await eventually(degraded, "it says that Valkey is away")
                ready = await first.get("/readyz")
                assert (ready.status_code, ready.json()["status"]) == (200, "degraded")

                async def measured() -> bool:
                    # the other listener, which has Valkey, sets the same gauge in this process
                    return await degraded() and await first.metric('halobestie_degraded{reason="valkey_away"}') == 1

                await eventually(measured, "the gauge shows it")
                await eventually(took_over, "the other leads")
            # The other has ended: nobody leads, and after a while the lead is taken without Valkey.
            assert (await first.get("/readyz")).json()["leading"] is False

            async def leads_blindly() -> bool:
                return bool((await first.get("/readyz")).json()["leading"])

            await eventually(leads_blindly, "it leads, though without Valkey")


async def test_nobody_leading_is_told_by_every_listener(listener: Listening, conn: psycopg.Connection) -> None:
    # Somebody unknown holds a lease that ran out long ago, and PostgreSQL gives it to nobody.
    conn.execute("REVOKE EXECUTE ON FUNCTION api.renew_leadership, api.take_leadership FROM halo_listener")

    async def unled() -> bool:
        report = (await listener.get("/readyz")).json()
        return not report["leading"] and report["reasons"][:1] == ["nobody_leads"]

    try:
        await eventually(unled, "nobody leads")
        assert (await listener.get("/readyz")).status_code == 200
        assert await listener.metric("halobestie_nobody_leads_seconds") > 10
    finally:
        conn.execute("GRANT EXECUTE ON FUNCTION api.renew_leadership, api.take_leadership TO halo_listener")
