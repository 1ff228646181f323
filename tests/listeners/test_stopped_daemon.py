"""The daemon was gone, or stood still: on its return everything is settled as it should be, and how late is told."""

import signal
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from app.mirror.gateway import Gateway
from app.postgres.database import Database
from app.settings import ListenerSettings
from tests.support.listener_processes import Process, process
from tests.support.passing import let_pass
from tests.support.people import People
from tests.support.waiting import START_SECONDS, eventually, until

GRACE_SECONDS = 60
EXTENSION_MINUTES, EXTENSION_PRICE = 10, 10000


class Backlog(People):
    """Sessions in every state that a deadline ends."""

    def row(self, query: LiteralString, *params: object) -> tuple[Any, ...]:
        """A query's one row."""
        row = self._conn.execute(query, params).fetchone()
        assert row is not None
        return row

    def session_of(self, mitra: UUID, *, minutes: int) -> UUID:
        """A session of so many minutes that has just begun."""
        return self.session(mitra, package=self.package(minutes=minutes))

    def status(self, table: str, an_id: UUID) -> str:
        """The status of a row of a table."""
        status: str = self.value(f"SELECT status FROM core.{table} WHERE id = %s", an_id)
        return status

    def end(self, session: UUID) -> tuple[str, str]:
        """A session's final status, and why."""
        status, reason = self.row("SELECT status, end_reason FROM core.chat_sessions WHERE id = %s", session)
        return status, reason

    def told(self, session: UUID, event: str) -> int:
        """How often a session's customer was told of it."""
        count: int = self.value(
            "SELECT count(*) FROM core.events AS event JOIN core.chat_sessions AS session"
            " ON event.recipient = 'customer:' || session.customer_id WHERE session.id = %s AND event.type = %s",
            session,
            event,
        )
        return count

    def assert_closing(self, session: UUID, cause: str, *, since: datetime) -> None:
        """The session closes, since the daemon returned, and has a full grace as any other."""
        found = self.row(
            "SELECT status, closing_cause, expires_at >= %s, extract(epoch FROM closing_ends_at - expires_at)"
            " FROM core.chat_sessions WHERE id = %s",
            since,
            session,
        )
        assert found == ("closing", cause, True, GRACE_SECONDS)
        assert self.told(session, "session_closing") == 1

    def assert_owed(self, payment: UUID, cause: str) -> None:
        """A payment came to nothing: its whole amount is due."""
        found = self.row(
            "SELECT status, failure_cause, refund_status, refund_due_amount = amount"
            " FROM core.payment_requests WHERE id = %s",
            payment,
        )
        assert found == ("failed", cause, "due", True)

    def payment_of(self, session: UUID) -> UUID:
        """The payment that opened a session."""
        payment: UUID = self.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session)
        return payment


@pytest.fixture
def backlog(conn: psycopg.Connection) -> Backlog:
    """Nothing has happened yet."""
    return Backlog(conn)


def lateness(running: Process, kind: str) -> tuple[float, float]:
    """How many things of a kind this daemon settled, and how many seconds late they were together."""
    count, total = (
        running.metric(f'halobestie_deadline_lateness_seconds_{series}{{kind="{kind}"}}') for series in ("count", "sum")
    )
    return count, total


