"""A period with more earnings than one call gathers has all of its payouts soon after it was closed."""

import psycopg
import pytest

from app.settings import ListenerSettings
from listeners.concerns.payouts import PayoutMaker
from listeners.engine.backend import Backend
from tests.support.listening import Listening
from tests.support.people import People
from tests.support.waiting import eventually

MITRAS, EARNINGS_EACH = 7, 1000
FAILING = """
CREATE FUNCTION core.tg_fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this period cannot be gathered';
END
$$;
CREATE TRIGGER fail BEFORE UPDATE ON core.payout_periods FOR EACH ROW
WHEN (OLD.closed_at = '2026-01-01') EXECUTE FUNCTION core.tg_fail();
"""


async def test_a_listener_makes_the_payouts_that_closing_a_period_did_not(
    people: People, listener: Listening, database_url: str
) -> None:
    session = people.session(people.mitra(), people.customer())
    mitras = sorted(people.mitra() for _ in range(MITRAS))
    people.column(
        """WITH earning AS (
            INSERT INTO core.mitra_earnings (session_id, mitra_id, amount, kept, share)
            SELECT %s, mitra.id, 1, 1, 1
            FROM unnest(%s::uuid[]) AS mitra (id) CROSS JOIN generate_series(1, %s)
            RETURNING id, mitra_id
        )
        INSERT INTO core.earning_payouts (earning_id, mitra_id)
        SELECT id, mitra_id FROM earning RETURNING earning_id""",
        session,
        mitras,
        EARNINGS_EACH,
    )
    # Somebody holds a row of a mitra whose turn is the listener's to give.
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.earning_payouts WHERE mitra_id = %s LIMIT 1 FOR UPDATE", [mitras[5]])
        closed = people.value("SELECT api.close_payout_period(clock_timestamp())")
        assert (closed["is_complete"], closed["payouts"]) == (False, 5)

        async def are_paid() -> bool:
            return people.column("SELECT mitra_id FROM core.payouts ORDER BY mitra_id") == [*mitras[:5], mitras[6]]

        await eventually(are_paid, "the listener has made all others")

    async def is_gathered() -> bool:
        return people.value("SELECT gathered_at IS NOT NULL FROM core.payout_periods") is True

    await eventually(is_gathered, "the listener has come back")
    again = people.value("SELECT api.close_payout_period(until) FROM core.payout_periods")
    assert (again["is_complete"], again["payouts"], again["amount"]) == (True, MITRAS, MITRAS * EARNINGS_EACH)
    assert {payout["amount"] for payout in again["items"]} == {EARNINGS_EACH}


async def test_a_period_whose_step_fails_holds_up_no_other(
    people: People, listener_settings: ListenerSettings, conn: psycopg.Connection
) -> None:
    people.value("SELECT api.end_session(%s, 'cc', NULL)", people.session(people.mitra()))
    conn.execute(FAILING.encode())
    close = "INSERT INTO core.payout_periods (until, closed_at) VALUES (clock_timestamp(), %s) RETURNING until"
    first, second = (people.value(close, closed_at) for closed_at in ("2026-01-01", "2026-01-02"))
    backend = Backend(listener_settings.database_url, name="test")
    try:
        with pytest.raises(ExceptionGroup, match="payouts were not made"):
            await PayoutMaker(backend).make()
    finally:
        backend.close()
    assert people.column("SELECT until FROM core.payouts") == [second]
    assert people.column("SELECT until FROM core.payout_periods WHERE gathered_at IS NULL") == [first]
