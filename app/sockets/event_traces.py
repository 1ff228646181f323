"""The traces of events that come through Valkey: the listener tells of a trace before its event."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from app.observability.tracing import Tracer
from app.sockets.connected_users import ConnectedUser
from app.sockets.frames import Head
from app.sql.events import EventTrace

KEPT = 1_000
"""Traces of events for users of other instances are heard, too: older ones are forgotten."""

_read = msgspec.json.Decoder(EventTrace).decode


class EventTraces:
    """The traces that were told of last."""

    def __init__(self) -> None:
        self._traceparents: dict[tuple[str, int], str] = {}

    def hear(self, message: bytes) -> None:
        """Keep what the next event belongs to. Raises msgspec.DecodeError."""
        trace = _read(message)
        if len(self._traceparents) >= KEPT:
            self._traceparents.pop(next(iter(self._traceparents)))
        self._traceparents[trace.recipient, trace.seq] = trace.traceparent

    @contextmanager
    def of(self, tracer: Tracer, user: ConnectedUser, head: Head) -> Iterator[None]:
        """A span while the frame is handed to the user's sockets, if its event has a trace."""
        traceparent = self._traceparents.pop((user.name, head.seq), None) if head.id is not None else None
        if traceparent is None:
            yield
            return
        span = tracer.carry(f"send {head.type}", traceparent)
        span.tell(sockets=len(user.sockets))
        try:
            yield
        finally:
            span.end()