def test_two_minutes_without_the_daemon_are_made_up_for_before_its_port_opens(
    backlog: Backlog, conn: psycopg.Connection, listener_settings: ListenerSettings, tmp_path: Path
) -> None:
    with process(listener_settings, tmp_path / "first.log") as first:
        first.popen.send_signal(signal.SIGTERM)
        assert first.popen.wait(timeout=START_SECONDS) == 0, first.log.read_text()

    # Of these clocks one ends long after the daemon's return, and two before, the second soon after its last warning;
    # one has ended and has its last words; two are paused, one of them for longer than the daemon is gone.
    sari = backlog.mitra(max_sessions=10)
    running, warned, expiring, ending, closing, asked, waiting = (
        backlog.session_of(sari, minutes=minutes) for minutes in (60, 19, 15, 16, 14, 20, 20)
    )
    let_pass(conn, 14 * 60)
    backlog.settle()
    conn.execute("DELETE FROM core.deadline_runs")  # only what comes is of interest
    assert backlog.status("chat_sessions", closing) == "closing"
    refused = backlog.extension(asked)
    left = backlog.value(
        "SELECT floor(extract(epoch FROM expires_at - paused_at)) FROM core.chat_sessions WHERE id = %s", asked
    )
    let_pass(conn, 50)
    backlog.set("extension_timeout_seconds", 300)
    pending = backlog.extension(waiting)

    # Offers are out, and told of: to a mitra who lets two pass, to one who answers another, and to one who gets full.
    tired, fresh, busy = backlog.mitra(), backlog.mitra(), backlog.mitra(max_sessions=1)
    backlog.set("missed_offers_before_offline", 2)
    unanswered = backlog.search()
    backlog.wave(unanswered, [tired, fresh, busy])
    backlog.session_of(busy, minutes=60)
    unseen = backlog.search()
    backlog.set("pairing_timeout_seconds", 600)
    hopeful = backlog.search()
    backlog.wave(hopeful, [sari, tired])
    conn.execute("INSERT INTO core.offer_dispatches (offer_id, at) SELECT id, offered_at FROM core.pairing_offers")

    # Nobody pays, or somebody does and nobody hears of it, or a mitra has accepted already.
    backlog.set("payment_request_ttl_seconds", 60)
    link, paid = (backlog.payment(backlog.customer()) for _ in range(2))
    backlog.set("pairing_before_payment", True)
    promised = backlog.payment(backlog.customer())
    unpaid = backlog.value("SELECT session_id FROM core.payment_requests WHERE id = %s", promised)
    backlog.value("SELECT api.accept_offer(%s, %s)", backlog.offer(unpaid, fresh), fresh)

    let_pass(conn, 120)
    since = backlog.value("SELECT clock_timestamp()")
    with process(listener_settings, tmp_path / "second.log") as second:
        assert backlog.status("chat_sessions", running) == "active"
        backlog.assert_closing(expiring, "expired", since=since)
        backlog.assert_closing(ending, "expired", since=since)
        assert backlog.end(closing) == ("completed", "expired")
        # a warning that is late is given; one that is overtaken by the end is not
        assert [backlog.told(session, "session_warning") for session in (warned, ending, expiring)] == [1, 1, 2]

        assert [backlog.status("session_extensions", one) for one in (refused, pending)] == ["timeout", "pending"]
        assert backlog.status("chat_sessions", waiting) == "extending"
        backlog.assert_closing(asked, "extension_safeguard_tripped", since=since)
        assert backlog.value("SELECT unused_seconds FROM core.chat_sessions WHERE id = %s", asked) == left
        backlog.assert_owed(
            backlog.value("SELECT payment_request_id FROM core.session_extensions WHERE id = %s", refused),
            "extension_safeguard_tripped",
        )

        assert dict(
            conn.execute(
                "SELECT mitra_id, status FROM core.pairing_offers WHERE session_id = %s", [unanswered]
            ).fetchall()
        ) == {tired: "expired", fresh: "expired", busy: "cancelled"}
        assert [
            backlog.row("SELECT is_online, missed_offers FROM core.mitra_online_status WHERE mitra_id = %s", mitra)
            for mitra in (tired, fresh, busy, sari)
        ] == [(False, 0), (True, 0), (True, 0), (True, 1)]
        for session, cause in ((unanswered, "not_accepted"), (unseen, "no_mitra_available")):
            assert backlog.end(session) == ("failed", cause)
            backlog.assert_owed(backlog.payment_of(session), cause)

        assert [backlog.status("payment_requests", one) for one in (link, paid, promised)] == ["expired"] * 3
        assert backlog.end(unpaid) == ("failed", "payment_expired")
        confirmed = backlog.value(
            "SELECT api.confirm_payment(id, expires_at - interval '1 second') FROM core.payment_requests WHERE id = %s",
            paid,
        )
        assert confirmed["status"] == "confirmed"
        assert backlog.status("chat_sessions", confirmed["session_id"]) in ("searching", "pending_acceptance")
        wave = "SELECT count(*) FROM core.pairing_offers WHERE session_id = %s AND wave = 2 AND mitra_id <> %s"
        until(lambda: backlog.value(wave, hopeful, sari), "who still waits is offered to others")

        # how many, and how many seconds the latest of them at least
        settled = {
            "expiry": (2, 110), "closure": (1, 110), "warning": (1, 50), "extension": (1, 110), "offer": (4, 90),
            "silence": (3, 0), "withdrawal": (1, 120), "pairing": (2, 0), "payment": (3, 60),
        }  # fmt: skip
        latest: dict[str, float] = dict(
            conn.execute("SELECT kind, max(max_ms)::float / 1000 FROM ops.deadline_lateness GROUP BY kind").fetchall()
        )
        for kind, (count, seconds) in settled.items():
            assert seconds <= latest[kind] < seconds + 60, kind
            counted, total = lateness(second, kind)
            assert counted == count, kind
            assert total >= latest[kind] - 0.001, kind

    backlog.assert_all_is_well()


