"""Worlds that have one due thing of every kind each."""

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
    expiring, closing, warned, silent, moving, extending = (
        people.session(mitra, expiring_customer),
        people.session(mitra),
        people.session(mitra),
        people.session(mitra),
        people.session(gone),
        people.session(mitra),
    )
    extension = people.extension(extending)
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
        (_HAS_NOT_WRITTEN, silent),
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
        },
    )
