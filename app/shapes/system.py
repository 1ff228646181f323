"""How the system is inside, as operators see it."""

from typing import Literal

from app.runtime.instant import Instant
from app.shapes.base import Reply


class SharedCondition(Reply, frozen=True):
    """Whether the system as a whole does its work: ages in seconds, 0 when there is none, and what is wrong."""

    is_writable: bool
    event_seconds: float
    deadline_seconds: float
    search_seconds: float
    vacant_seconds: float
    transaction_seconds: float
    queue_usage: float
    reasons: list[str]


class Leader(Reply, frozen=True):
    """Which listener leads, or led last."""

    holder: str
    epoch: int
    is_led: bool
    since: Instant


class KindLateness(Reply, frozen=True):
    """How late deadlines of a kind were settled."""

    kind: str
    settled: int
    p50_ms: float
    p99_ms: float


class DeadRows(Reply, frozen=True):
    """A table with rows that nobody sees any more and that are not yet cleared away."""

    name: str
    dead: int
    live: int
    vacuumed_at: Instant | None


class LastSweep(Reply, frozen=True):
    """How the last run of one of the leader's sweeps went."""

    name: str
    ended_at: Instant
    outcome: Literal["ok", "failed", "aborted"]
    seconds: float
    found: str


class DatabaseReport(Reply, frozen=True):
    """How the system is inside, as PostgreSQL knows it. The oldest snapshot is what keeps dead rows there."""

    condition: SharedCondition
    leader: Leader | None
    undispatched: int
    failed_deadlines: int
    lateness: list[KindLateness]
    oldest_snapshot_seconds: float
    oldest_snapshot_transactions: int
    oldest_snapshot_held_by: str | None
    sweeps: list[LastSweep]
    dead_rows: list[DeadRows]
    postgresql: str
    last_migration: str | None
    server_time: Instant


class SystemReport(DatabaseReport, frozen=True):
    """How the system is inside, and the release of the process that answers."""

    release: str


class Violation(Reply, frozen=True):
    """A rule that does not hold."""

    invariant: str
    subject: str | None
    details: str | None


class Violations(Reply, frozen=True):
    """The rules that do not hold, as far as the check has come; all is well when no page up to the last has had any."""

    items: list[Violation]
    next_cursor: str | None
    checked_to: Instant | None
    server_time: Instant
