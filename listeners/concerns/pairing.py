"""Sends offers: brings searches and available mitras together."""

import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Self
from uuid import UUID

import structlog

from app.mirror.reader import MirrorReader
from app.observability import metrics
from app.sql.pairing import OfferMade, UnofferedSession, best_mitras, blast, count_unoffered, unoffered_sessions
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds
from listeners.engine.set_aside import SetAside

log = structlog.get_logger(__name__)

CHANNEL = "pairing"

SESSIONS_A_PAGE = 500
MITRAS = 500
"""How many of the best mitras a page of sessions is matched with: some waves of the largest `blast_size`. A session
that was offered to all of them waits until another is among the best."""

CANDIDATES = 200
"""How many are named to `blast` at most: twice the largest `blast_size`. It looks at as many as `blast_size` needs."""

POLL_SECONDS = 1.0
SECOND_LOOKS_SECONDS = (0.03, 0.1, 0.3)
"""Pauses after a ring while a search has no offer: Valkey may learn of an available mitra after the notification."""

DOUBT_SECONDS = 2.0
"""While searches have no offer and the mirror leads to none, PostgreSQL is asked as well, once in so many seconds."""


class Pairing:
    """Sends offers of every search that has none, the oldest first. Any number of listeners may do so.

    A pass goes through all these searches, one after the other: `blast` waits for no lock, so none holds up the next.
    """

    def __init__(self, backend: Backend, reader: MirrorReader, bell: Doorbell) -> None:
        self.bell = bell
        self._backend = backend
        self._reader = reader
        self._pauses: Iterator[float] = repeat(POLL_SECONDS)
        self._rung = False
        self._next_doubt = 0.0
        self._aside = SetAside(log, "pairing", "session_not_matched", "session_id")

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The pairing of a listener."""
        return cls(parts.backends.work, parts.reader, parts.program.doorbell())

    def hear(self, _payloads: Sequence[str]) -> None:
        """A session wants a mitra, or a mitra became available."""
        self._rung = True
        self.bell.ring()

    def rounds(self) -> Rounds:
        """Waiting sessions, at each ring and once a second."""
        return Rounds("pairing", self.match, self.bell)

    async def match(self) -> float:
        """One round: offer every search that has no offer."""
        if self._rung:
            self._rung = False
            self._pauses = chain(SECOND_LOOKS_SECONDS, repeat(POLL_SECONDS))
        unoffered = await self._backend.run(count_unoffered)
        metrics.unoffered_sessions.set(unoffered)
        if not unoffered:
            self._pauses = repeat(POLL_SECONDS)
            return POLL_SECONDS
        now = time.monotonic()
        offers = await self._match_all(is_doubted=False)
        if not offers and now >= self._next_doubt:
            self._next_doubt = now + DOUBT_SECONDS
            await self._match_all(is_doubted=True)
        return next(self._pauses)

    async def _match_all(self, *, is_doubted: bool) -> int:
        """One pass through the sessions that one of the best mitras can be offered. Returns how many offers it made."""
        offers = 0
        last: UnofferedSession | None = None
        while True:
            mitras = await self._available(is_doubted=is_doubted)
            if not mitras:
                return offers
            page = await self._backend.run(
                unoffered_sessions,
                limit=SESSIONS_A_PAGE,
                available=mitras,
                after_began=last.began_at if last else None,
                after_id=last.session_id if last else None,
            )
            for session in page:
                if session.session_id not in self._aside:
                    offers += await self._match(session, mitras)
            if len(page) < SESSIONS_A_PAGE:
                return offers
            last = page[-1]

    async def _available(self, *, is_doubted: bool) -> list[UUID]:
        """The best mitras by the mirror; by PostgreSQL when Valkey can't say, or the mirror `is_doubted`."""
        if not is_doubted and (mitras := await self._reader.candidates(MITRAS)) is not None:
            return mitras
        # PostgreSQL's heartbeats are late copies: a mitra that is stale there may beat, so it is named (`is_lenient`).
        # When the mirror is doubted, only a mitra that is fresh even in PostgreSQL is named.
        return await self._backend.run(best_mitras, limit=MITRAS, is_lenient=not is_doubted)

    async def _match(self, session: UnofferedSession, mitras: Sequence[UUID]) -> int:
        barred = set(session.barred)
        candidates = [mitra_id for mitra_id in mitras if mitra_id not in barred][:CANDIDATES]
        offers: Sequence[OfferMade] = ()
        with self._aside.trying(session.session_id):
            offers = await self._backend.run(blast, session_id=session.session_id, candidates=candidates)
        metrics.offers_made.inc(len(offers))
        return len(offers)
