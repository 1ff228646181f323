"""Traces: which spans a request has, from HTTP through SQL to sockets and pushes. Off unless OTEL_… names a collector.

While it is off, `tracer` is None, nothing of OpenTelemetry is loaded, and no call of the database is another one.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Attribute = str | int | float | bool


class TraceSpan(Protocol):
    """Something that takes its time."""

    @property
    def traceparent(self) -> str | None:
        """How W3C writes it, for what it causes elsewhere; None when this trace is not sampled."""

    def name(self, name: str) -> None:
        """Call it otherwise, once that is known."""

    def tell(self, **facts: Attribute) -> None:
        """Add facts, as `halobestie.<name>`."""

    def end(self) -> None:
        """It is over, now."""


class Tracer(Protocol):
    """Makes spans."""

    def serve(self, name: str, traceparent: str | None) -> TraceSpan:
        """Begin the span of a request, which may belong to the trace of its caller; the current one until its end."""

    def child(self, name: str) -> AbstractContextManager[TraceSpan | None]:
        """A span of the current one; None without a current one: what nobody asked for is not traced."""

    def carry(self, name: str, traceparent: str) -> TraceSpan:
        """Begin a span of what was caused elsewhere."""

    def close(self) -> None:
        """Send what is left, for a second at most."""


tracer: Tracer | None = None
"""What makes spans in this process; None while traces are off."""


@contextmanager
def traced(endpoint: str | None, *, process: str) -> Iterator[None]:
    """Send the traces of this process to a collector, if `endpoint` names one."""
    global tracer  # one a process, and a name that costs nothing to look at
    if endpoint is None:
        yield
        return
    from app.observability.otel import OtelTracer

    tracer = OtelTracer(endpoint, process=process)
    try:
        yield
    finally:
        tracer.close()
        tracer = None
