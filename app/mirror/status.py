"""The mirror in figures, for the control centre, the doctor and metrics."""

import msgspec

from app.runtime.instant import Instant


class MirrorStatus(msgspec.Struct, frozen=True):
    """What the mirror says of itself. `lag_ms` is the last measured time from a commit's notification to Valkey."""

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
