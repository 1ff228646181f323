"""Whether the parties of open sessions have a socket, on whatever instance: asked of the leases by the leader."""

import contextlib
import time
from collections.abc import Sequence
from uuid import UUID

from app.mirror.server import Server
from app.observability import metrics
from app.sql.presence import WatchedSession, note_presence, watched_sessions
from app.valkey.answers import NoAnswer
from listeners.concerns.publisher import Publisher
from listeners.engine.backend import Backend

SECONDS = 1.0
BLIND_SECONDS = 15.0
"""After so long without a look nobody is held to have been away meanwhile."""

NOTE_ALL_SECONDS = 5.0
"""Those who were connected a second ago, and are, are noted so often: a busy session may have been passed over."""

LEASES_SETTLE_MS = 5_000
"""Instances lease their sockets anew within a second or two after Valkey was emptied."""

SESSIONS_A_PAGE = 500

_Party = tuple[UUID, str, UUID]


class Presence:
    """Looks who is there, has PostgreSQL note it, and tells the other party what changed."""

    def __init__(self, backend: Backend, server: Server, publisher: Publisher) -> None:
        self._backend = backend
        self._server = server
        self._publisher = publisher
        self._looked_at: float | None = None
        self._noted_all_at = 0.0
        self._connected: set[_Party] = set()

    async def look(self) -> float:
        """One round. While Valkey can't tell who is connected nobody is missed."""
        with contextlib.suppress(NoAnswer):
            await self._look()
        return SECONDS

    async def _look(self) -> None:
        started = time.monotonic()
        is_first = self._looked_at is None or started - self._looked_at > BLIND_SECONDS
        if is_first or started - self._noted_all_at > NOTE_ALL_SECONDS:
            self._connected, self._noted_all_at = set(), started
        connected: set[_Party] = set()
        after: UUID | None = None
        while True:
            sessions = await self._backend.run(watched_sessions, after=after, limit=SESSIONS_A_PAGE)
            if sessions:
                connected |= await self._note(sessions, is_first)
            if len(sessions) < SESSIONS_A_PAGE:
                break
            after = sessions[-1].customer_id
        self._looked_at, self._connected = started, connected

    async def _note(self, sessions: Sequence[WatchedSession], is_first_look: bool) -> set[_Party]:
        """Have a page noted, but for those who are connected still; the parties that are connected."""
        parties = [
            (session.session_id, party, user_id)
            for session in sessions
            for party, user_id in (("customer", session.customer_id), ("mitra", session.mitra_id))
            if user_id is not None
        ]
        leases = [self._server.keys.lease(party, user_id) for _, party, user_id in parties]
        answers = await self._server.run(self._server.scripts.presence, LEASES_SETTLE_MS, *leases)
        connected = {party for party, answer in zip(parties, answers, strict=True) if answer}
        if changed := [party for party in parties if party not in connected or party not in self._connected]:
            news = await self._backend.run(
                note_presence,
                session_ids=[session_id for session_id, _, _ in changed],
                parties=[party for _, party, _ in changed],
                user_ids=[user_id for _, _, user_id in changed],
                connected=[party in connected for party in changed],
                is_first_look=is_first_look,
                as_of=sessions[0].as_of,
            )
            for one in news:
                metrics.presence_news.labels(one.party, one.state).inc()
            await self._publisher.publish_to([(one.recipient, bytes(one.frame)) for one in news])
        return connected
