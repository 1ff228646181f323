"""The beacon: whether anyone is available."""

from datetime import datetime
from typing import Literal

import msgspec


class Beacon(msgspec.Struct, frozen=True):
    """How many mitras are available, as of when, and who says so."""

    available: bool
    available_mitras: int
    as_of: datetime
    source: Literal["valkey", "postgres"] = "postgres"