async def test_a_daemon_that_stood_still_settles_what_became_due_meanwhile_when_it_goes_on(
    backlog: Backlog, conn: psycopg.Connection, listener_settings: ListenerSettings, db: Database, tmp_path: Path
) -> None:
    gateway = await Gateway.open(listener_settings, db)
    with process(listener_settings, tmp_path / "listener.log") as running:
        here, away = backlog.mitra(max_sessions=5), backlog.mitra(max_sessions=5)

        async def are_mirrored() -> bool:
            return bool(await gateway.reachable(here)) and bool(await gateway.reachable(away))

        await eventually(are_mirrored, "both mitras are in the mirror")
        assert await gateway.lease("mitra", here, "a socket")
        running.popen.send_signal(signal.SIGSTOP)

        expiring, talking, alone = (backlog.session_of(mitra, minutes=15) for mitra in (away, here, away))
        let_pass(conn, 15 * 60 - 5)
        backlog.set("extension_timeout_seconds", 3)
        approved, refused = backlog.extension(talking), backlog.extension(alone)
        backlog.set("pairing_timeout_seconds", 3)
        unanswered = backlog.search()
        backlog.offer(unanswered, away)
        backlog.set("payment_request_ttl_seconds", 3)
        link = backlog.payment(backlog.customer())

        def states() -> list[str]:
            sessions = [backlog.status("chat_sessions", one) for one in (expiring, talking, alone, unanswered)]
            extensions = [backlog.status("session_extensions", one) for one in (approved, refused)]
            return [*sessions, *extensions, backlog.status("payment_requests", link)]

        before = ["active", "extending", "extending", "pending_acceptance", "pending", "pending", "pending"]
        latest = """
            SELECT clock_timestamp() > greatest((SELECT max(expires_at) FROM core.session_extensions),
                (SELECT max(expires_at) FROM core.payment_requests WHERE status = 'pending'),
                (SELECT max(pairing_deadline) FROM core.chat_sessions),
                (SELECT max(expires_at) FROM core.chat_sessions WHERE status = 'active'))
        """
        assert states() == before
        until(lambda: backlog.value(latest), "everything is due")
        assert states() == before
        since = backlog.value("SELECT clock_timestamp()")
        running.popen.send_signal(signal.SIGCONT)

        async def is_settled() -> bool:
            return states() == ["closing", "active", "closing", "failed", "accepted", "timeout", "expired"]

        await eventually(is_settled, "the daemon settles all of it")
        backlog.assert_closing(expiring, "expired", since=since)
        backlog.assert_closing(alone, "extension_safeguard_tripped", since=since)
        backlog.assert_owed(
            backlog.value("SELECT payment_request_id FROM core.session_extensions WHERE id = %s", refused),
            "extension_safeguard_tripped",
        )
        backlog.assert_owed(backlog.payment_of(unanswered), "not_accepted")
        assert backlog.row(
            "SELECT payment.status, extension.responded_at >= %s FROM core.session_extensions AS extension"
            " JOIN core.payment_requests AS payment ON payment.id = payment_request_id WHERE extension.id = %s",
            since,
            approved,
        ) == ("consumed", True)
        recorded: dict[str, int] = dict(
            conn.execute("SELECT kind, sum(settled) FROM ops.deadline_lateness GROUP BY kind").fetchall()
        )
        # not of the link: who led and stood still may have to lead anew, which begins with a sweep of payments
        counts = {"expiry": 1, "extension": 2, "offer": 1, "pairing": 1}
        assert recorded.items() >= counts.items()
        until(lambda: all(lateness(running, kind)[0] == counts[kind] for kind in counts), "the metrics tell the same")
    await gateway.close()
    backlog.assert_all_is_well()
