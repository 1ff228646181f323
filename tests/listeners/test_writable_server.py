"""A server that takes no writes, for a while or for good, and connections that end while nobody uses them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator

import httpx
import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.postgres.database import Database
from app.serving.apps import create_public_app
from app.settings import ApiSettings, ListenerSettings
from app.sql.idempotency import claim_idempotency_key
from tests.support.http_apps import problem, serving
from tests.support.listening import listening
from tests.support.market import Market
from tests.support.proxy import proxied
from tests.support.waiting import eventually


@pytest.fixture
def owner(own_postgres: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """The owner's connection to a server of this test's own."""
    with psycopg.connect(own_postgres.url("halobestie"), autocommit=True) as conn:
        yield conn


def is_served(client: httpx.AsyncClient) -> Callable[[], Awaitable[bool]]:
    """Whether something can be written, and the process says that it is ready."""

    async def look() -> bool:
        made, ready = await asyncio.gather(client.post("/api/auth/customer/anonymous"), client.get("/readyz"))
        assert made.status_code in (201, 503), made.text
        return (made.status_code, ready.status_code) == (201, 200)

    return look


async def test_a_server_that_is_read_only_for_a_while_is_503_and_served_again_without_a_restart(
    own_postgres: EmbeddedPostgres,
    owner: psycopg.Connection,
    api_settings: ApiSettings,
    listener_settings: ListenerSettings,
) -> None:
    market = Market(owner)
    public = api_settings.model_copy(update={"database_url": own_postgres.url("halobestie", role="halo_app")})
    daemon = listener_settings.model_copy(update={"database_url": own_postgres.url("halobestie", role="halo_listener")})
    async with listening(daemon) as listener, serving(create_public_app(public)) as api:
        served = is_served(api)
        await eventually(served, "it is served")
        owner.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        owner.execute("SELECT pg_reload_conf()")

        async def is_refused() -> bool:
            answer = await api.post("/api/auth/customer/anonymous")
            return answer.status_code == 503

        await eventually(is_refused, "writes are refused")
        refused = await api.post("/api/auth/customer/anonymous")
        assert problem(refused) == (503, "SERVICE_UNAVAILABLE")
        assert int(refused.headers["retry-after"]) > 0
        assert problem(await api.get("/readyz")) == (503, "SERVICE_UNAVAILABLE")

        async def says_so() -> bool:
            return (await listener.get("/readyz")).status_code == 503

        await eventually(says_so, "the listener is not ready either")
        owner.execute("ALTER SYSTEM RESET default_transaction_read_only")
        owner.execute("SELECT pg_reload_conf()")
        await eventually(served, "it is served again")
        owner.execute("SET default_transaction_read_only = off")
        market.session(market.customer(), market.mitra())

        async def is_dispatched() -> bool:
            return bool(market.value("SELECT count(*) = 0 FROM core.event_queue"))

        await eventually(is_dispatched, "the listener dispatches again")


async def test_a_promoted_standby_is_found_while_the_app_runs(
    own_postgres: EmbeddedPostgres, standby: EmbeddedPostgres, owner: psycopg.Connection, api_settings: ApiSettings
) -> None:
    dsn = f"postgresql://halo_app@127.0.0.1:{standby.port},127.0.0.1:{own_postgres.port}/halobestie"
    async with serving(create_public_app(api_settings.model_copy(update={"database_url": dsn}))) as api:
        served = is_served(api)
        await eventually(served, "the standby, named first, is passed over")
        with psycopg.connect(standby.url("halobestie"), autocommit=True) as there:
            written = owner.execute("SELECT pg_current_wal_lsn()").fetchone()

            async def has_followed() -> bool:
                return there.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written).fetchone() == (True,)

            await eventually(has_followed, "the standby has it all")
            own_postgres.kill()
            assert (await api.post("/api/auth/customer/anonymous")).status_code == 503
            there.execute("SELECT pg_promote()")
        await eventually(served, "the promoted one serves")


async def test_connections_cut_while_idle_cost_no_request(
    api_settings: ApiSettings, role_url: Callable[[str], str]
) -> None:
    dsn = role_url("halo_app")
    port = int(psycopg.conninfo.conninfo_to_dict(dsn)["port"] or 5432)
    async with proxied(port, random.Random(1)) as proxy:
        through = dsn.replace(f":{port}/", f":{proxy.port}/")
        async with serving(create_public_app(api_settings.model_copy(update={"database_url": through}))) as api:
            for _ in range(3):
                await asyncio.gather(*(api.post("/api/auth/customer/anonymous") for _ in range(8)))
                assert len(proxy.serving) > 1
                proxy.end()
                answers = [(await api.post("/api/auth/customer/anonymous")).status_code for _ in range(5)]
                assert answers == [201] * 5


async def test_the_transaction_of_a_vanished_host_ends_and_a_command_that_waits_for_it_is_told_when_to_come_back(
    api_settings: ApiSettings, role_url: Callable[[str], str], conn: psycopg.Connection
) -> None:
    market = Market(conn)
    customer, package = market.customer(), market.package()
    market.mitra()
    url = role_url("halo_app")
    vanishing = await Database.open(url, name="vanishing")
    body = {"package_id": str(package)}
    try:
        async with serving(create_public_app(api_settings.model_copy(update={"database_url": url}))) as api:
            with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
                async with vanishing.transaction() as stuck:
                    # as a request with an Idempotency-Key whose host vanishes between claim and reply
                    await claim_idempotency_key(
                        stuck, user="customer:1", method="POST", path="/", key="k", body_hash=b"b"
                    )
                    await stuck.execute(
                        "SELECT api.create_payment_request(%s, %s, false, NULL, true)", [customer.id, package]
                    )
                    limit = await (await stuck.execute("SHOW idle_in_transaction_session_timeout")).fetchone()
                    await stuck.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                    refused = await api.post("/api/payment-requests", json=body, headers=customer.headers)
                    assert problem(refused) == (503, "SERVICE_UNAVAILABLE")
                    assert int(refused.headers["retry-after"]) > 0
                    await stuck.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", limit)
                    # the limits of waiting and of being idle are near one another: the second request or the third
                    while (
                        made := await api.post("/api/payment-requests", json=body, headers=customer.headers)
                    ).status_code == 503:
                        assert int(made.headers["retry-after"]) > 0
                    assert made.status_code == 201, made.text
                    await stuck.execute("SELECT")
    finally:
        await vanishing.close()
