"""Mitras: their accounts, status and figures."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import Name, Reasoned, Reply
from app.shapes.phones import Phone


class NewMitra(Reasoned, frozen=True):
    """A new mitra; without `max_sessions` the rule mitra_max_sessions holds."""

    display_name: Name
    phone: Phone
    max_sessions: Annotated[int, Meta(ge=1, le=100)] | None = None


class MitraStatus(Reply, frozen=True):
    """A mitra's intent, liveness and capacity."""

    mitra_id: UUID
    is_online: bool
    is_active: bool
    last_heartbeat_at: Instant | None
    capacity: int
    max_sessions: int
    available: bool


class MitraStats(Reply, frozen=True):
    """A mitra's work so far. `earnings` is what its customers were charged; `rating` is the mean, null without any."""

    mitra_id: UUID
    online_seconds: int
    offers: int
    accepted: int
    declined: int
    expired: int
    acceptance_percent: float
    sessions: int
    earnings: int
    rating: float | None
    ratings: int


class Mitra(Reply, frozen=True):
    """A mitra, as the control centre sees it; without `max_sessions` the rule mitra_max_sessions holds."""

    id: UUID
    display_name: str
    phone: str
    is_active: bool
    is_online: bool
    max_sessions: int | None
    version: int


class Mitras(Reply, frozen=True):
    """A page of mitras."""

    items: list[Mitra]
    next_cursor: str | None


class CustomersOfMitra(Reply, frozen=True):
    """How many customers an online mitra talks to."""

    id: UUID
    display_name: str
    active_session_count: int
