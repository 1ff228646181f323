"""What the leader keeps in order besides the mirror."""

from uuid import UUID

import msgspec
import structlog

from app.observability import metrics
from app.sql import upkeep
from listeners.concerns.publisher import Publisher
from listeners.engine.backend import Backend

log = structlog.get_logger(__name__)

TIMER_SECONDS = 60.0
UPKEEP_SECONDS = 3600.0
QUEUE_SECONDS = 10.0
TIMERS_A_PAGE = 1000
WORRYING_QUEUE = 0.1
STUCK_SECONDS = 10.0


class Upkeep:
    """Partitions, old rows, clocks and the notification queue."""

    def __init__(self, backend: Backend, publisher: Publisher) -> None:
        self._backend = backend
        self._publisher = publisher

    async def maintain_tables(self) -> str:
        """Make and drop partitions, delete what has expired; says which partitions."""
        changed = await self._backend.run(upkeep.maintain_partitions)
        await self._backend.run(upkeep.prune)
        return ", ".join(changed)

    async def send_timers(self) -> None:
        """Tell both parties of every running session how much time is left. Writes nothing, rings nothing."""
        after: UUID | None = None
        while True:
            timers = await self._backend.run(upkeep.session_timers, after=after, limit=TIMERS_A_PAGE)
            await self._publisher.publish_to(
                [
                    (recipient, bytes(timer.frame))
                    for timer in timers
                    for recipient in (f"customer:{timer.customer_id}", f"mitra:{timer.mitra_id}")
                ]
            )
            if len(timers) < TIMERS_A_PAGE:
                return
            after = timers[-1].session_id

    async def watch_queue(self) -> str:
        """Measure the notification queue, whose overflow refuses business; end sessions that keep it from emptying."""
        used = await self._backend.run(upkeep.notification_queue_usage)
        if used >= WORRYING_QUEUE:
            ended = await self._backend.run(upkeep.end_stuck_sessions, seconds=STUCK_SECONDS)
            for session in ended:
                log.warning("stuck_session_ended", **msgspec.structs.asdict(session))
            log.warning("notification_queue_fills", used=round(used, 3), ended=len(ended))
            # Asked again: PostgreSQL goes on refusing until somebody does after the queue was read.
            used = await self._backend.run(upkeep.notification_queue_usage)
        metrics.notification_queue.set(used)
        return f"{used:.0%} of the notification queue in use" if used >= WORRYING_QUEUE else ""
