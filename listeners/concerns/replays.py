"""Makes the replays that operators asked for, a part of each in turn."""

from typing import Self

import psycopg
import structlog

from app.observability.faults import log_fault
from app.sql import replays
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

REPLAY_SECONDS = 2.0
MOST_PARTS = 10
"""Further parts wait for the next run."""


class Replayer:
    """Only the leader makes replays. One that fails was set aside by its claim, so it holds up no other."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The replayer of a listener."""
        return cls(parts.backends.sweeps)

    def sweeps(self) -> list[Sweep]:
        """The one sweep."""
        return [Sweep("replays", REPLAY_SECONDS, self.make)]

    async def make(self) -> str:
        """Make parts until no replay waits, or for so many parts; returns how many replays are done."""
        done = 0
        for _ in range(MOST_PARTS):
            replay_id = await self._backend.run(replays.claim_replay)
            if replay_id is None:
                break
            try:
                is_more = await self._backend.run(replays.make_replay, replay_id=replay_id)
            except psycopg.Error as error:
                log_fault(log, "replay_not_made", error, replay_id=str(replay_id))
            else:
                done += not is_more
        return f"{done} done" if done else ""
