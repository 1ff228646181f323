"""The mirror watch: the leader looks at the mirror every second."""

import time
from collections.abc import Callable
from typing import Self

import msgspec
import structlog

from app.mirror.broadcasts import Availability
from app.mirror.writer import Writer
from app.observability import metrics
from app.runtime import instant
from app.sql.leadership import LISTENER, leadership
from app.valkey.answers import RefusedByValkey, Superseded
from listeners.concerns.events import Dispatcher
from listeners.concerns.mirror import MirrorWriter, disown
from listeners.concerns.publisher import FramePublisher
from listeners.concerns.reseed import Reseeder
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

log = structlog.get_logger(__name__)

SECONDS = 1.0
DEAF_SECONDS = 2.0
"""A leader that hears no notifications for longer than this reseeds again and again: it can't know what changed."""

DEAF_RESEED_SECONDS = 5.0
DEAF_UNWELL_SECONDS = 5.0
"""A leader that hears no notifications for so long no longer says that the mirror may be believed."""


class MirrorWatch:
    """Keeps the mirror: says each second that it may be believed, while the listener that built it is well.

    It evicts mitras that went stale, has a mirror that is not whole reseeded, has mitras of which something is missing
    written again, and tells the instances when the beacon changes.
    """

    def __init__(
        self,
        backend: Backend,
        mirror: MirrorWriter,
        dispatcher: Dispatcher,
        reseeder: Reseeder,
        publisher: FramePublisher,
        bell: Doorbell,
        *,
        is_listening: Callable[[], bool],
    ) -> None:
        """`is_listening()` says whether notifications are heard."""
        self._writer: Writer | None = None
        self._backend = backend
        self._mirror = mirror
        self._dispatcher = dispatcher
        self._reseeder = reseeder
        self._publisher = publisher
        self._bell = bell
        self._is_listening = is_listening
        self._told: int | None = None
        self._deaf_since: float | None = None
        self._reseed_at = 0.0
        self._cursor = b"0"
        self._knows_eviction = False

    @classmethod
    def of(
        cls,
        parts: Parts,
        mirror: MirrorWriter,
        dispatcher: Dispatcher,
        reseeder: Reseeder,
        *,
        is_listening: Callable[[], bool],
    ) -> Self:
        """The mirror watch of a listener."""
        publisher, bell = FramePublisher(parts.server), parts.program.doorbell()
        return cls(parts.backends.work, mirror, dispatcher, reseeder, publisher, bell, is_listening=is_listening)

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
        """Whether notifications are heard, mitras written and events dispatched, by their last rounds."""
        return not self._is_deaf() and self._mirror.vitals.is_well and self._dispatcher.vitals.is_well

    def rounds(self) -> Rounds:
        """A look every second."""
        return Rounds("watch", self.look, self._bell)

    async def look(self) -> float:
        """One round."""
        told, self._told = self._told, None  # after a round that fails it is unknown what the instances were told
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
        except RefusedByValkey:
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
        """Overwrite a later epoch in Valkey if, by PostgreSQL, this listener leads: no listener led with that epoch."""
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
        """Once in a leadership, warn when Valkey may evict keys."""
        if not self._knows_eviction:
            fault = await writer.eviction_fault()
            self._knows_eviction = True
            if fault is not None:
                log.warning("valkey_evicts", hint=fault)

    def _is_deaf(self) -> bool:
        return self._deaf_since is not None and time.monotonic() - self._deaf_since >= DEAF_UNWELL_SECONDS

    def _reseed_while_deaf(self) -> None:
        now = time.monotonic()
        if self._is_listening():
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
