"""Brings waiting sessions and available mitras together."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from uuid import UUID

import psycopg
import structlog

from app import metrics
from app.faults import tell
from app.mirror.gateway import Gateway
from app.sql.matching import WaitingSession, blast, waiting_sessions
from listeners.backend import Backend
from listeners.doorbell import Doorbell

log = structlog.get_logger(__name__)

CHANNEL = "pairing"

SESSIONS_A_ROUND = 1000
CANDIDATES = 50
"""Named to `blast`, which checks each of them again and takes as many as `blast_size` allows."""

POLL_SECONDS = 1.0
SECOND_LOOKS_SECONDS = (0.03, 0.1, 0.3)
"""Pauses after a ring while somebody waits: who became available may be in Valkey a moment after the notification."""


class WaitingQueue:
    """Sessions to be matched; one that is being matched is not taken again."""

    def __init__(self) -> None:
        self._waiting: deque[WaitingSession] = deque()
        self._known: set[UUID] = set()

    def take(self, sessions: Sequence[WaitingSession]) -> None:
        """Add those that are new."""
        for session in sessions:
            if session.session_id not in self._known:
                self._known.add(session.session_id)
                self._waiting.append(session)

    def next(self) -> WaitingSession | None:
        """The one that waits longest."""
        return self._waiting.popleft() if self._waiting else None

    def done(self, session: WaitingSession) -> None:
        """It may be taken again."""
        self._known.discard(session.session_id)


class Matcher:
    """Asks the mirror for the best mitras and PostgreSQL to send them offers, one waiting session at a time.

    There are several, so that a session whose rows are locked, or that fails, holds up nobody else.
    """

    def __init__(self, backend: Backend, gateway: Gateway, queue: WaitingQueue, bell: Doorbell) -> None:
        self.bell = bell
        self._queue = queue
        self._backend = backend
        self._gateway = gateway

    async def match_next(self) -> float:
        """One round: a wave of offers for whoever waits longest."""
        waiting = self._queue.next()
        if waiting is None:
            return 60.0
        try:
            await self._match(waiting)
        except psycopg.Error as error:
            metrics.listener_failures.labels("pairing").inc()
            tell(log, "session_not_matched", error, session_id=str(waiting.session_id))
        finally:
            self._queue.done(waiting)
        return 0.0

    async def _match(self, waiting: WaitingSession) -> None:
        excluded = set(waiting.excluded)
        candidates = await self._gateway.candidates(CANDIDATES + len(excluded))
        if candidates is not None:
            candidates = [mitra_id for mitra_id in candidates if mitra_id not in excluded]
            if not candidates:
                return
        # Without candidates, because Valkey can't tell, PostgreSQL chooses.
        offers = await self._backend.run(blast, session_id=waiting.session_id, candidates=candidates)
        metrics.offers_made.inc(len(offers))


class Pairing:
    """Finds out who waits, and has matchers send the offers. Any number of listeners may."""

    def __init__(self, backend: Backend, bell: Doorbell, queue: WaitingQueue, matchers: Sequence[Matcher]) -> None:
        self.bell = bell
        self._backend = backend
        self._queue = queue
        self._matchers = matchers
        self._pauses: Iterator[float] = repeat(POLL_SECONDS)
        self._rung = False

    def hear(self, _payloads: Sequence[str]) -> None:
        """A session wants a mitra, or a mitra became available."""
        self._rung = True
        self.bell.ring()

    async def find(self) -> float:
        """One round: hand everybody who waits to the matchers, oldest first."""
        if self._rung:
            self._rung = False
            self._pauses = chain(SECOND_LOOKS_SECONDS, repeat(POLL_SECONDS))
        waiting = await self._backend.run(waiting_sessions, limit=SESSIONS_A_ROUND)
        metrics.waiting_sessions.set(len(waiting))
        if not waiting:
            self._pauses = repeat(POLL_SECONDS)
            return POLL_SECONDS
        self._queue.take(waiting)
        for matcher in self._matchers:
            matcher.bell.ring()
        return next(self._pauses)
