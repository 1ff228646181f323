"""The log line of each decision: written as its event is dispatched, since SQL decides and says so by an event.

So `halobestie logs session` finds what was decided about a session, whoever asked for it, or time did.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec
import structlog

from app.sql.events import ClaimedEvent

log = structlog.get_logger(__name__)

TOLD_ONCE = {
    "extension_request": "mitra",
    "extension_response": "customer",
    "first_reply_overdue": "customer",
    "offer_cancelled": "mitra",
    "offer_expired": "mitra",
    "offer_rescinded": "mitra",
    "pairing_failed": "customer",
    "pairing_offer": "mitra",
    "payment_updated": "customer",
    "session_closing": "customer",
    "session_ended": "customer",
    "session_rerouted": "customer",
    "session_resumed": "customer",
    "session_started": "customer",
    "signed_out": "",
    "status_changed": "mitra",
}
"""The events that tell of a decision, and of the parties that get them the one whose event is logged; "": every one."""

NO_DECISIONS = frozenset({"first_reply_reminder", "session_paused", "session_warning"})
"""The events that tell of what comes, or repeat what another event tells."""


class _Person(msgspec.Struct):
    id: UUID


class _Decision(msgspec.Struct):
    """What the line has of an event: ids, and how it was decided; nothing that a person is called or said."""

    type: str
    session_id: UUID | None = None
    offer_id: UUID | None = None
    payment_request_id: UUID | None = None
    extension_id: UUID | None = None
    mitra: _Person | None = None
    status: str | None = None
    end_reason: str | None = None
    cause: str | None = None
    reason: str | None = None
    accepted: bool | None = None
    via_timeout: bool | None = None
    failure_cause: str | None = None
    refund_status: str | None = None
    is_online: bool | None = None


_LOGGED = [name for name in _Decision.__struct_fields__ if name not in ("type", "mitra")]
_read = msgspec.json.Decoder(_Decision).decode


def tell(events: Iterable[ClaimedEvent]) -> None:
    """Log the decisions that these events tell of."""
    for event in events:
        try:
            facts = _read(event.frame)
        except msgspec.DecodeError:
            log.warning("unreadable_event", recipient=event.recipient, seq=event.seq)
            continue
        party = TOLD_ONCE.get(facts.type)
        if party is None or not event.recipient.startswith(party):
            continue
        fields = {
            name: str(value) if isinstance(value, UUID) else value
            for name in _LOGGED
            if (value := getattr(facts, name)) is not None
        }
        if facts.mitra is not None:
            fields["mitra_id"] = str(facts.mitra.id)
        log.info(facts.type, recipient=event.recipient, seq=event.seq, **fields)
