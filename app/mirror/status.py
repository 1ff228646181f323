"""The mirror in figures, for the control centre, the doctor and metrics."""

import msgspec

from app.runtime.instant import Instant


class MirrorStatus(msgspec.Struct, frozen=True):
    """The figures. `lag_ms` is the newest measured time from the notification of a commit to its write to Valkey."""

    leader_epoch: int
    whole_since: Instant
    seeded_at: Instant
    lag_ms: float | None
    mitras: int
    online: int
    deactivated: int
    available: int
    lapsed: int
    heartbeat_stale_seconds: float
