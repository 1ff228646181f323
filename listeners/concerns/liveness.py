"""Heartbeats on their way back to PostgreSQL, and those who fell silent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from app.mirror.writer import Writer
from app.observability import metrics
from app.sql.mirror import auto_offline, copy_heartbeats, mass_silence, mirror_state
from listeners.concerns.mirror import write_states
from listeners.engine.backend import Backend

log = structlog.get_logger(__name__)

HEARTBEATS_A_STATEMENT = 1000
STALE_A_STATEMENT = 500
OVERLAP = timedelta(seconds=60)
"""Heartbeats are copied again from a little before the last copy: rows that were busy then were passed over."""


class Liveness:
    """Copies heartbeats and sets the silent offline, with the authority of one leadership."""

    def __init__(self, writer: Writer, backend: Backend, *, sweep_seconds: float) -> None:
        """`sweep_seconds` is how often the silent are looked for."""
        self._writer = writer
        self._backend = backend
        self._sweep_seconds = sweep_seconds
        self._copied_to = datetime.fromtimestamp(0, UTC)
        self._is_held = True  # maybe: PostgreSQL knows, and is asked at the first sweep

    async def copy_heartbeats(self) -> int:
        """Move `last_heartbeat_at` forward to what Valkey knows; how many rows moved. Raises NoAnswer."""
        moved = 0
        newest = self._copied_to
        async for beats in self._writer.heartbeats(self._copied_to - OVERLAP, page=HEARTBEATS_A_STATEMENT):
            if beats.mitra_ids:
                moved += await self._backend.run(copy_heartbeats, mitra_ids=beats.mitra_ids, heartbeats=beats.at)
                newest = max(newest, beats.at[-1])
        self._copied_to = newest
        return moved

    async def set_silent_offline(self) -> int:
        """Set those offline who were silent for `heartbeat_stale_seconds`; how many.

        Any doubt about Valkey aborts: NoAnswer is raised for every error, a mirror that is not whole, and one that has
        not listened for that long. PostgreSQL skips those whose stamps there are fresh; the mirror learns these stamps.
        While a mass silence lasts nobody is set offline.
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
            offline.update(await self._backend.run(auto_offline, mitra_ids=stale))
            await write_states(self._writer, self._backend, await self._backend.run(mirror_state, mitra_ids=stale))

    async def _is_mass_silence(self) -> bool:
        """Whether the silence is held to be an outage of ours, which is said loudly."""
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
