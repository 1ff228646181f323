"""PostgreSQL's notification queue, really full: what is refused meanwhile, and how the leader gets it empty."""

from collections.abc import Iterator

import psycopg
import pytest
from structlog.testing import capture_logs

from app.development.postgres import EmbeddedPostgres
from app.serving.apps import create_public_app
from app.settings import ApiSettings, ListenerSettings
from tests.support.http_apps import problem, serving
from tests.support.listening import listening
from tests.support.market import Market
from tests.support.waiting import eventually

PAGES = 64
"""The fewest that PostgreSQL can be told to keep, of 8 KiB each. It can be told since version 17."""

NOTIFICATION = "SELECT pg_notify('fill', repeat('x', 7000))"


@pytest.fixture
def small_queue(own_postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    """A server whose queue is soon full."""
    with psycopg.connect(own_postgres.url(), autocommit=True) as admin:
        admin.execute(f"ALTER SYSTEM SET max_notify_queue_pages = {PAGES}")
    own_postgres.stop()
    own_postgres.start()
    return own_postgres


@pytest.fixture
def pins(small_queue: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A session of ours that listens and stands still in a transaction: what it did not read yet must be kept."""
    session = psycopg.connect(small_queue.url("halobestie", role="halo_dba"))
    session.execute("LISTEN events")
    session.commit()
    session.execute("SELECT")
    yield session
    session.close()


@pytest.fixture
def owner(small_queue: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """The owner's connection to that server."""
    with psycopg.connect(small_queue.url("halobestie"), autocommit=True) as conn:
        yield conn


def fill(conn: psycopg.Connection) -> None:
    """Notify until PostgreSQL refuses, at the most as often as the queue has room."""
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as full:
        for _ in range(2 * PAGES):
            conn.execute(NOTIFICATION)
    assert full.value.sqlstate == "54000"


async def test_a_full_queue_is_503_until_the_leader_ends_the_session_that_keeps_it_full(
    small_queue: EmbeddedPostgres,
    owner: psycopg.Connection,
    pins: psycopg.Connection,
    api_settings: ApiSettings,
    listener_settings: ListenerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("listeners.concerns.upkeep.STUCK_SECONDS", 0.5)
    monkeypatch.setattr("listeners.concerns.upkeep.QUEUE_SECONDS", 0.5)
    mitra = Market(owner).mitra(online=False)
    public = api_settings.model_copy(update={"database_url": small_queue.url("halobestie", role="halo_app")})
    daemon = listener_settings.model_copy(update={"database_url": small_queue.url("halobestie", role="halo_listener")})
    async with serving(create_public_app(public)) as api:
        fill(owner)
        refused = await api.post("/api/mitra/status/online", headers=mitra.headers)
        assert problem(refused) == (503, "SERVICE_UNAVAILABLE")
        assert int(refused.headers["retry-after"]) > 0
        assert (await api.get("/api/mitra/status", headers=mitra.headers)).json()["is_online"] is False
        with capture_logs() as lines:
            async with listening(daemon) as listener:

                async def is_served() -> bool:
                    answer = await api.post("/api/mitra/status/online", headers=mitra.headers)
                    assert answer.status_code in (200, 503), answer.text
                    return answer.status_code == 200

                await eventually(is_served, "business goes on")

                async def is_empty() -> bool:
                    return await listener.metric("halobestie_notification_queue_usage_ratio") < 0.1

                await eventually(is_empty, "the queue is empty")
    warnings = [line for line in lines if line["log_level"] == "warning"]
    [ended] = [line for line in warnings if line["event"] == "stuck_session_ended"]
    assert (ended["pid"], ended["role"]) == (pins.info.backend_pid, "halo_dba")
    fills = next(line for line in warnings if line["event"] == "notification_queue_fills")
    assert fills["used"] > 0.9
    assert not [line for line in lines if line["log_level"] == "error"]
    with pytest.raises(psycopg.OperationalError):
        pins.execute("SELECT")


async def test_a_working_listener_outlives_a_full_queue(
    small_queue: EmbeddedPostgres,
    owner: psycopg.Connection,
    pins: psycopg.Connection,
    listener_settings: ListenerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("listeners.concerns.upkeep.STUCK_SECONDS", 0.5)
    monkeypatch.setattr("listeners.concerns.upkeep.QUEUE_SECONDS", 2.0)
    daemon = listener_settings.model_copy(update={"database_url": small_queue.url("halobestie", role="halo_listener")})
    market = Market(owner)
    async with listening(daemon) as listener:
        with capture_logs() as lines:
            fill(owner)

            async def is_notified() -> bool:
                try:
                    market.session(market.customer(), market.mitra())
                except psycopg.errors.ProgramLimitExceeded:
                    return False
                return True

            await eventually(is_notified, "notifications are taken again")

            async def is_dispatched() -> bool:
                return bool(market.value("SELECT count(*) = 0 FROM core.event_queue"))

            await eventually(is_dispatched, "the listener dispatches")
        assert (await listener.get("/readyz")).json()["leading"] is True
    assert [line["pid"] for line in lines if line["event"] == "stuck_session_ended"] == [pins.info.backend_pid]
    assert not [line for line in lines if line["log_level"] == "error"]
