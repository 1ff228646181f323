"""The dispatcher: takes events out of the outbox and hands them to Valkey, stream by stream, in order."""

import time
from collections.abc import Sequence

from app.mirror.server import Server
from app.observability import metrics
from app.postgres.database import Connection
from app.sql.events import ClaimedEvent, claim_events, confirm_dispatched
from app.valkey.answers import Away
from listeners.concerns.publisher import Publisher
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.vitals import Vitals

CHANNEL = "events"

STREAMS_A_ROUND = 500
MANY_EVENTS = 50
"""After so many there may be more than one claim takes; what comes later rings."""

POLL_SECONDS = 1.0
"""A lost doorbell delays, it never loses."""


class Dispatcher:
    """Publishes what has been committed. Any number may run: a stream is claimed by one at a time."""

    def __init__(self, backend: Backend, server: Server, bell: Doorbell) -> None:
        self.bell = bell
        self.vitals = Vitals()
        self._backend = backend
        self._server = server
        self._publisher = Publisher(server)

    def hear(self, _payloads: Sequence[str]) -> None:
        """Somebody rang."""
        self.bell.ring()

    async def dispatch(self) -> float:
        """One round: claim, publish, confirm, commit. When Valkey does not take it, nothing has happened."""
        with self.vitals.round():
            if not self._server.is_up:
                raise Away("events wait in PostgreSQL, where the sockets poll them")
            published = await self._backend.run(self._dispatch)
        return 0.0 if published >= MANY_EVENTS else POLL_SECONDS

    async def _dispatch(self, conn: Connection) -> int:
        async with conn.transaction():
            claimed = await claim_events(conn, limit=STREAMS_A_ROUND)
            if not claimed:
                return 0
            await self._publisher.publish_to([(event.recipient, bytes(event.frame)) for event in claimed])
            taken = {event.recipient: event.seq for event in claimed}  # ordered by seq, so the last one counts
            await confirm_dispatched(conn, recipients=list(taken), seqs=list(taken.values()))
        _measure(claimed)
        return len(claimed)


def _measure(claimed: Sequence[ClaimedEvent]) -> None:
    now = time.time()
    metrics.events_published.inc(len(claimed))
    for event in claimed:
        metrics.event_lag.observe(max(0.0, now - event.created_at.timestamp()))
