"""Goes on with the traces of events: a span for each event that a traced request told."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import psycopg
import structlog

from app.observability.faults import log_fault
from app.observability.tracing import Tracer, TraceSpan
from app.postgres.database import Connection
from app.sql.events import ClaimedEvent, EventTrace, event_traces

log = structlog.get_logger(__name__)

Place = tuple[str, int]
"""An event: its recipient and its number."""


class _Kind(msgspec.Struct):
    type: str


_read = msgspec.json.Decoder(_Kind).decode
_write = msgspec.json.Encoder().encode


async def begin(tracer: Tracer, conn: Connection, events: Sequence[ClaimedEvent]) -> dict[Place, TraceSpan]:
    """Begin the span of each of these events that has a trace; none when that can't be read: events go on without."""
    recipients, seqs = [event.recipient for event in events], [event.seq for event in events]
    try:
        async with conn.transaction():  # a savepoint: a fault here leaves the claim of the events as it is
            found = await event_traces(conn, recipients=recipients, seqs=seqs)
    except psycopg.Error as error:
        log_fault(log, "traces_not_read", error)
        return {}
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
