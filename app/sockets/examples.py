"""One example of each frame, for the AsyncAPI document and for people who write a client."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from app.mirror.broadcasts import Availability, ConfigChanged
from app.runtime import instant
from app.runtime.instant import Instant
from app.shapes.mitras import MitraStatus
from app.shapes.offers import Offer
from app.shapes.payments import PaymentRequest
from app.shapes.sessions import Party, Session, Watermark, Watermarks
from app.sockets.frames import (
    Auth,
    Heartbeat,
    MessageAck,
    MessageDelivered,
    MessageFrame,
    MessageRead,
    PeerPresence,
    Read,
    Ready,
    Refused,
    Resume,
    Resumed,
    SearchProgress,
    SendMessage,
    SessionTimer,
    Subscribe,
    Typing,
    TypingNow,
)
from app.sockets.stored import (
    ExtensionRequest,
    ExtensionResponse,
    FirstReplyOverdue,
    FirstReplyReminder,
    OfferCancelled,
    OfferExpired,
    OfferRescinded,
    PairingFailed,
    PairingOffer,
    PaymentUpdated,
    SessionClosing,
    SessionEnded,
    SessionPaused,
    SessionRerouted,
    SessionResumed,
    SessionStarted,
    SessionWarning,
    SignedOut,
    StatusChanged,
)


def _after(minutes: float) -> Instant:
    """A time some minutes after the moment that the examples take for now."""
    return instant.spell(datetime(2026, 1, 31, 12, 0, tzinfo=UTC) + timedelta(minutes=minutes))


_NOW = _after(0)
_END = _after(30)
_EVENT = UUID("0b6e4d5a-7c1f-4e0e-9a57-1d2f3c4b5a69")
_SESSION_ID = UUID("5d1c9f62-3b0a-4f7e-8a4d-6c2e1b7f9d30")
_CUSTOMER_ID = UUID("c2a7d1e4-58b6-4c39-9f0d-7e6a5b4c3d21")
_MITRA_ID = UUID("a91f3c5e-2d7b-4b86-8e1c-0f9d8c7b6a54")
_OFFER_ID = UUID("e4b8a6c0-19d3-4a72-b5f6-3c2d1e0f9a87")
_EXTENSION_ID = UUID("f7d2e9b1-6a4c-4d58-93e0-8b7a6c5d4e32")
_PAYMENT_ID = UUID("1f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a")
_LOGIN_ID = UUID("93c1b5a7-0e2d-4f48-a6b9-5d4c3b2a1f0e")
_SAID = "7a0d2c4e"

_STORED: Final[dict[str, Any]] = {"id": _EVENT, "seq": 8, "ts": _NOW}


def _told(shape: Struct, **about: UUID) -> dict[str, Any]:
    """The fields of a stored event about something; the id of that thing is in `about`, under a name of its own."""
    return asdict(shape) | _STORED | about


_SESSION: Final = _told(
    Session(
        id=_SESSION_ID,
        status="active",
        customer=Party(id=_CUSTOMER_ID, display_name=None),
        mitra=Party(id=_MITRA_ID, display_name="Mitra 1"),
        duration_minutes=30,
        started_at=_NOW,
        expires_at=_END,
        seconds_left=1800,
        closing_ends_at=None,
        ended_at=None,
        end_reason=None,
        unused_seconds=0,
        pending_extension=None,
        last_seq=0,
        watermarks=Watermarks(
            customer=Watermark(delivered_seq=0, read_seq=0), mitra=Watermark(delivered_seq=0, read_seq=0)
        ),
        topic_sensitivity="normal",
        created_at=_NOW,
        server_time=_NOW,
    ),
    session_id=_SESSION_ID,
)

_SEARCH: Final = _SESSION | {"mitra": None, "started_at": None, "expires_at": None, "seconds_left": 0}

_OFFER: Final = _told(
    Offer(
        id=_OFFER_ID,
        session_id=_SESSION_ID,
        status="offered",
        duration_minutes=30,
        topic_sensitivity="normal",
        expires_at=_after(0.5),
    ),
    offer_id=_OFFER_ID,
)

_PAYMENT: Final = _told(
    PaymentRequest(
        id=_PAYMENT_ID,
        status="consumed",
        package_id=UUID("6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"),
        duration_minutes=30,
        amount=50_000,
        is_extension=False,
        is_first_session_discount=False,
        provider="manual",
        checkout_url=None,
        expires_at=_END,
        session_id=_SESSION_ID,
        failure_cause=None,
        refund_status="none",
        created_at=_NOW,
    ),
    payment_request_id=_PAYMENT_ID,
)

_STATUS: Final = _told(
    MitraStatus(
        mitra_id=_MITRA_ID,
        is_online=True,
        is_active=True,
        last_heartbeat_at=_NOW,
        capacity=0,
        max_sessions=3,
        available=True,
    )
)

EXAMPLES: Final[Mapping[type[Struct], Struct]] = {
    type(frame): frame
    for frame in (
        Auth("eyJhbGciOi…"),
        Resume(7, {_SESSION_ID: 41}),
        Heartbeat(),
        SendMessage(_SESSION_ID, _SAID, "Halo"),
        Read(_SESSION_ID, 42),
        Typing(_SESSION_ID),
        Subscribe("availability"),
        Ready(8, _NOW),
        Resumed(recovered=True, seq=8),
        Refused("SESSION_PAUSED", "The session waits for an answer.", session_id=_SESSION_ID, client_message_id=_SAID),
        Availability(available=True, available_mitras=12, as_of=_NOW, source="valkey"),
        ConfigChanged(["offer_timeout_seconds"]),
        MessageFrame(
            session_id=_SESSION_ID,
            seq=42,
            sender_type="customer",
            sender_id=_CUSTOMER_ID,
            client_message_id=_SAID,
            body="Halo",
            created_at=_NOW,
        ),
        MessageAck(_SESSION_ID, _SAID, 42, _NOW),
        MessageDelivered(_SESSION_ID, "mitra", 42),
        MessageRead(_SESSION_ID, "mitra", 42),
        TypingNow(_SESSION_ID, "mitra"),
        PeerPresence(_SESSION_ID, "mitra", "gone", _NOW, ["reroute", "end"]),
        SearchProgress(_SESSION_ID, 3, 1, 20),
        SessionTimer(_SESSION_ID, 1740, _END, _after(1)),
        PairingOffer(**_OFFER | {"id": _OFFER_ID}),
        OfferRescinded(**_OFFER | {"status": "rescinded"}),
        OfferCancelled(**_OFFER | {"status": "cancelled"}),
        OfferExpired(**_OFFER | {"status": "expired"}),
        SessionStarted(**_SESSION),
        SessionWarning(
            **_STORED,
            session_id=_SESSION_ID,
            seconds_left=180,
            threshold_seconds=180,
            expires_at=_after(3),
            server_time=_NOW,
        ),
        FirstReplyReminder(**_STORED, session_id=_SESSION_ID, expires_at=_after(1)),
        FirstReplyOverdue(**_STORED, session_id=_SESSION_ID, options=["reroute", "end"], expires_at=_END),
        SessionPaused(**_SESSION, extension_id=_EXTENSION_ID, reason="extension_pending"),
        SessionResumed(**_SESSION, extension_id=_EXTENSION_ID),
        SessionClosing(**_SESSION | {"status": "closing", "seconds_left": 0, "closing_ends_at": _after(1)}),
        SessionEnded(
            **_SESSION | {"status": "completed", "seconds_left": 0, "ended_at": _NOW, "end_reason": "ended_by_customer"}
        ),
        SessionRerouted(**_SEARCH | {"status": "searching", "seconds_left": 1200}, cause="control_centre"),
        PairingFailed(
            **_SEARCH | {"status": "failed", "ended_at": _NOW, "end_reason": "no_mitra_available"},
            cause="no_mitra_available",
        ),
        ExtensionRequest(
            **_SESSION | {"status": "extending", "duration_minutes": 15, "expires_at": _after(1)},
            extension_id=_EXTENSION_ID,
            price=25_000,
            timeout_seconds=60,
        ),
        ExtensionResponse(
            **_STORED,
            session_id=_SESSION_ID,
            extension_id=_EXTENSION_ID,
            accepted=True,
            via_timeout=False,
            duration_minutes=15,
            expires_at=_END,
        ),
        PaymentUpdated(**_PAYMENT),
        StatusChanged(**_STATUS, cause="mitra"),
        SignedOut(**_STORED, auth_session_ids=[_LOGIN_ID], reason="logout"),
    )
}
