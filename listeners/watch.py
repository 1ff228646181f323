"""The leader's look at the mirror, every second."""

import time

import msgspec
import structlog

from app import instant, metrics
from app.broadcasts import Availability
from app.mirror.answers import Refused
from app.mirror.writer import Writer
from listeners.mirror import MirrorWriter
from listeners.notifications import Notifications
from listeners.publisher import Publisher
from listeners.reseed import Reseeder

log = structlog.get_logger(__name__)

SECONDS = 1.0
DEAF_SECONDS = 2.0
"""Deaf for longer than this, the leader reads everything again and again, because nobody tells it what changed."""

DEAF_RESEED_SECONDS = 5.0


class MirrorWatch:
    """Evicts what went stale, has a mirror that is not whole rebuilt, and tells when the beacon changes."""

    def __init__(
        self, mirror: MirrorWriter, reseeder: Reseeder, notifications: Notifications, publisher: Publisher
    ) -> None:
        self.writer: Writer | None = None
        """Set while this listener leads."""
        self._mirror = mirror
        self._reseeder = reseeder
        self._notifications = notifications
        self._publisher = publisher
        self._told: int | None = None
        self._deaf_since: float | None = None

    async def look(self) -> float:
        """One round."""
        told, self._told = self._told, None  # after a round that fails nobody knows what the instances were told
        if self.writer is None:
            return SECONDS
        self._reseed_while_deaf()
        try:
            evicted = await self.writer.evict(lag_ms=self._mirror.lag_ms)
        except Refused:
            self._reseeder.request_unless_running("the mirror is damaged")
            raise
        if evicted.available is None:
            self._reseeder.request_unless_running("the mirror is not whole")
        else:
            metrics.mirror_available.set(evicted.available)
            if evicted.available != told:
                await self._tell(evicted.available)
            self._told = evicted.available
        return SECONDS

    def _reseed_while_deaf(self) -> None:
        now = time.monotonic()
        if self._notifications.listening:
            self._deaf_since = None
        elif self._deaf_since is None:
            self._deaf_since = now
        elif now - self._deaf_since > DEAF_SECONDS:
            self._reseeder.request("not listening")
            self._deaf_since = now + max(DEAF_RESEED_SECONDS, 5 * self._reseeder.seconds)

    async def _tell(self, available: int) -> None:
        frame = Availability(available > 0, available, instant.now(), "valkey")
        await self._publisher.broadcast_availability(msgspec.json.encode(frame))
