"""A moment in time as JSON has it: written in one form, the same as that of the database's `core.instant`."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta

PATTERN: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"

Instant = Annotated[
    str,
    Meta(
        description="A time in UTC, RFC 3339 with six digits of a second.",
        examples=["2026-11-29T05:26:19.984720Z"],
        extra_json_schema={"format": "date-time", "pattern": PATTERN},
    ),
]
"""A time as text. Times that the database wrote pass through unchanged; `spell` writes times of this process."""

_SPELLED = re.compile(PATTERN, re.ASCII)


def spell(at: datetime) -> Instant:
    """Write a time, which must have a time zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now() -> Instant:
    """Write the present time, by this process's clock."""
    return spell(datetime.now(UTC))


def read(at: Instant) -> datetime:
    """Read a time; it has a time zone. Raises ValueError for another spelling, and for what is no time."""
    if _SPELLED.fullmatch(at) is None:
        raise ValueError("a time has another spelling")
    return datetime.fromisoformat(at)
