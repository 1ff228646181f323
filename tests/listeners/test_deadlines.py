"""What time makes due is moved near to its time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from app.mirror import reader
from app.mirror.gateway import Gateway
from app.postgres.database import Database
from app.sql.deadlines import Fired, run_due, time_to_next_deadline
from listeners.concerns.deadlines import Deadlines
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from tests.support.listening import Listening
from tests.support.market import Market, Person
from tests.support.waiting import eventually


async def status_becomes(conn: psycopg.Connection, session_id: object, wanted: str) -> None:
    async def same() -> bool:
        row = conn.execute("SELECT status FROM core.chat_sessions WHERE id = %s", [session_id]).fetchone()
        return row is not None and row[0] == wanted

    await eventually(same, f"the session is {wanted}")


async def test_a_session_whose_time_is_up_closes_and_completes_by_itself(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    market.set("closure_grace_seconds", 1)
    session_id = market.session(market.customer(), market.mitra())
    conn.execute(
        "UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '0.5 s' WHERE id = %s", [session_id]
    )
    await status_becomes(conn, session_id, "closing")
    await status_becomes(conn, session_id, "completed")


async def test_a_deadline_nobody_rang_for_is_met_within_the_poll(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    session_id = market.session(market.customer(), market.mitra())
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")  # no trigger rings
        conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [session_id])
    await status_becomes(conn, session_id, "closing")


async def test_an_overdue_row_that_is_locked_holds_up_no_other(
    listener: Listening, market: Market, conn: psycopg.Connection, database_url: str
) -> None:
    locked = market.session(market.customer(), market.mitra())
    other = market.session(market.customer(), market.mitra())
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR UPDATE", [locked])
        conn.execute("SET lock_timeout = '100ms'")
        conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [other])
        await status_becomes(conn, other, "closing")


async def test_the_lateness_is_measured(listener: Listening, market: Market, conn: psycopg.Connection) -> None:
    series = 'halobestie_deadline_lateness_seconds_count{kind="expiry"}'
    before = await listener.metric(series)
    session_id = market.session(market.customer(), market.mitra())
    conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [session_id])
    await status_becomes(conn, session_id, "closing")

    async def measured() -> bool:
        return await listener.metric(series) > before

    await eventually(measured, "the lateness is in the metrics")


def an_overdue_extension(market: Market, mitra: Person) -> UUID:
    """A session extending, whose mitra let the time to answer pass."""
    market.set("extension_timeout_seconds", 1)
    return market.extension(market.session(market.customer(), mitra))


async def extension_becomes(market: Market, extension: UUID, wanted: str) -> None:
    async def same() -> bool:
        found: str = market.value("SELECT status FROM core.session_extensions WHERE id = %s", extension)
        return found == wanted

    await eventually(same, f"the extension is {wanted}")


async def test_silence_of_a_mitra_on_a_live_socket_goes_on(
    listener: Listening, market: Market, conn: psycopg.Connection, db: Database
) -> None:
    mitra = market.mitra()
    gateway = await Gateway.open(listener.settings, db)
    try:

        async def leased() -> bool:
            return await gateway.lease("mitra", mitra.id, "a socket") and bool(await gateway.reachable(mitra.id))

        await eventually(leased, "the mitra is connected and mirrored")
        await extension_becomes(market, an_overdue_extension(market, mitra), "accepted")
    finally:
        await gateway.close()


async def test_silence_of_a_mitra_without_a_socket_charges_nobody(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    extension = an_overdue_extension(market, market.mitra())
    await extension_becomes(market, extension, "timeout")
    cause = market.value(
        """
        SELECT payment.failure_cause FROM core.session_extensions AS extension
        JOIN core.payment_requests AS payment ON payment.id = extension.payment_request_id WHERE extension.id = %s
        """,
        extension,
    )
    assert cause == "extension_safeguard_tripped"


async def test_silence_is_not_judged_while_sockets_are_leased_again_after_valkey_was_emptied(
    listener: Listening, market: Market, conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LEASES_SETTLE_MS", 3_600_000)
    market.set("extension_settle_grace_seconds", 600)
    extension = an_overdue_extension(market, market.mitra())

    async def is_overdue() -> bool:
        overdue = "SELECT expires_at < clock_timestamp() FROM core.session_extensions WHERE id = %s"
        return bool(market.value(overdue, extension))

    await eventually(is_overdue, "the extension is overdue")
    for _ in range(2):  # the round that moves the second session has looked at the extension
        session_id = market.session(market.customer(), market.mitra())
        conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [session_id])
        await status_becomes(conn, session_id, "closing")
    assert market.value("SELECT status FROM core.session_extensions WHERE id = %s", extension) == "pending"
    monkeypatch.setattr(reader, "LEASES_SETTLE_MS", 0)
    await extension_becomes(market, extension, "timeout")


async def test_an_extension_that_can_not_be_settled_holds_up_nothing_and_is_seen(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    market.set("extension_settle_grace_seconds", 0)
    extension = an_overdue_extension(market, market.mitra())
    add = sql.SQL("ALTER TABLE core.session_extensions ADD CONSTRAINT planted CHECK (id <> {}) NOT VALID")
    conn.execute(add.format(sql.Literal(extension)))
    session_id = market.session(market.customer(), market.mitra())

    async def is_counted() -> bool:
        return await listener.metric('halobestie_failed_deadlines{kind="extension"}') == 1

    await eventually(is_counted, "the failure is counted")
    conn.execute("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s", [session_id])
    await status_becomes(conn, session_id, "closing")
    conn.execute("ALTER TABLE core.session_extensions DROP CONSTRAINT planted")
    conn.execute("UPDATE core.failed_deadlines SET again_at = clock_timestamp()")
    await extension_becomes(market, extension, "timeout")


async def test_after_a_time_out_fewer_rows_are_asked_for_and_first_those_of_other_kinds() -> None:
    answers: list[list[str]] = [[], ["other"], [], ["slow"], ["slow"]]
    asked: list[tuple[int, int]] = []

    class Slow:
        async def run(self, call: object, **arguments: int) -> object:
            if call is not run_due:
                return timedelta(seconds=1) if call is time_to_next_deadline else []
            asked.append((arguments["limit"], arguments.get("passed", 0)))
            if len(asked) == 1:
                raise psycopg.errors.QueryCanceled
            moment = datetime.now(UTC)
            return [Fired(kind, uuid4(), moment, moment) for kind in answers[len(asked) - 1]]

    deadlines = Deadlines(cast("Backend", Slow()), cast("Gateway", None), Doorbell())
    with pytest.raises(psycopg.errors.QueryCanceled):
        await deadlines.run()
    for _ in range(3):
        await deadlines.run()

    assert asked == [(500, 0), (50, 1), (100, 1), (100, 0), (200, 0)]


async def test_while_more_is_due_than_a_call_takes_two_work_at_once() -> None:
    answers = [500, 500, 3, 2, 0, 0]
    at_once: list[int] = []
    running = 0

    class Busy:
        async def run(self, call: object, **_arguments: int) -> object:
            nonlocal running
            if call is not run_due:
                return timedelta(seconds=1) if call is time_to_next_deadline else []
            running += 1
            await asyncio.sleep(0)
            at_once.append(running)
            await asyncio.sleep(0)
            running -= 1
            return [Fired("expiry", uuid4(), datetime.now(UTC), datetime.now(UTC))] * answers.pop(0)

    deadlines = Deadlines(cast("Backend", Busy()), cast("Gateway", None), Doorbell())
    for _ in range(4):
        await deadlines.run()

    assert at_once == [1, 2, 2, 2, 2, 1]
