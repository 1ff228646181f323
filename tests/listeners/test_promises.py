"""Every listener tells what waits for operators and whether commits last; the leader looks for what must never be."""

import psycopg
import structlog

from app.observability import metrics
from app.settings import ListenerSettings
from listeners.concerns.invariants import InvariantCheck
from listeners.engine.backend import Backend
from tests.support.check import A_SLICE_A_PAGE
from tests.support.listening import listening
from tests.support.market import Market
from tests.support.waiting import eventually

WORK_FAILS = """
INSERT INTO core.failed_deadlines (kind, id, again_at, error)
SELECT 'expiry', gen_random_uuid(), now(), 'broken' FROM generate_series(1, %s)
"""
NO_END = """
CREATE OR REPLACE FUNCTION core.wrong_counts() RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE AS $$ SELECT '', '', '' FROM pg_sleep(60) $$
"""


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
            assert await check.check() == "1 violations"
    finally:
        backend.close()
    told = [(line["event"], line["subject"]) for line in lines]
    assert ("invariant_violated", str(mitra.id)) in told


async def test_a_round_of_many_pages_is_counted_whole(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    conn.execute(A_SLICE_A_PAGE)
    market.session(market.customer(), market.mitra())
    backend = Backend(listener_settings.database_url, name="test")
    check = InvariantCheck(backend)
    try:
        assert await check.check() == ""
        conn.execute(WORK_FAILS, [450])
        conn.execute("UPDATE core.payment_requests SET session_id = NULL")  # the last of all pages tells of it
        with structlog.testing.capture_logs() as lines:
            assert await check.check() == "451 violations"
    finally:
        backend.close()
    assert told("halobestie_invariant_violations") == 451
    assert len([line for line in lines if line["event"] == "invariant_violated"]) == 100


async def test_a_round_that_is_broken_off_says_so_and_tells_no_number(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    backend = Backend(listener_settings.database_url, name="test", limit=0.5)
    check = InvariantCheck(backend)
    try:
        assert await check.check() == ""
        checked = told("halobestie_invariants_checked_timestamp_seconds")
        conn.execute(A_SLICE_A_PAGE)
        conn.execute(WORK_FAILS, [3])
        conn.execute(NO_END)
        assert await check.check() == "not checked within the limit; 3 violations until then"
    finally:
        backend.close()
    assert told("halobestie_invariants_checked_timestamp_seconds") == checked
    assert told("halobestie_invariant_violations") == 0


def told(name: str) -> float | None:
    """What a gauge says."""
    return metrics.LISTENER.get_sample_value(name)
