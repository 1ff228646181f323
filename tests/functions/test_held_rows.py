"""A row that somebody holds delays what must change that very row, and nothing more.

Two worlds have one due thing of every kind each. An open transaction holds a row of the first, and due work is run one
row a call, so that what is stuck would hide the rest at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest

from tests.support.people import People

# Longer than any call takes that waits for nobody, shorter than any wait.
AT_ONCE = "1s"

Due = set[tuple[str, UUID]]

_IS_OVER: LiteralString = "UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s RETURNING id"
_IS_CLOSED: LiteralString = """
UPDATE core.chat_sessions
SET status = 'closing', closing_cause = 'expired', expires_at = clock_timestamp(), closing_ends_at = clock_timestamp()
WHERE id = %s RETURNING id
"""
_IS_NEAR_ITS_END: LiteralString = """
UPDATE core.session_warnings SET due_at = clock_timestamp() WHERE session_id = %s AND seconds = 180 RETURNING session_id
"""
_HAS_WAITED: LiteralString = """
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = %s RETURNING id
"""
_IS_LEFT: LiteralString = """
INSERT INTO core.session_absences (session_id, party, user_id, began_at, seen_until, due_at)
SELECT id, 'customer', customer_id, clock_timestamp(), clock_timestamp(), clock_timestamp()
FROM core.chat_sessions WHERE id = %s RETURNING session_id
"""
_WAS_NOT_ANSWERED: LiteralString = """
UPDATE core.session_extensions SET expires_at = clock_timestamp() - interval '1 min' WHERE id = %s RETURNING id
"""
_WAS_MISSED: LiteralString = """
WITH over AS (UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = %s RETURNING *)
INSERT INTO core.offer_dispatches (offer_id, at) SELECT id, offered_at FROM over RETURNING offer_id
"""
_IS_UNPAID: LiteralString = """
UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = %s RETURNING id
"""


@dataclass(frozen=True)
class World:
    """One due thing of every kind, called by its kind; `search` is a session whose link ran out with its slot held."""

    mitra: UUID
    customer: UUID
    due: dict[str, UUID]

    @property
    def all(self) -> Due:
        return {("payment" if kind == "search" else kind, row) for kind, row in self.due.items()}


def a_world(people: People) -> World:
    """Make everything, then let its time be over."""
    mitra, offline, gone = (people.mitra(max_sessions=50) for _ in range(3))
    expiring_customer = people.customer()
    expiring, closing, warned, moving, extending = (
        people.session(mitra, expiring_customer),
        people.session(mitra),
        people.session(mitra),
        people.session(gone),
        people.session(mitra),
    )
    extension = an_extension(people, extending)
    offer = people.offer(people.search(), mitra)
    withdrawn = people.offer(people.search(), offline)
    lonely, absent = people.search(), people.search()
    link = people.payment(people.customer())
    people.set("pairing_before_payment", True)
    unpaid = people.payment(people.customer())
    waiting = people.value("SELECT session_id FROM core.payment_requests WHERE id = %s", unpaid)
    people.value("SELECT api.accept_offer(%s, %s)", people.offer(waiting, mitra), mitra)
    people.set("pairing_before_payment", False)
    people.value("SELECT api.go_offline(%s)", offline)
    people.set("deactivation_session_policy", "reroute")
    people.value("SELECT api.deactivate_mitra(%s)", gone)
    for change, row in (
        (_IS_OVER, expiring),
        (_IS_CLOSED, closing),
        (_HAS_WAITED, lonely),
        (_WAS_NOT_ANSWERED, extension),
        (_WAS_MISSED, offer),
        (_IS_UNPAID, link),
        (_IS_UNPAID, unpaid),
        (_IS_NEAR_ITS_END, warned),
        (_IS_LEFT, absent),
    ):
        assert people.value(change, row) == row
    people.column("DELETE FROM core.session_warnings WHERE due_at > clock_timestamp() RETURNING session_id")
    return World(
        mitra,
        people.value("SELECT customer_id FROM core.payment_requests WHERE id = %s", link),
        {
            "expiry": expiring,
            "closure": closing,
            "warning": warned,
            "reroute": moving,
            "extension": extension,
            "offer": offer,
            "silence": mitra,
            "withdrawal": withdrawn,
            "pairing": lonely,
            "absence": absent,
            "payment": link,
            "search": unpaid,
        },
    )


def an_extension(people: People, session: UUID) -> UUID:
    """A pending extension of a session."""
    package = people.package(price=5000, minutes=10, is_extension=True)
    customer = people.value("SELECT customer_id FROM core.chat_sessions WHERE id = %s", session)
    payment = people.value(
        "SELECT (api.create_payment_request(%s, %s, true, %s) ->> 'id')::uuid", customer, package, session
    )
    people.value("SELECT api.confirm_payment(%s)", payment)
    extension = people.value(
        "SELECT (api.request_extension(%s, %s, 10, 5000, %s) ->> 'id')::uuid", session, customer, payment
    )
    assert isinstance(extension, UUID)
    return extension


def all_that_moves(runner: psycopg.Connection) -> Due:
    """Run due work, a row a call, until nothing moves any more."""
    moved: Due = set()
    while batch := runner.execute("SELECT kind, id FROM api.run_due(1)").fetchall():
        assert moved.isdisjoint(batch)
        moved |= set(batch)
    return moved


@dataclass(frozen=True)
class Held:
    """A row that a transaction holds, and which kinds of due work of its world that delays."""

    table: LiteralString
    key: Callable[[World], object]
    delayed: frozenset[str]


MITRA = Held("core.mitras WHERE id", lambda world: world.mitra, frozenset({"expiry", "extension", "silence", "search"}))
STREAM = Held(
    "core.event_streams WHERE recipient",
    lambda world: f"mitra:{world.mitra}",
    frozenset({"expiry", "closure", "warning", "extension", "offer", "silence", "search"}),
)
CUSTOMER: LiteralString = "core.customers WHERE id"
ROWS = (
    MITRA,
    STREAM,
    Held("core.mitra_online_status WHERE mitra_id", lambda world: world.mitra, frozenset({"silence"})),
    Held("core.event_streams WHERE recipient", lambda world: f"customer:{world.customer}", frozenset({"payment"})),
    Held(CUSTOMER, lambda world: world.customer, frozenset()),
    Held("core.chat_sessions WHERE id", lambda world: world.due["expiry"], frozenset({"expiry"})),
    Held("core.pairing_offers WHERE id", lambda world: world.due["offer"], frozenset({"offer", "silence"})),
    Held("core.session_extensions WHERE id", lambda world: world.due["extension"], frozenset({"extension"})),
    Held("core.payment_requests WHERE id", lambda world: world.due["payment"], frozenset({"payment"})),
    Held("core.payment_requests WHERE id", lambda world: world.due["search"], frozenset({"search"})),
)
# Rows about money refer to the customer, and wait for this lock alone.
HELD_HARD = (MITRA, STREAM, Held(CUSTOMER, lambda world: world.customer, frozenset({"payment"})))


@pytest.mark.parametrize(
    ("strength", "rows"), [("NO KEY UPDATE", ROWS), ("UPDATE", HELD_HARD)], ids=["no key update", "update"]
)
def test_a_held_row_delays_only_what_must_change_it(
    people: People, database_url: str, strength: LiteralString, rows: tuple[Held, ...]
) -> None:
    for row in rows:
        held, free = a_world(people), a_world(people)
        expected = {("payment" if kind == "search" else kind, held.due[kind]) for kind in row.delayed}
        with psycopg.connect(database_url) as holder, psycopg.connect(database_url, autocommit=True) as runner:
            runner.execute("SELECT set_config('statement_timeout', %s, false)", [AT_ONCE])
            holder.execute(f"SELECT FROM {row.table} = %s FOR {strength}", [row.key(held)])

            left = (held.all | free.all) - all_that_moves(runner)
            holder.rollback()
            assert left == expected, row.table
            assert all_that_moves(runner) == expected, row.table
    people.assert_all_is_well()


def test_a_wave_leaves_out_a_mitra_whose_row_or_stream_is_held(people: People, database_url: str) -> None:
    held_row, held_stream, free = (people.mitra() for _ in range(3))
    session = people.search()
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.mitras WHERE id = %s FOR NO KEY UPDATE", [held_row])
        holder.execute(
            "SELECT FROM core.event_streams WHERE recipient = %s FOR NO KEY UPDATE", [f"mitra:{held_stream}"]
        )
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)

        assert people.wave(session, [held_row, held_stream, free]).keys() == {free}
        other = people.search()
        people.set("blast_size", 1)
        assert people.wave(other, [held_row, held_stream, free]).keys() == {free}
    reasons = people.column("SELECT reason FROM ops.explain_pairing(%s) WHERE verdict = 'out' AND wave = 1", session)
    assert [reason.split(":")[0] for reason in reasons] == ["busy row", "busy row"]
    people.value("SELECT api.decline_offer(id, mitra_id) FROM core.pairing_offers WHERE session_id = %s", other)
    assert people.wave(other, [held_row, held_stream, free]).keys() == {held_row}
    people.assert_all_is_well()


def test_sweeps_pass_over_what_is_held(people: People, database_url: str) -> None:
    held, free = people.mitra(), people.mitra()
    lost = [people.payment(people.customer()) for _ in range(2)]
    people.column(
        "UPDATE core.payment_requests SET status = 'confirmed', paid_at = now(), confirmed_at = now()"
        " WHERE id = ANY (%s) RETURNING id",
        lost,
    )
    people.column(
        "UPDATE core.mitra_online_status SET last_online_at = last_online_at - interval '1 h',"
        " last_heartbeat_at = last_heartbeat_at - interval '1 h' RETURNING mitra_id"
    )
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.mitras WHERE id = %s FOR NO KEY UPDATE", [held])
        holder.execute("SELECT FROM core.payment_requests WHERE id = %s FOR NO KEY UPDATE", [lost[0]])
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)

        assert people.column("SELECT api.auto_offline(%s)", [held, free]) == [free]
        assert people.value("SELECT reconciled FROM api.expire_stale_payment_requests()") == 1
    assert people.column("SELECT api.auto_offline(%s)", [held, free]) == [held]
    assert people.value("SELECT reconciled FROM api.expire_stale_payment_requests()") == 1
    people.assert_all_is_well()
