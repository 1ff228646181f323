"""Copies heartbeats from Valkey to PostgreSQL, and sets mitras without fresh heartbeats offline."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Self
from uuid import UUID

import structlog

from app.mirror.writer import Writer
from app.observability import metrics
from app.settings import ListenerSettings
from app.sql.mirror import auto_offline, copy_heartbeats, mass_silence, mirror_state
from listeners.concerns.mirror import write_states
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.set_aside import SetAside
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

HEARTBEATS_A_STATEMENT = 1000
STALE_A_STATEMENT = 500
OVERLAP = timedelta(seconds=60)
"""A copy begins so long before the end of the last copy, because the last copy passed over locked rows."""


class Liveness:
    """Does both for one leadership: `writer` carries its epoch."""

    def __init__(self, writer: Writer, backend: Backend, *, sweep_seconds: float) -> None:
        """`sweep_seconds` is the time between two looks for stale mitras."""
        self._writer = writer
        self._backend = backend
        self._sweep_seconds = sweep_seconds
        self._copied_to = datetime.fromtimestamp(0, UTC)
        self._uncopied = SetAside(log, "heartbeat_copy", "heartbeat_not_copied", "mitra_id")
        self._still_online = SetAside(log, "auto_offline", "mitra_not_set_offline", "mitra_id")
        self._is_held = True
        """Whether a mass silence lasts, as far as this listener knows; the first sweep asks PostgreSQL."""

    @classmethod
    def of(cls, parts: Parts, writer: Writer) -> Self:
        """The liveness of a listener that leads."""
        return cls(writer, parts.backends.sweeps, sweep_seconds=parts.settings.mitra_auto_offline_sweep_seconds)

    def sweeps(self, settings: ListenerSettings) -> list[Sweep]:
        """The copy, and the look for stale mitras."""
        return [
            Sweep("heartbeat_copy", settings.heartbeat_mirror_interval_seconds, self.copy_heartbeats, at_once=False),
            Sweep("auto_offline", settings.mitra_auto_offline_sweep_seconds, self.set_silent_offline, at_once=False),
        ]

    async def copy_heartbeats(self) -> int:
        """Move `last_heartbeat_at` forward to what Valkey knows. Returns how many rows moved; raises NoAnswer."""
        moved = 0
        newest = self._copied_to
        async for beats in self._writer.heartbeats(self._copied_to - OVERLAP, page=HEARTBEATS_A_STATEMENT):
            if beats.mitra_ids:
                rows = list(zip(beats.mitra_ids, beats.at, strict=True))
                moved += sum(await self._uncopied.act_on(rows, itemgetter(0), self._copy))
                newest = max(newest, beats.at[-1])
        self._copied_to = newest
        return moved

    async def _copy(self, beats: Sequence[tuple[UUID, datetime]]) -> int:
        return await self._backend.run(
            copy_heartbeats, mitra_ids=[mitra_id for mitra_id, _ in beats], heartbeats=[at for _, at in beats]
        )

    async def set_silent_offline(self) -> int:
        """Set mitras offline that were silent for `heartbeat_stale_seconds`. Returns how many.

        Any doubt about Valkey aborts: NoAnswer is raised for every error, for a mirror that is not whole, and for a
        mirror that has taken heartbeats for less than `heartbeat_stale_seconds`. PostgreSQL skips mitras whose
        heartbeat is fresh there, and the mirror learns that heartbeat. During a mass silence nobody is set offline.
        """
        if not await self._writer.stale(most=1) and not self._is_held:
            return 0
        await self.copy_heartbeats()
        if await self._is_mass_silence():
            return 0
        offline: set[UUID] = set()
        seen: set[UUID] = set()
        while True:
            stale = await self._writer.stale(most=STALE_A_STATEMENT)
            if seen.issuperset(stale):
                return len(offline)
            seen.update(stale)
            offline.update(*await self._still_online.act_on(stale, lambda mitra_id: mitra_id, self._set_offline))
            await write_states(self._writer, self._backend, await self._backend.run(mirror_state, mitra_ids=stale))

    async def _set_offline(self, mitra_ids: Sequence[UUID]) -> list[UUID]:
        return await self._backend.run(auto_offline, mitra_ids=[*mitra_ids])

    async def _is_mass_silence(self) -> bool:
        """Whether so many are stale that it is held to be an outage of ours; logs it as an error."""
        silence = await self._backend.run(mass_silence, sweep_seconds=self._sweep_seconds)
        metrics.mass_silence.set(silence.is_held)
        if silence.is_held:
            log.error(
                "mass_silence",
                silent=silence.silent,
                online=silence.online,
                since=str(silence.since),
                hint="So many mitras can't be silent by themselves: look at the APIs and the way to them.",
            )
        elif self._is_held and silence.since is not None:
            log.warning("mass_silence_over", silent=silence.silent, online=silence.online, since=str(silence.since))
        self._is_held = silence.is_held
        return silence.is_held
