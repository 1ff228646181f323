"""What a time would have been under other rules."""

from typing import Literal
from uuid import UUID

from msgspec import field

from app.runtime.instant import Instant
from app.shapes.base import Moment, Reply, Request


class NewReplay(Request, frozen=True):
    """The time to replay, at most seven days, and what some of four rules would have been; none: the same again."""

    from_: Moment = field(name="from")
    to: Moment
    settings: dict[str, int] = field(default_factory=dict)
    seed: int = 1


class ReplayFigures(Reply, frozen=True):
    """How the searches of a time came out; without any paired search there are no waits."""

    searches: int
    paired: int
    no_mitra_available: int
    not_accepted: int
    cancelled: int
    offers: int
    wait_p50_seconds: float | None
    wait_p95_seconds: float | None


class Calibration(Reply, frozen=True):
    """How many of the recorded outcomes come out again under the rules of that time; believe a replay no more."""

    paired: int
    paired_percent: float | None
    failed: int
    failed_percent: float | None
    percent: float | None
    commoner_percent: float | None
    is_reached: bool


class Replay(Reply, frozen=True):
    """A replay; its figures are there when it is done and had enough searches."""

    id: UUID
    state: Literal["running", "done", "cancelled"]
    from_: Instant = field(name="from")
    to: Instant
    settings: dict[str, int]
    seed: int
    requested_at: Instant
    progress_percent: int
    searches: int
    answer: Literal["too few", "replayed"] | None
    recorded: ReplayFigures | None
    again: ReplayFigures | None
    replayed: ReplayFigures | None
    calibration: Calibration | None


class Replays(Reply, frozen=True):
    """The operator's last twenty replays, newest first."""

    items: list[Replay]
    next_cursor: str | None
