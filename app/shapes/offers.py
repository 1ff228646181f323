"""Offers to mitras."""

from typing import Literal
from uuid import UUID

from app.runtime.instant import Instant
from app.shapes.base import Reply

TopicSensitivity = Literal["normal", "sensitive"]
OfferStatus = Literal["offered", "accepted", "declined", "expired", "rescinded", "cancelled"]


class Offer(Reply, frozen=True):
    """A session offered to a mitra."""

    id: UUID
    session_id: UUID
    status: OfferStatus
    duration_minutes: int
    topic_sensitivity: TopicSensitivity
    expires_at: Instant


class Offers(Reply, frozen=True):
    """The mitra's live offers, the most urgent first."""

    items: list[Offer]
    next_cursor: str | None
