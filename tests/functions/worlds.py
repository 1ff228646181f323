"""Worlds that have one due thing of every kind each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from tests.support.people import People

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
_HAS_NOT_WRITTEN: LiteralString = """
UPDATE core.reply_deadlines SET due_at = clock_timestamp(), began_at = clock_timestamp() - within / 2
WHERE session_id = %s RETURNING session_id
"""
_IS_LATE: LiteralString = """
UPDATE core.reply_deadlines
SET is_reminded = true, due_at = clock_timestamp(), began_at = clock_timestamp() - within
WHERE session_id = %s RETURNING session_id
"""
_CLOSES_WITHOUT_A_WORD: LiteralString = """
WITH closing AS (
    UPDATE core.chat_sessions
    SET status = 'closing', closing_cause = 'expired', expires_at = clock_timestamp(),
        closing_ends_at = clock_timestamp() + interval '1 h'
    WHERE id = %s RETURNING id, expires_at AS at
)
UPDATE core.reply_deadlines
SET is_reminded = true, due_at = closing.at, stopped_at = closing.at, began_at = closing.at - within
FROM closing WHERE session_id = closing.id RETURNING session_id
"""
LOST_ITS_MITRA: LiteralString = """
WITH gone AS (
    UPDATE core.chat_sessions SET started_at = started_at - interval '10 min', expires_at = clock_timestamp()
    WHERE id = %s RETURNING *
)
INSERT INTO core.session_absences (session_id, party, user_id, began_at, seen_until)
SELECT id, 'mitra', mitra_id, started_at, expires_at FROM gone RETURNING session_id
"""
_HAS_ITS_MITRA_BACK: LiteralString = """
WITH back AS (
    UPDATE core.chat_sessions SET started_at = started_at - interval '10 min' WHERE id = %s RETURNING *
)
INSERT INTO core.session_absences (session_id, party, user_id, began_at, seen_until, ended_at, due_at)
SELECT id, 'mitra', mitra_id, started_at, clock_timestamp(), clock_timestamp(), clock_timestamp()
FROM back RETURNING session_id
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

# So long that nothing else becomes due while a slow machine looks at several worlds.
_LIMITS = ("first_reply_seconds", "pairing_timeout_seconds", "closure_grace_seconds", "customer_absence_seconds")

# What is called otherwise than its kind.
_KINDS = {
    "search": "payment",  # a session whose link ran out with its slot held
    "late": "first_reply",  # the reply is overdue
    "unanswered": "first_reply",  # overdue, in the last words
    "lost": "expiry",  # time is given back for a mitra that is gone
    "back": "absence",  # and for one that is back
    "handed": "expiry",  # another mitra had the session before its clock began
}


@dataclass(frozen=True)
class World:
    """Due things of every kind, by name: a thing has its kind's, or one of those above."""

    mitra: UUID
    customer: UUID
    due: dict[str, UUID]

    @property
    def all(self) -> Due:
        return self.some(self.due)

    def some(self, names: Iterable[str]) -> Due:
        return {(_KINDS.get(name, name), self.due[name]) for name in names}


def a_world(people: People) -> World:
    """Make everything, then let its time be over."""
    for limit in _LIMITS:
        people.set(limit, 20 * 60)
    mitra, offline, gone, former = (people.mitra(max_sessions=50) for _ in range(4))
    expiring_customer = people.customer()
    expiring, closing, warned, silent, moving, extending = (
        people.session(mitra, expiring_customer),
        people.session(mitra),
        people.session(mitra),
        people.session(mitra),
        people.session(gone),
        people.session(mitra),
    )
    late, unanswered, lost, back = (people.session(mitra) for _ in range(4))
    extension = people.extension(extending)
    offer = people.offer(people.search(), mitra)
    withdrawn = people.offer(people.search(), offline)
    lonely, absent = people.search(), people.search()
    link = people.payment(people.customer())
    people.set("pairing_before_payment", True)
    unpaid, paid = people.payment(people.customer()), people.payment(people.customer())
    waiting, handed = (
        people.value("SELECT session_id FROM core.payment_requests WHERE id = %s", payment)
        for payment in (unpaid, paid)
    )
    people.value("SELECT api.accept_offer(%s, %s)", people.offer(waiting, mitra), mitra)
    people.value("SELECT api.accept_offer(%s, %s)", people.offer(handed, former), former)
    people.value("SELECT api.reroute_session(%s)", handed)
    people.value("SELECT api.accept_offer(%s, %s)", people.offer(handed, mitra), mitra)
    people.value("SELECT api.confirm_payment(%s)", paid)
    people.set("pairing_before_payment", False)
    people.set("outage_credit_policy", "credit")
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
        (_HAS_NOT_WRITTEN, silent),
        (_IS_LATE, late),
        (_CLOSES_WITHOUT_A_WORD, unanswered),
        (LOST_ITS_MITRA, lost),
        (_HAS_ITS_MITRA_BACK, back),
        (_IS_OVER, handed),
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
            "first_reply": silent,
            "reroute": moving,
            "extension": extension,
            "offer": offer,
            "silence": mitra,
            "withdrawal": withdrawn,
            "pairing": lonely,
            "absence": absent,
            "payment": link,
            "search": unpaid,
            "late": late,
            "unanswered": unanswered,
            "lost": lost,
            "back": back,
            "handed": handed,
        },
    )
