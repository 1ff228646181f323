"""Work that the leader does at intervals, each sweep by itself."""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from app.observability import metrics
from app.observability.faults import log_fault, words
from app.runtime import instant
from app.runtime.instant import Instant
from app.valkey.answers import NoAnswer
from listeners.engine.program import Program

log = structlog.get_logger(__name__)


class SweepRun(NamedTuple):
    """How a sweep's last run went.

    `outcome` is ok, failed, or aborted because of a doubt about Valkey; `found` says what it found, or why it failed.
    """

    ended_at: Instant
    outcome: str
    seconds: float
    found: str


class Sweep:
    """Work that is done every `seconds`. A run that fails is logged and counted, and the next one runs.

    Work that needs Valkey aborts on any doubt about it (NoAnswer): a short fault of Valkey must change nothing.
    """

    def __init__(
        self, name: str, seconds: float, work: Callable[[], Awaitable[object]], *, at_once: bool = True
    ) -> None:
        """`work` returns what it found or did, for the log; what is false (0, "", None) is not logged.

        The first run is at once, or after `seconds` when not `at_once`.
        """
        self.name = name
        self.seconds = seconds
        self.last: SweepRun | None = None
        self._work = work
        self._at_once = at_once

    async def run(self, program: Program) -> None:
        """Do the work at its intervals until the program stops."""
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
            log_fault(log, "sweep_failed", error, sweep=self.name)
        else:
            if result:
                found = str(result)
                log.info("sweep", sweep=self.name, found=found)
        seconds = time.monotonic() - started
        self.last = SweepRun(instant.now(), outcome, seconds, found)
        metrics.sweep_last_run.labels(self.name).set_to_current_time()
        metrics.sweep_duration.labels(self.name).set(seconds)
        metrics.sweep_runs.labels(self.name, outcome).inc()
