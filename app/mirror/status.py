"""The mirror in figures, for the control centre, the doctor and metrics."""

from datetime import datetime

import msgspec


class MirrorStatus(msgspec.Struct, frozen=True):
    """What the mirror says of itself. `lag_ms` is the last measured time from a commit's notification to Valkey."""

    leader_epoch: int
    whole_since: datetime
    seeded_at: datetime
    lag_ms: float | None
    mitras: int
    online: int
    deactivated: int
    available: int
    lapsed: int
    heartbeat_stale_seconds: float
