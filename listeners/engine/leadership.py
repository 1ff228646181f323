"""Which listener leads: a lease in PostgreSQL, renewed each second, and an epoch that grows at each change."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Self

import psycopg
import structlog

from app.observability import metrics
from app.observability.faults import Series, log_fault
from app.runtime.backoff import pauses
from app.sql.leadership import LISTENER, give_back_leadership, renew_leadership, take_leadership
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.program import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Program

log = structlog.get_logger(__name__)

LEASE_SECONDS = 3.0
RENEWAL_SECONDS = 1.0
MARGIN_SECONDS = 0.5
"""A leader stops leading so long before its lease ends, by its own clock. It counts the lease from before it asked."""

BLIND_SECONDS = 5.0
"""A leader that had no Valkey for so long gives the lead back.

A listener without Valkey takes the lead only when nobody has led for so long.
"""

BLIND_TERM_SECONDS = 30.0
"""A listener that has had no Valkey since it began to lead gives the lead back after so long, to one with Valkey."""

RETRY_PAUSE_SECONDS = 0.1
GIVE_BACK_SECONDS = 1.0


class Leadership:
    """Leads whenever no other listener does.

    Late writes of a leader that was stopped and woke again carry an older epoch and are refused by Valkey; what leaders
    do in PostgreSQL is harmless when two do it.
    """

    def __init__(
        self, backend: Backend, *, has_valkey: Callable[[], bool], retry_seconds: float, program: Program
    ) -> None:
        """`backend` serves the lease alone: no other call delays it. `retry_seconds` is LEADER_RETRY_SECONDS."""
        self.epoch: int | None = None
        """The epoch of the present leadership; None while this listener does not lead."""
        self.decided = asyncio.Event()
        """Set when PostgreSQL has said for the first time whether this listener leads."""
        self._backend = backend
        self._has_valkey = has_valkey
        # At least four times a second: the mirror waits for another leader, and to ask costs a look at one row.
        self._ask_seconds = min(retry_seconds / 8, 0.25)
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._program = program

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The leadership of a listener: its lease, on a backend of its own."""
        return cls(
            parts.backends.lease,
            has_valkey=lambda: parts.server.is_up,
            retry_seconds=parts.settings.leader_retry_seconds,
            program=parts.program,
        )

    async def run(self, lead: Callable[[int], Awaitable[None]]) -> None:
        """While leading, run `lead(epoch)`; it is cancelled when the lead is lost. Ends when the program stops."""
        waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        failures = Series(log, "leadership_not_asked_for")
        while not self._program.stopping:
            asked_at = time.monotonic()
            has_valkey = self._has_valkey()
            try:
                epoch = await self._backend.run(
                    take_leadership,
                    name=LISTENER,
                    holder=self._holder,
                    seconds=LEASE_SECONDS,
                    vacant_seconds=0.0 if has_valkey else BLIND_SECONDS,
                )
            except (psycopg.Error, OSError, TimeoutError) as error:
                metrics.listener_failures.labels("leadership").inc()
                failures.failed(error)
                await self._program.pause(next(waits))
                continue
            failures.ended()
            waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            if epoch is not None and time.monotonic() < asked_at + LEASE_SECONDS - MARGIN_SECONDS:
                await self._lead(epoch, lead, asked_at, BLIND_SECONDS if has_valkey else BLIND_TERM_SECONDS)
            self.decided.set()
            await self._program.pause(self._ask_seconds)

    async def _lead(
        self, epoch: int, lead: Callable[[int], Awaitable[None]], asked_at: float, blind_seconds: float
    ) -> None:
        log.info("leading", epoch=epoch)
        self.epoch = epoch
        self.decided.set()
        metrics.listener_leading.set(1)
        work = asyncio.ensure_future(lead(epoch))
        keep = asyncio.ensure_future(self._keep(epoch, asked_at, blind_seconds))
        why = "cancelled"
        try:
            await asyncio.wait({work, keep}, return_when=asyncio.FIRST_COMPLETED)
            why = keep.result() if keep.done() else "stopping"
        finally:
            self.epoch = None
            metrics.listener_leading.set(0)
            for task in (work, keep):
                task.cancel()
            outcomes = await asyncio.gather(work, keep, return_exceptions=True)
            await self._give_back(epoch)
            log.info("not_leading_any_more", epoch=epoch, reason=why)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    async def _keep(self, epoch: int, renewed_at: float, blind_seconds: float) -> str:
        """Renew the lease each second; returns when this listener must not lead any longer, and says why."""
        valkey_seen_at = time.monotonic()
        pause = RENEWAL_SECONDS
        while True:
            await asyncio.sleep(pause)
            now = time.monotonic()
            if self._has_valkey():
                valkey_seen_at, blind_seconds = now, BLIND_SECONDS
            elif now - valkey_seen_at > blind_seconds:
                return "without Valkey"
            seconds_left = renewed_at + LEASE_SECONDS - MARGIN_SECONDS - now
            if seconds_left <= 0:
                return "the lease could not be renewed in time"
            try:
                async with asyncio.timeout(seconds_left):
                    if not await self._backend.run(renew_leadership, name=LISTENER, epoch=epoch, seconds=LEASE_SECONDS):
                        return "the lease is not ours any more"
                renewed_at, pause = now, RENEWAL_SECONDS
            except (psycopg.Error, OSError, TimeoutError) as error:
                metrics.listener_failures.labels("leadership").inc()
                log_fault(log, "lease_not_renewed", error, epoch=epoch)
                pause = RETRY_PAUSE_SECONDS

    async def _give_back(self, epoch: int) -> None:
        """Let others lead before the lease ends; when PostgreSQL does not answer, they wait for its end."""
        try:
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                await self._backend.run(give_back_leadership, name=LISTENER, epoch=epoch)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log_fault(log, "lease_not_given_back", error, epoch=epoch)
