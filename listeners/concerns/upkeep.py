"""What the leader does at intervals besides the mirror and payments: tables, timers, figures, notifications."""

import time
from collections.abc import Callable, Sequence
from typing import Self
from uuid import UUID

import msgspec
import psycopg
import structlog

from app.mirror.reader import MirrorReader
from app.observability import metrics
from app.observability.faults import log_fault
from app.sql import figures, system, upkeep
from app.sql.upkeep import SearchedFor
from listeners.concerns.publisher import FramePublisher
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

TIMER_SECONDS = 60.0
PROGRESS_SECONDS = 5.0
"""How often who waits is told how the search gets on."""

UPKEEP_SECONDS = 3600.0
QUEUE_SECONDS = 10.0
FIGURE_SECONDS = 10.0
LOW_WATER_SECONDS = 1.0
ANEW_SECONDS = 60.0
CHANGES_A_FOLD = 50_000
TIMERS_A_PAGE = 1000
STREAMS_A_CALL = 1000
ROWS_A_PRUNING = 5000
WORRYING_QUEUE = 0.1
WORRYING_HORIZON_SECONDS = 300.0
STUCK_SECONDS = 10.0


class Upkeep:
    """Maintains partitions, deletes expired rows, sends timers, keeps figures, and watches the notification queue."""

    def __init__(
        self,
        backend: Backend,
        publisher: FramePublisher,
        reader: MirrorReader,
        lag_ms: Callable[[], float | None] = lambda: None,
        all_sweeps: Callable[[], Sequence[Sweep]] = list,
    ) -> None:
        """`lag_ms()` is the mirror's lag, as it was last measured; `all_sweeps()` are the leader's."""
        self._backend = backend
        self._publisher = publisher
        self._reader = reader
        self._lag_ms = lag_ms
        self._all_sweeps = all_sweeps
        self._anew_at = 0.0
        self._notes: int | None = None

    @classmethod
    def of(cls, parts: Parts, *, lag_ms: Callable[[], float | None], all_sweeps: Callable[[], Sequence[Sweep]]) -> Self:
        """The upkeep of a listener."""
        return cls(parts.backends.sweeps, FramePublisher(parts.server), parts.reader, lag_ms, all_sweeps)

    def sweeps(self) -> list[Sweep]:
        """One sweep for each of its tasks."""
        return [
            Sweep("session_timers", TIMER_SECONDS, self.send_timers),
            Sweep("search_progress", PROGRESS_SECONDS, self.send_progress),
            Sweep("figures", FIGURE_SECONDS, self.keep_figures),
            Sweep("partitions", UPKEEP_SECONDS, self.maintain_partitions),
            Sweep("prune", UPKEEP_SECONDS, self.prune),
            Sweep("low_water", LOW_WATER_SECONDS, self.mark_low_water),
            Sweep("notification_queue", QUEUE_SECONDS, self.watch_queue),
            Sweep("horizon", QUEUE_SECONDS, self.watch_horizon),
            Sweep("sweep_runs", QUEUE_SECONDS, self.record_sweeps, at_once=False),
        ]

    async def maintain_partitions(self) -> str:
        """Make partitions, and drop old ones, each in small transactions of its own; returns which."""
        changed = await self._backend.run(upkeep.maintain_partitions)
        for partition in await self._backend.run(upkeep.old_partitions):
            after: str | None = ""
            while after is not None and partition.startswith("events"):
                after = await self._backend.run(
                    upkeep.raise_floors, partition=partition, after=after, limit=STREAMS_A_CALL
                )
            changed.append(await self._backend.run(upkeep.drop_partition, partition=partition))
        return ", ".join(changed)

    async def mark_low_water(self) -> None:
        """Note from where looks begin, so that they pass over dead rows; once a minute after a look at everything."""
        is_anew = time.monotonic() >= self._anew_at
        self._notes = await self._backend.run(upkeep.mark_low_water, anew=is_anew, notes=self._notes)
        if is_anew:
            self._anew_at = time.monotonic() + ANEW_SECONDS

    async def prune(self) -> int:
        """Delete what nothing needs any more, in small transactions; a part that fails holds up no other part."""
        deleted, errors = 0, list[psycopg.Error]()
        for part in await self._backend.run(upkeep.prune_parts):
            try:
                while count := await self._backend.run(upkeep.prune, part=part, limit=ROWS_A_PRUNING):
                    deleted += count
                    if count < ROWS_A_PRUNING:
                        break
            except psycopg.Error as error:
                log_fault(log, "part_not_pruned", error, part=part)
                errors.append(error)
        if errors:
            raise ExceptionGroup("parts were not pruned", errors)
        return deleted

    async def keep_figures(self) -> None:
        """Fold what has changed into the figures, and sample the gauges, once a minute."""
        while True:
            folded = await self._backend.run(figures.fold_figures, limit=CHANGES_A_FOLD)
            metrics.figures_folded.inc(folded)
            if folded < CHANGES_A_FOLD:
                break
        online = await self._reader.online_mitras()
        await self._backend.run(figures.sample_figures, online_mitras=online, mirror_lag_ms=self._lag_ms())

    async def send_timers(self) -> None:
        """Tell both parties of every running session how much time is left. Stores nothing, rings no doorbell."""
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

    async def send_progress(self) -> None:
        """Tell every customer who waits how the search gets on. Stores nothing, rings no doorbell."""
        last: SearchedFor | None = None
        passed = 0
        while True:
            page = await self._backend.run(
                upkeep.search_progresses,
                after_began=last.began_at if last else None,
                after_id=last.session_id if last else None,
                passed=passed,
                limit=TIMERS_A_PAGE,
            )
            await self._publisher.publish_to([(f"customer:{one.customer_id}", bytes(one.frame)) for one in page])
            if len(page) < TIMERS_A_PAGE:
                return
            last, passed = page[-1], passed + len(page)

    async def record_sweeps(self) -> None:
        """Write down how the sweeps went, for the control centre."""
        runs = {sweep.name: sweep.last._asdict() for sweep in self._all_sweeps() if sweep.last is not None}
        await self._backend.run(system.record_sweeps, runs=msgspec.json.encode(runs).decode())

    async def watch_horizon(self) -> str:
        """Measure for how long dead rows could not be vacuumed, and how many there are."""
        horizon = await self._backend.run(system.horizon)
        metrics.horizon_held.set(horizon.held_seconds)
        metrics.dead_rows.set(horizon.dead_rows)
        if horizon.held_seconds < WORRYING_HORIZON_SECONDS:
            return ""
        log.warning("horizon_held", seconds=round(horizon.held_seconds), dead_rows=horizon.dead_rows)
        return f"the horizon has been held for {horizon.held_seconds:.0f} s"

    async def watch_queue(self) -> str:
        """Measure the notification queue, and end sessions that keep it from emptying.

        While the queue is full, PostgreSQL refuses every commit that notifies.
        """
        used = await self._backend.run(upkeep.notification_queue_usage)
        if used >= WORRYING_QUEUE:
            ended = await self._backend.run(upkeep.end_stuck_sessions, seconds=STUCK_SECONDS)
            for session in ended:
                log.warning("stuck_session_ended", **msgspec.structs.asdict(session))
            log.warning("notification_queue_fills", used=round(used, 3), ended=len(ended))
            # Asking again makes PostgreSQL see that the queue was read; until then it goes on refusing.
            used = await self._backend.run(upkeep.notification_queue_usage)
        metrics.notification_queue.set(used)
        return f"{used:.0%} of the notification queue in use" if used >= WORRYING_QUEUE else ""
