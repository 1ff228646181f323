"""Blocks and reports: what one party of a session does about the other, and what operators see of it."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from app.runtime.instant import Instant
from app.shapes.base import Moment, Page, Reasoned, Reply, Request
from app.shapes.sessions import Party, PartyType

ReportStatus = Literal["open", "upheld", "dismissed"]


class NewReport(Request, frozen=True):
    """What the other party did."""

    reason: Annotated[str, Meta(min_length=1, max_length=100)]
    comment: Annotated[str, Meta(max_length=1000)] | None = None


class ReportMade(Reply, frozen=True):
    """A report, as who made it sees it."""

    id: UUID
    session_id: UUID
    reason: str
    comment: str | None
    created_at: Instant


class Blocked(Reply, frozen=True):
    """That the parties of a session do not meet again."""

    session_id: UUID
    blocked_at: Instant


class BlockLine(Reply, frozen=True):
    """A customer and a mitra who do not meet again."""

    customer_id: UUID
    mitra_id: UUID
    blocked_by: PartyType
    session_id: UUID
    created_at: Instant


class ReportPage(Page, frozen=True):
    """Which reports, and which part of the list; those made from `from` to before `to`."""

    status: ReportStatus | None = None
    reported_by: PartyType | None = None
    mitra_id: UUID | None = None
    customer_id: UUID | None = None
    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None


class ReportLine(Reply, frozen=True):
    """What a party of a session reported of the other party; open until an operator decides."""

    id: UUID
    session_id: UUID
    reported_by: PartyType
    customer: Party
    mitra: Party
    reason: str
    comment: str | None
    status: ReportStatus
    had_started: bool
    created_at: Instant
    decided_at: Instant | None


class Reports(Reply, frozen=True):
    """A page of reports, newest first."""

    items: list[ReportLine]
    next_cursor: str | None


class ReportNote(Reply, frozen=True):
    """What an operator wrote down about a report."""

    note: str
    author: str | None
    created_at: Instant


class ReportDetails(ReportLine, frozen=True):
    """A report with its notes, oldest first, and what open reports mean for its mitra."""

    decided_by: str | None
    reporters: int
    mitra_is_held: bool
    notes: list[ReportNote]


class ReportDecision(Reasoned, frozen=True):
    """How an operator decides, and why."""

    outcome: Literal["upheld", "dismissed"]


class NewReportNote(Reasoned, frozen=True):
    """What to write down."""

    note: Annotated[str, Meta(min_length=1, max_length=1000)]
