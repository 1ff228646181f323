"""What only one listener does at a time: the mirror, presence, the news for all instances, and the sweeps."""

import asyncio
from collections.abc import Callable

from app.mirror.writer import Writer
from app.payments.xendit import Xendit
from listeners.concerns.config import ConfigWatch
from listeners.concerns.drift import Drift
from listeners.concerns.events import Dispatcher
from listeners.concerns.exports import Exports
from listeners.concerns.invariants import InvariantCheck
from listeners.concerns.liveness import Liveness
from listeners.concerns.mirror import MirrorWriter
from listeners.concerns.payments import Payments
from listeners.concerns.payouts import PayoutMaker
from listeners.concerns.presence import PresenceWatch
from listeners.concerns.replays import Replayer
from listeners.concerns.reseed import Reseeder
from listeners.concerns.upkeep import Upkeep
from listeners.concerns.watch import MirrorWatch
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep


class LeadersWork:
    """The leader's concerns. Each listener has them; they work while it leads (`lead`)."""

    def __init__(
        self, parts: Parts, xendit: Xendit | None, dispatcher: Dispatcher, *, is_listening: Callable[[], bool]
    ) -> None:
        """`is_listening()` says whether notifications are heard."""
        self.reseeder = Reseeder.of(parts, is_well=lambda: self._watch.is_well())
        self.mirror = MirrorWriter.of(parts, on_reseed_asked=lambda: self.reseeder.request("asked for"))
        self.config = ConfigWatch.of(parts)
        self.sweeps: list[Sweep] = []
        """The sweeps of the present leadership, or of the last one."""
        self._parts = parts
        self._watch = MirrorWatch.of(parts, self.mirror, dispatcher, self.reseeder, is_listening=is_listening)
        self._upkeep = Upkeep.of(parts, lag_ms=lambda: self.mirror.lag_ms or None, all_sweeps=lambda: self.sweeps)
        self._payments = Payments.of(parts, xendit)
        self._payouts = PayoutMaker.of(parts)
        self._exports = Exports.of(parts)
        self._replayer = Replayer.of(parts)
        self._drift = Drift.of(parts, self.reseeder)
        self._invariants = InvariantCheck.of(parts)
        parts.server.on_up.append(lambda: self.reseeder.request("connected to Valkey"))

    async def lead(self, epoch: int) -> None:
        """Work until cancelled; what is written to Valkey carries `epoch`."""
        writer = Writer(self._parts.server, epoch=epoch)
        self.reseeder.writer = self._watch.writer = writer
        self.mirror.lead(writer)
        self.config.leading = True
        self.reseeder.request("leading")
        self.sweeps = self._sweeps(Liveness.of(self._parts, writer))
        presence = PresenceWatch.of(self._parts)
        program = self._parts.program
        try:
            async with asyncio.TaskGroup() as group:
                for concern in (self.mirror, self.reseeder, self._watch, self.config, presence):
                    group.create_task(program.rounds(*concern.rounds()))
                for sweep in self.sweeps:
                    group.create_task(sweep.run(program))
        finally:
            self.reseeder.writer = self._watch.writer = None
            self.mirror.follow()
            self.config.leading = False
            self.reseeder.seeded.clear()

    def _sweeps(self, liveness: Liveness) -> list[Sweep]:
        settings = self._parts.settings
        return [
            *liveness.sweeps(settings),
            *self._payments.sweeps(settings),
            *self._upkeep.sweeps(),
            *self._payouts.sweeps(),
            *self._exports.sweeps(),
            *self._replayer.sweeps(),
            *self._payments.reconciliations(),
            *self._drift.sweeps(settings),
            *self._invariants.sweeps(),
        ]
