"""Work that the leader does every so often, each piece on its own."""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from app.observability import metrics
from app.observability.faults import tell, words
from app.runtime import instant
from app.runtime.instant import Instant
from app.valkey.answers import NoAnswer
from listeners.engine.program import Program

log = structlog.get_logger(__name__)


class Run(NamedTuple):
    """How a sweep's last run went; `outcome` is ok, failed, or aborted for a doubt about Valkey; `found` says more."""

    ended_at: Instant
    outcome: str
    seconds: float
    found: str


class Sweep:
    """One piece of work, done every `seconds`. A failing run is logged and counted, and the next one runs.

    Work that needs Valkey aborts on any doubt about it (NoAnswer): a hiccup of Valkey must change nothing.
    """

    def __init__(
        self, name: str, seconds: float, work: Callable[[], Awaitable[object]], *, at_once: bool = True
    ) -> None:
        """`work` returns what it found or did, for the log: nothing worth a line when that is false.

        The first run is `at_once`, or after `seconds`.
        """
        self.name = name
        self.seconds = seconds
        self.last: Run | None = None
        self._work = work
        self._at_once = at_once

    async def run(self, program: Program) -> None:
        """Until the program stops."""
        if not self._at_once:
            await program.pause(self.seconds)
        while not program.stopping:
            await self._run_once()
            await program.pause(self.seconds)

    async def _run_once(self) -> None:
        started = time.monotonic()
        outcome, found = "ok", ""
        try:
            result = await self._work()
        except NoAnswer as doubt:
            outcome, found = "aborted", str(doubt)
            log.info("sweep_aborted", sweep=self.name, doubt=found)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next run comes
            outcome, found = "failed", words(error)
            tell(log, "sweep_failed", error, sweep=self.name)
        else:
            if result:
                found = str(result)
                log.info("sweep", sweep=self.name, found=found)
        seconds = time.monotonic() - started
        self.last = Run(instant.now(), outcome, seconds, found)
        metrics.sweep_last_run.labels(self.name).set_to_current_time()
        metrics.sweep_duration.labels(self.name).set(seconds)
        metrics.sweep_runs.labels(self.name, outcome).inc()
