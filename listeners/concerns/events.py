"""The dispatcher: takes events out of the outbox and publishes them in Valkey, each stream in its order."""

import time
from collections.abc import Sequence
from typing import Self

from app.mirror.server import Server
from app.observability import metrics, tracing
from app.observability.tracing import Tracer
from app.postgres.database import Connection
from app.sql.events import ClaimedEvent, Looked, claim_events, confirm_dispatched, note_dispatched
from app.valkey.answers import Away
from listeners.concerns import decisions, traces
from listeners.concerns.publisher import FramePublisher
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds
from listeners.engine.vitals import Vitals

CHANNEL = "events"

STREAMS_A_ROUND = 500
MANY_EVENTS = 50
"""After a round of so many the next begins at once, since a claim may have left events. Later events ring."""

NOTE_SECONDS = 0.2
"""Each look begins behind what was dispatched so long ago, and passes over its dead notes."""

ANEW_SECONDS = 60.0
"""So often a look begins at the beginning all the same: behind a pooler nobody sees that another server answers."""

POLL_SECONDS = 1.0
"""A lost notification delays an event by so long; no event is lost."""


class Dispatcher:
    """Publishes committed events. Any number may run: a stream is claimed by one of them at a time."""

    def __init__(self, backend: Backend, server: Server, bell: Doorbell) -> None:
        self.bell = bell
        self.vitals = Vitals()
        self._backend = backend
        self._server = server
        self._publisher = FramePublisher(server)
        self._looked = Looked()
        self._note_at = 0.0
        self._conn: Connection | None = None
        self._anew_at = 0.0

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The dispatcher of a listener, on a backend of its own: its transaction stays open while Valkey is asked."""
        return cls(parts.backends.events, parts.server, parts.program.doorbell())

    def hear(self, _payloads: Sequence[str]) -> None:
        """There are new events."""
        self.bell.ring()

    def rounds(self) -> Rounds:
        """The outbox, at each ring and once a second."""
        return Rounds("events", self.dispatch, self.bell)

    async def dispatch(self) -> float:
        """One round: claim, publish, confirm, commit. What Valkey did not take stays in the outbox."""
        with self.vitals.round():
            if not self._server.is_up:
                raise Away("events wait in PostgreSQL, where the sockets poll them")
            try:
                published = await self._backend.run(self._dispatch)
                if time.monotonic() >= self._note_at:
                    await self._backend.run(self._note)
            except BaseException:
                self._looked = Looked()
                raise
        return 0.0 if published >= MANY_EVENTS else POLL_SECONDS

    async def _note(self, conn: Connection) -> None:
        self._know(conn)
        self._note_at = time.monotonic() + NOTE_SECONDS
        self._looked = await note_dispatched(conn, since=self._looked.since, looked=self._looked.looked)

    def _know(self, conn: Connection) -> None:
        """Begin at the beginning on another connection: it may lead to a server that counts transactions otherwise."""
        now = time.monotonic()
        if conn is not self._conn or now >= self._anew_at:
            self._conn, self._anew_at, self._looked = conn, now + ANEW_SECONDS, Looked()

    async def _dispatch(self, conn: Connection) -> int:
        self._know(conn)
        async with conn.transaction():
            claimed = await claim_events(conn, limit=STREAMS_A_ROUND, since=self._looked.since)
            if not claimed:
                return 0
            if tracing.tracer is None:
                await self._publisher.publish_to([(event.recipient, bytes(event.frame)) for event in claimed])
            else:
                await self._publish_traced(tracing.tracer, conn, claimed)
            taken = {event.recipient: event.seq for event in claimed}  # by seq, so the last of each recipient remains
            await confirm_dispatched(conn, recipients=list(taken), seqs=list(taken.values()), since=self._looked.since)
        _measure(claimed)
        decisions.tell(claimed)
        return len(claimed)

    async def _publish_traced(self, tracer: Tracer, conn: Connection, claimed: Sequence[ClaimedEvent]) -> None:
        """Publish, and tell the instances before each event of a traced request to which trace it belongs."""
        keys = self._server.keys
        spans = await traces.begin(tracer, conn, claimed)
        try:
            messages: list[tuple[str, bytes]] = []
            for event in claimed:
                told = traces.before(spans, (event.recipient, event.seq))
                messages += [(keys.traces_channel, message) for message in told]
                messages.append((keys.channel_of(event.recipient), bytes(event.frame)))
            await self._publisher.publish(messages)
        finally:
            traces.end(spans)


def _measure(claimed: Sequence[ClaimedEvent]) -> None:
    now = time.time()
    metrics.events_published.inc(len(claimed))
    for event in claimed:
        metrics.event_lag.observe(max(0.0, now - event.created_at.timestamp()))
