"""Makes the replays that operators asked for, a part of each in turn."""

from typing import Self

from app.sql import replays
from listeners.concerns.step_by_step import step_by_step
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

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
        run = self._backend.run
        done = await step_by_step(
            "replay",
            lambda: run(replays.claim_replay),
            lambda replay_id: run(replays.make_replay, replay_id=replay_id),
            most=MOST_PARTS,
        )
        return f"{done} done" if done else ""
