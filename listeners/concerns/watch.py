"""The leader's look at the mirror, every second."""

import time

import msgspec
import structlog

from app.mirror.broadcasts import Availability
from app.mirror.writer import Writer
from app.observability import metrics
from app.runtime import instant
from app.sql.leadership import LISTENER, leadership
from app.valkey.answers import Refused, Superseded
from listeners.concerns.events import Dispatcher
from listeners.concerns.mirror import MirrorWriter, disown
from listeners.concerns.publisher import Publisher
from listeners.concerns.reseed import Reseeder
from listeners.engine.backend import Backend
from listeners.engine.notifications import Notifications

log = structlog.get_logger(__name__)

SECONDS = 1.0
DEAF_SECONDS = 2.0
"""Deaf for longer than this, the leader reads everything again and again, because nobody tells it what changed."""

DEAF_RESEED_SECONDS = 5.0
DEAF_UNWELL_SECONDS = 5.0
"""Deaf for so long, it says no more that the mirror may be believed."""


class MirrorWatch:
    """Keeps the mirror: says each second that it may be believed, while the listener that built it is well.

    It evicts what went stale, has a mirror that is not whole rebuilt, writes again what single mitras miss, and tells
    when the beacon changes.
    """

    def __init__(
        self,
        backend: Backend,
        mirror: MirrorWriter,
        dispatcher: Dispatcher,
        reseeder: Reseeder,
        notifications: Notifications,
        publisher: Publisher,
    ) -> None:
        self._writer: Writer | None = None
        self._backend = backend
        self._mirror = mirror
        self._dispatcher = dispatcher
        self._reseeder = reseeder
        self._notifications = notifications
        self._publisher = publisher
        self._told: int | None = None
        self._deaf_since: float | None = None
        self._reseed_at = 0.0
        self._cursor = b"0"
        self._knows_eviction = False

    @property
    def writer(self) -> Writer | None:
        """Set while this listener leads."""
        return self._writer

    @writer.setter
    def writer(self, writer: Writer | None) -> None:
        self._writer = writer
        self._cursor = b"0"
        self._knows_eviction = False

    def is_well(self) -> bool:
        """Whether changes are heard of, mitras' are written and events dispatched, as far as the last rounds tell."""
        return not self._is_deaf() and self._mirror.vitals.is_well and self._dispatcher.vitals.is_well

    async def look(self) -> float:
        """One round."""
        told, self._told = self._told, None  # after a round that fails nobody knows what the instances were told
        writer = self._writer
        if writer is None:
            return SECONDS
        self._reseed_while_deaf()
        is_well = self.is_well()
        try:
            evicted = await writer.evict(lag_ms=self._mirror.lag_ms, is_well=is_well)
        except Superseded:
            await self._take_back(writer)
            raise
        except Refused:
            await disown(writer)
            self._reseeder.request_unless_running("the mirror is damaged")
            raise
        if evicted.available is None:
            if is_well:
                self._reseeder.request_unless_running("the mirror is not whole")
        else:
            metrics.mirror_available.set(evicted.available)
            metrics.mirror_written.set_to_current_time()
            if evicted.available != told:
                await self._tell(evicted.available)
            self._told = evicted.available
        self._mirror.read_again(evicted.lapsed)  # PostgreSQL may have heard a later beat
        self._cursor, missing = await writer.patrol(self._cursor)
        self._mirror.read_again(missing)
        await self._warn_of_eviction(writer)
        return SECONDS

    async def _take_back(self, writer: Writer) -> None:
        """Overwrite a later leader's epoch in Valkey if PostgreSQL knows of no such leader."""
        lease = await self._backend.run(leadership, name=LISTENER)
        if lease is None or not lease.is_led or lease.epoch != writer.epoch or not await writer.claim():
            return
        metrics.mirror_planted_epochs.inc()
        log.error(
            "planted_leader_epoch",
            epoch=writer.epoch,
            hint="mirror:leader held an epoch that nobody ever led with. Who can write to Valkey besides us?",
        )
        self._reseeder.request("a planted leader epoch")

    async def _warn_of_eviction(self, writer: Writer) -> None:
        """Once a leadership."""
        if not self._knows_eviction:
            fault = await writer.eviction_fault()
            self._knows_eviction = True
            if fault is not None:
                log.warning("valkey_evicts", hint=fault)

    def _is_deaf(self) -> bool:
        return self._deaf_since is not None and time.monotonic() - self._deaf_since >= DEAF_UNWELL_SECONDS

    def _reseed_while_deaf(self) -> None:
        now = time.monotonic()
        if self._notifications.listening:
            self._deaf_since = None
        elif self._deaf_since is None:
            self._deaf_since = now
            self._reseed_at = now + DEAF_SECONDS
        elif now > self._reseed_at:
            self._reseeder.request("not listening")
            self._reseed_at = now + DEAF_SECONDS + max(DEAF_RESEED_SECONDS, 5 * self._reseeder.seconds)

    async def _tell(self, available: int) -> None:
        frame = Availability(available > 0, available, instant.now(), "valkey")
        await self._publisher.broadcast_availability(msgspec.json.encode(frame))
