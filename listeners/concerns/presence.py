"""Asks the leases whether the parties of open sessions have a socket on any instance. Only the leader does."""

import contextlib
import time
from collections.abc import Sequence
from operator import itemgetter
from typing import Self
from uuid import UUID

import structlog

from app.mirror import reader
from app.mirror.server import Server
from app.observability import metrics
from app.sql.presence import WatchedSession, note_presence, watched_sessions
from app.valkey.answers import NoAnswer
from listeners.concerns.publisher import FramePublisher
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds
from listeners.engine.set_aside import SetAside

log = structlog.get_logger(__name__)

SECONDS = 1.0
BLIND_SECONDS = 15.0
"""After so long without a look, the next one counts no time before it as an absence."""

NOTE_ALL_SECONDS = 5.0
"""Parties that stay connected are noted again so often, because a note passes over a locked session."""

SESSIONS_A_PAGE = 500

_Party = tuple[UUID, str, UUID]


class PresenceWatch:
    """Looks which parties are connected, has PostgreSQL note it, and tells the other party what changed."""

    def __init__(self, backend: Backend, server: Server, publisher: FramePublisher, bell: Doorbell) -> None:
        self._backend = backend
        self._server = server
        self._publisher = publisher
        self._bell = bell
        self._looked_at: float | None = None
        self._noted_all_at = 0.0
        self._connected: set[_Party] = set()
        self._unnoted = SetAside(log, "presence", "presence_not_noted", "session_id")

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The presence watch of a listener that leads."""
        return cls(parts.backends.work, parts.server, FramePublisher(parts.server), parts.program.doorbell())

    def rounds(self) -> Rounds:
        """A look every second."""
        return Rounds("presence", self.look, self._bell)

    async def look(self) -> float:
        """One round. While Valkey can't say who is connected, nobody is noted as gone."""
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
        """Have a page noted, except for parties that stay connected. Returns the parties that are connected."""
        parties = [
            (session.session_id, party, user_id)
            for session in sessions
            for party, user_id in (("customer", session.customer_id), ("mitra", session.mitra_id))
            if user_id is not None
        ]
        leases = [self._server.keys.lease(party, user_id) for _, party, user_id in parties]
        answers = await reader.connected(self._server, leases)
        connected = {party for party, is_connected in zip(parties, answers, strict=True) if is_connected}

        async def note(to_note: Sequence[_Party]) -> None:
            changes = await self._backend.run(
                note_presence,
                session_ids=[session_id for session_id, _, _ in to_note],
                parties=[party for _, party, _ in to_note],
                user_ids=[user_id for _, _, user_id in to_note],
                connected=[party in connected for party in to_note],
                is_first_look=is_first_look,
                as_of=sessions[0].as_of,
            )
            for change in changes:
                metrics.presence_news.labels(change.party, change.state).inc()
            await self._publisher.publish_to([(change.recipient, bytes(change.frame)) for change in changes])

        to_note = [party for party in parties if party not in connected or party not in self._connected]
        await self._unnoted.act_on(to_note, itemgetter(0), note)
        return connected
