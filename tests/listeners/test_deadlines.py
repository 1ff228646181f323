"""What time makes due is moved near to its time."""

import psycopg

from tests.http.market import Market
from tests.listeners.conftest import Listening, eventually


async def status_becomes(conn: psycopg.Connection, session_id: object, wanted: str, *, seconds: float) -> None:
    async def same() -> bool:
        row = conn.execute("SELECT status FROM core.chat_sessions WHERE id = %s", [session_id]).fetchone()
        return row is not None and row[0] == wanted

    await eventually(same, f"the session is {wanted}", seconds=seconds)


async def test_a_session_whose_time_is_up_closes_and_completes_by_itself(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    market.value("SELECT api.set_config('closure_grace_seconds', '1', 'test')")
    session_id = market.session(market.customer(), market.mitra())
    conn.execute(
        "UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '0.5 s' WHERE id = %s", [session_id]
    )
    await status_becomes(conn, session_id, "closing", seconds=2.0)
    await status_becomes(conn, session_id, "completed", seconds=2.5)


async def test_a_deadline_nobody_rang_for_is_met_within_the_poll(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    session_id = market.session(market.customer(), market.mitra())
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")  # no trigger rings
        conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [session_id])
    await status_becomes(conn, session_id, "closing", seconds=2.5)


async def test_an_overdue_row_that_is_locked_holds_up_no_other(
    listener: Listening, market: Market, conn: psycopg.Connection, database_url: str
) -> None:
    locked = market.session(market.customer(), market.mitra())
    other = market.session(market.customer(), market.mitra())
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR UPDATE", [locked])
        conn.execute("SET lock_timeout = '100ms'")
        conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [other])
        await status_becomes(conn, other, "closing", seconds=2.5)


async def test_the_lateness_is_measured(listener: Listening, market: Market, conn: psycopg.Connection) -> None:
    series = 'halobestie_deadline_lateness_seconds_count{kind="expiry"}'
    before = await listener.metric(series)
    session_id = market.session(market.customer(), market.mitra())
    conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [session_id])
    await status_becomes(conn, session_id, "closing", seconds=2.5)

    async def measured() -> bool:
        return await listener.metric(series) > before

    await eventually(measured, "the lateness is in the metrics")
