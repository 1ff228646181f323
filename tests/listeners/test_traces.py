"""Traces: a request, its SQL, the listener, the socket and the push have one; and nothing of it while it is off."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack

import httpx
import psycopg
import pytest

from app.observability import tracing
from app.settings import ApiSettings, ListenerSettings
from tests.support.collector import Collector, collecting
from tests.support.command import ROOT
from tests.support.listening import listening
from tests.support.market import Market, Person
from tests.support.sockets import served
from tests.support.waiting import PATIENCE_SECONDS, eventually

CALLER, CALLERS_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ENDED = "POST /api/chat/{session_id}/end"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """It gets the spans of this process, soon after each has ended."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with collecting() as collector, tracing.traced(collector.url, process="test"):
        yield collector


async def test_a_request_its_sql_the_listener_the_socket_and_the_push_are_one_trace(
    collector: Collector,
    api_settings: ApiSettings,
    listener_settings: ListenerSettings,
    market: Market,
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.register_push_token('customer', %s, 'a-phone')", customer.id)
    headers = {"traceparent": f"00-{CALLER}-{CALLERS_SPAN}-01"}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(listening(listener_settings))
        api = await stack.enter_async_context(served(api_settings))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}"))
        device = await stack.enter_async_context(api.open(mitra))
        answer = await http.post(f"/api/chat/{session}/end", headers=customer.headers | headers)
        assert answer.is_success, answer.text
        (frame,) = [frame for frame in await device.until("session_ended") if frame["type"] == "session_ended"]
        assert "traceparent" not in frame

        async def is_whole() -> bool:
            wanted = {ENDED, "api.end_session", "dispatch session_ended", "send session_ended", "push session_ended"}
            return wanted <= collector.of(CALLER).keys()

        await eventually(is_whole, f"all spans of the trace arrive, of {collector.spans}")
        await api.stop()

    spans = collector.of(CALLER)
    assert spans[ENDED].parent_id == CALLERS_SPAN
    assert spans["api.end_session"].parent_id == spans[ENDED].span_id
    dispatched = {span.span_id for span in collector.spans if span.name == "dispatch session_ended"}
    assert spans["dispatch session_ended"].parent_id == spans["api.end_session"].span_id
    assert spans["send session_ended"].parent_id in dispatched
    assert spans["push session_ended"].parent_id == spans["api.end_session"].span_id
    assert spans[ENDED].service == "halobestie-test"
    assert str(session) in spans[ENDED].attributes["halobestie.session_id"]


async def test_where_traces_can_not_be_read_events_and_pushes_go_on_without(
    collector: Collector,
    api_settings: ApiSettings,
    listener_settings: ListenerSettings,
    market: Market,
    conn: psycopg.Connection,
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.register_push_token('customer', %s, 'a-phone')", customer.id)
    conn.execute("REVOKE EXECUTE ON FUNCTION api.event_traces FROM halo_listener")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(listening(listener_settings))
        api = await stack.enter_async_context(served(api_settings))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}"))
        device = await stack.enter_async_context(api.open(mitra))
        await http.post(f"/api/chat/{session}/end", headers=customer.headers)
        await device.until("session_ended")

        async def is_sent() -> bool:
            return bool(market.value("SELECT 1 FROM core.pushes WHERE status = 'logged' AND type = 'session_ended'"))

        await eventually(is_sent, "the push is handed on")
        await api.stop()
    assert any(span.name == ENDED for span in collector.spans)


async def test_a_traced_call_leaves_no_trace_of_it_to_what_comes_after_it(
    collector: Collector, api_settings: ApiSettings, market: Market, mitra: Person, conn: psycopg.Connection
) -> None:
    sessions = [market.session(market.customer(), market.mitra(max_sessions=9)) for _ in range(2)]
    async with served(api_settings) as api, httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}") as http:
        for session, flags in zip(sessions, ("01", "00"), strict=True):
            customer = market.value("SELECT customer_id FROM core.chat_sessions WHERE id = %s", session)
            headers = market.log_in("customer", customer).headers
            trace = {"traceparent": f"00-{CALLER}-{CALLERS_SPAN}-{flags}"}
            await http.post(f"/api/chat/{session}/end", headers=headers | trace)
        market.session(market.customer(), mitra)  # by SQL alone
        await api.stop()
    traced = conn.execute(
        "SELECT DISTINCT payload ->> 'session_id' FROM core.events WHERE traceparent IS NOT NULL"
        " AND type = 'session_ended'"
    )
    assert traced.fetchall() == [(str(sessions[0]),)]
    untraced = conn.execute("SELECT count(*) FROM core.events WHERE traceparent IS NULL AND type = 'session_started'")
    assert untraced.fetchone() == (6,)


async def test_a_call_that_fails_is_marked_and_tells_no_values(
    collector: Collector, api_settings: ApiSettings, market: Market
) -> None:
    customer = market.customer()
    async with served(api_settings) as api, httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}") as http:
        answer = await http.post(f"/api/chat/{customer.id}/end?planted=1", headers=customer.headers)
        refused = await http.post(f"/api/chat/{customer.id}/end", headers=customer.headers)
        assert (answer.status_code, refused.status_code) == (422, 404)

        async def is_there() -> bool:
            return any("error.type" in span.attributes for span in collector.spans)

        await eventually(is_there, "the span of the call arrives")
        await api.stop()
    failed = [span for span in collector.spans if "error.type" in span.attributes]
    assert [span.name for span in failed] == ["api.end_session"]
    assert "planted" not in str(collector.spans)
    assert "No such session" not in str(collector.spans)


def test_while_it_is_off_nothing_of_it_is_loaded() -> None:
    script = (
        "import sys, app.serving.apps, app.cli.servers, listeners.daemon;"
        "print(sorted(name for name in sys.modules if name.startswith('opentelemetry')))"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
    assert tracing.tracer is None


async def test_a_collector_that_never_answers_holds_up_no_end() -> None:
    def trace(port: int) -> None:
        with tracing.traced(f"http://127.0.0.1:{port}", process="test"):
            assert tracing.tracer is not None
            tracing.tracer.serve("GET", None).end()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with asyncio.timeout(PATIENCE_SECONDS):  # a listener ends within eight seconds, an API within nine
            await asyncio.to_thread(trace, silent.getsockname()[1])
