"""Every listener tells what waits for operators and whether commits last; the leader looks for what must never be."""

import psycopg
import structlog

from app.settings import ListenerSettings
from listeners.concerns.invariants import InvariantCheck
from listeners.engine.backend import Backend
from tests.support.listening import listening
from tests.support.market import Market
from tests.support.waiting import eventually


async def test_an_open_report_and_whether_commits_last_are_told(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.report_other_party(%s, 'customer', %s, 'rude')", session, customer.id)
    async with listening(listener_settings) as listener:

        async def is_told() -> bool:
            return await listener.metric("halobestie_reports_open") == 1

        await eventually(is_told, "the report is told")
        assert await listener.metric("halobestie_oldest_report_seconds") > 0
        row = conn.execute("SELECT current_setting('fsync') = 'on'").fetchone()
        assert row is not None
        assert await listener.metric("halobestie_postgres_durable") == row[0]


async def test_what_must_never_be_is_counted_and_logged(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    backend = Backend(listener_settings.database_url, name="test")
    check = InvariantCheck(backend)
    try:
        assert await check.check() == ""
        mitra = market.mitra()
        conn.execute("UPDATE core.mitra_loads SET capacity = 7 WHERE mitra_id = %s", [mitra.id])
        with structlog.testing.capture_logs() as lines:
            assert await check.check() != ""
    finally:
        backend.close()
    told = [(line["event"], line["subject"]) for line in lines]
    assert ("invariant_violated", str(mitra.id)) in told
