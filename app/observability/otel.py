"""Spans by OpenTelemetry, sent by OTLP over HTTP. Only `app.observability.tracing` loads this, where traces are on.

The SDK's own variables hold, such as OTEL_TRACES_SAMPLER and OTEL_EXPORTER_OTLP_HEADERS.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Token
from importlib.metadata import version

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.observability.tracing import Attribute

CLOSE_SECONDS = 1.0

_propagator = TraceContextTextMapPropagator()


class OtelSpan:
    """A span of OpenTelemetry."""

    def __init__(self, span: trace.Span, token: Token[Context] | None = None) -> None:
        """`token` is what made it the current one."""
        self._span = span
        self._token = token

    @property
    def traceparent(self) -> str | None:
        """As in `app.observability.tracing`."""
        if not self._span.get_span_context().trace_flags.sampled:
            return None
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, trace.set_span_in_context(self._span))
        return carrier["traceparent"]

    def name(self, name: str) -> None:
        """As there."""
        self._span.update_name(name)

    def tell(self, **facts: Attribute) -> None:
        """As there."""
        self._span.set_attributes({f"halobestie.{name}": fact for name, fact in facts.items()})

    def end(self) -> None:
        """As there."""
        self._span.end()
        if self._token is not None:
            context.detach(self._token)


class OtelTracer:
    """Makes spans and sends them, some seconds' worth together, from a thread of its own."""

    def __init__(self, endpoint: str, *, process: str) -> None:
        """`endpoint` is the collector's address without the path; `process` is in `service.name`."""
        about = {"service.name": f"halobestie-{process}", "service.version": version("halobestie")}
        # At its end the process waits for nobody: `close` does, for as long as it may.
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))
        )
        self._tracer = self._provider.get_tracer("halobestie")

    def serve(self, name: str, traceparent: str | None) -> OtelSpan:
        """As in `app.observability.tracing`."""
        span = self._tracer.start_span(name, _parent(traceparent), SpanKind.SERVER)
        return OtelSpan(span, context.attach(trace.set_span_in_context(span)))

    @contextmanager
    def child(self, name: str) -> Iterator[OtelSpan | None]:
        """As there."""
        if not trace.get_current_span().is_recording():
            yield None
            return
        # What an exception says may quote values, so a span says only that there was one.
        with self._tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield OtelSpan(span)
            except BaseException as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", type(error).__name__)
                raise

    def carry(self, name: str, traceparent: str) -> OtelSpan:
        """As there."""
        return OtelSpan(self._tracer.start_span(name, _parent(traceparent), SpanKind.CONSUMER))

    def close(self) -> None:
        """As there."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def _parent(traceparent: str | None) -> Context:
    """A context in which a span belongs to this trace, or else to none."""
    return _propagator.extract({} if traceparent is None else {"traceparent": traceparent}, Context())
