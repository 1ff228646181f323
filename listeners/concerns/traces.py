"""Goes on with the traces of events: a span for each event that a traced request told."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.observability.tracing import Tracer, TraceSpan
from app.postgres.database import Connection
from app.sql.events import ClaimedEvent, EventTrace, event_traces

Place = tuple[str, int]
"""An event: its recipient and its number."""


class _Kind(msgspec.Struct):
    type: str


_read = msgspec.json.Decoder(_Kind).decode
_write = msgspec.json.Encoder().encode


async def begin(tracer: Tracer, conn: Connection, events: Sequence[ClaimedEvent]) -> dict[Place, TraceSpan]:
    """Begin the span of each of these events that has a trace."""
    found = await event_traces(
        conn, recipients=[event.recipient for event in events], seqs=[event.seq for event in events]
    )
    traceparents = {(trace.recipient, trace.seq): trace.traceparent for trace in found}
    return {
        place: tracer.carry(f"dispatch {_read(event.frame).type}", traceparents[place])
        for event in events
        if (place := (event.recipient, event.seq)) in traceparents
    }


def before(spans: Mapping[Place, TraceSpan], place: Place) -> Iterable[bytes]:
    """What instances are told before an event: to which trace it belongs, if to any."""
    span = spans.get(place)
    if span is not None and span.traceparent is not None:
        yield _write(EventTrace(*place, span.traceparent))


def end(spans: Mapping[Place, TraceSpan]) -> None:
    """All of them are over."""
    for span in spans.values():
        span.end()
