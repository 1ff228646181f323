"""What is answered while a store is away, and that it heals by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.development.valkey import EmbeddedValkey
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import problem, serving
from tests.support.market import Market
from tests.support.mirror import kept_mirror, seed_mirror
from tests.support.waiting import eventually

POOL_SIZE = 10
HEARTBEAT = "/api/mitra/status/heartbeat"


def is_ready(client: httpx.AsyncClient, **stores: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        answer = await client.get("/readyz")
        return answer.status_code == 200 and stores.items() <= answer.json().items()

    return ready


@pytest.fixture
def own_settings(api_settings: ApiSettings, own_postgres: EmbeddedPostgres, own_valkey: EmbeddedValkey) -> ApiSettings:
    """Stores that a test may stop."""
    return api_settings.model_copy(
        update={"database_url": own_postgres.url("halobestie", role="halo_app"), "valkey_url": own_valkey.url}
    )


@pytest.fixture
def own_conn(own_postgres: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    conn = psycopg.connect(own_postgres.url("halobestie"), autocommit=True)
    yield conn
    conn.close()


@pytest.fixture
async def client(own_settings: ApiSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(create_public_app(own_settings)) as client:
        yield client


async def test_without_postgresql_requests_are_told_when_to_come_back_and_heartbeats_go_on(
    client: httpx.AsyncClient,
    own_settings: ApiSettings,
    own_postgres: EmbeddedPostgres,
    own_conn: psycopg.Connection,
) -> None:
    market = Market(own_conn)
    mitra, customer, package = market.mitra(), market.customer(), market.package()
    await seed_mirror(own_settings, own_conn)
    async with kept_mirror(own_settings):
        own_conn.close()
        await asyncio.to_thread(own_postgres.kill)

        for answer in await asyncio.gather(
            client.get("/api/me", headers=customer.headers),
            client.post("/api/payment-requests", json={"package_id": str(package)}, headers=customer.headers),
            client.post("/api/auth/customer/anonymous"),
            client.post("/api/mitra/status/online", headers=mitra.headers),
            client.get("/readyz"),
        ):
            assert problem(answer) == (503, "SERVICE_UNAVAILABLE")
            assert int(answer.headers["retry-after"]) > 0
            for inside in ("postgres:", "psycopg", "127.0.0.1", "/tmp", "halobestie_"):
                assert inside not in answer.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.post(HEARTBEAT, headers=mitra.headers)).status_code == 204
        assert (await client.get("/api/availability")).json()["source"] == "valkey"

    await asyncio.to_thread(own_postgres.start)
    await eventually(is_ready(client), "it is ready again")
    assert (await client.get("/api/me", headers=customer.headers)).status_code == 200


async def test_without_valkey_everything_works_from_postgresql(
    client: httpx.AsyncClient, own_settings: ApiSettings, own_valkey: EmbeddedValkey, own_conn: psycopg.Connection
) -> None:
    market = Market(own_conn)
    mitra, away, customer = market.mitra(), market.mitra(online=False), market.customer()
    await seed_mirror(own_settings, own_conn)
    await asyncio.to_thread(own_valkey.kill)

    beacon = (await client.get("/api/availability")).json()
    assert (beacon["available_mitras"], beacon["source"]) == (1, "postgres")
    assert (await client.post(HEARTBEAT, headers=mitra.headers)).status_code == 204
    assert problem(await client.post(HEARTBEAT, headers=away.headers)) == (409, "NOT_ONLINE")
    body = {"package_id": str(market.package())}
    assert (await client.post("/api/payment-requests", json=body, headers=customer.headers)).status_code == 201
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["reasons"][-1]) == (200, "valkey_away")
    assert ready.json().items() >= {"status": "degraded", "postgres": "up", "valkey": "down"}.items()

    await asyncio.to_thread(own_valkey.start)
    await eventually(is_ready(client, valkey="up"), "it is ready again, with Valkey")


async def test_a_stopped_valkey_holds_up_no_request(
    client: httpx.AsyncClient, own_settings: ApiSettings, own_valkey: EmbeddedValkey, own_conn: psycopg.Connection
) -> None:
    market = Market(own_conn)
    mitra = market.mitra()
    await seed_mirror(own_settings, own_conn)
    own_valkey.child.send_signal(signal.SIGSTOP)
    try:
        for _ in range(5):
            assert (await client.post(HEARTBEAT, headers=mitra.headers)).status_code == 204
    finally:
        own_valkey.child.send_signal(signal.SIGCONT)


@pytest.mark.usefixtures("long_locks")
async def test_a_pool_that_is_used_up_is_answered_with_503_and_not_with_patience(
    api: httpx.AsyncClient, market: Market, database_url: str
) -> None:
    customer = market.customer()
    market.mitra()
    body = {"package_id": str(market.package())}
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM core.customers WHERE id = %s FOR NO KEY UPDATE", [customer.id])
        waiting = [
            asyncio.create_task(api.post("/api/payment-requests", json=body, headers=customer.headers))
            for _ in range(POOL_SIZE)
        ]

        async def all_wait() -> bool:
            return await market.queue_for_locks() == POOL_SIZE

        await eventually(all_wait, "all requests wait for the customer")
        refused = await api.get("/api/me", headers=customer.headers)
        assert problem(refused) == (503, "SERVICE_UNAVAILABLE")
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {201}


async def test_what_broke_inside_stays_inside(api: httpx.AsyncClient, market: Market, conn: psycopg.Connection) -> None:
    customer = market.customer()
    conn.execute("ALTER TABLE core.customers RENAME COLUMN display_name TO something_secret")
    answer = await api.get("/api/me", headers=customer.headers)
    assert problem(answer) == (500, "INTERNAL_ERROR")
    for inside in ("display_name", "something_secret", "core.", "psycopg", "Traceback", "SELECT"):
        assert inside not in answer.text
