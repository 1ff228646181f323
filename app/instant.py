"""A moment in time, as JSON carries it: RFC 3339, never without its time zone."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
