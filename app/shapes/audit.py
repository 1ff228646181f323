"""The audit log."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import Moment, Page, Reply

Word = Annotated[str, Meta(min_length=1, max_length=300)]


class AuditPage(Page, frozen=True):
    """Which entries of the audit log, and which part of the list."""

    actor: Word | None = None
    action: Word | None = None
    subject: Word | None = None
    from_: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    reads: bool = True


class AuditEntry(Reply, frozen=True):
    """Who did what to what; `actor` is an operator (`cc:<e-mail>`), or what another tool or a DBA is called."""

    id: int
    at: Instant
    actor: str
    actor_id: UUID | None
    database_role: str | None
    action: str
    subject: str
    before: Any
    after: Any
    reason: str | None
    request_id: str | None


class AuditEntries(Reply, frozen=True):
    """A page of the audit log, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
