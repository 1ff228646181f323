"""The beacon: whether anyone is available."""

from typing import Literal

import msgspec

from app.instant import Instant


class Beacon(msgspec.Struct, frozen=True):
    """How many mitras are available, as of when, and who says so."""

    available: bool
    available_mitras: int
    as_of: Instant
    source: Literal["valkey", "postgres"] = "postgres"
