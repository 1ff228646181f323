"""A whole paid session, over HTTP to real processes, where something has become of a server."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.development.valkey import EmbeddedValkey
from app.observability.session_log import lines_in, of_session
from tests.support.collector import Collector, collecting
from tests.support.valkey_client import client_of
from tests.support.visitors import Visitors, serving
from tests.support.waiting import until

pytestmark = pytest.mark.everywhere

ROOT = Path(__file__).parents[2]
ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}


def play(visitors: Visitors, conn: psycopg.Connection) -> str:
    session = visitors.begin()
    visitors.talk(session)
    visitors.end(session)
    assert conn.execute("SELECT * FROM ops.invariant_violations").fetchall() == []
    assert conn.execute("SELECT unaccounted FROM ops.money_balance").fetchall() == [(0,)]
    return session


def test_it_is_played_after_a_standby_was_promoted(
    own_postgres: EmbeddedPostgres, standby: EmbeddedPostgres, valkey_url: str
) -> None:
    ports = f"127.0.0.1:{own_postgres.port},127.0.0.1:{standby.port}"
    urls = {command: f"postgresql://{role}@{ports}/halobestie" for command, role in ROLES.items()}
    with (
        collecting() as collector,
        serving(
            list(ROLES),
            place=ROOT,
            url=urls,
            valkey_url=valkey_url,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="100",
        ) as served,
    ):
        own_postgres.kill()
        with psycopg.connect(standby.url("halobestie"), autocommit=True) as conn:
            conn.execute("SELECT pg_promote()")
            until(served.is_ready, "all processes have found the promoted server")
            session = play(Visitors(served, conn), conn)
            until(lambda: _the_log_tells_of(session, served.log), "the log tells of the session")
            until(lambda: _one_trace_leads_through_both(collector), "the spans of both arrive")


def _one_trace_leads_through_both(collector: Collector) -> bool:
    ended = [span for span in collector.spans if span.name == "POST /api/chat/{session_id}/end"]
    traces = [collector.of(span.trace_id) for span in ended]
    return any(
        {"halobestie-api", "halobestie-listener"} <= {span.service for span in trace.values()} for trace in traces
    )


def _the_log_tells_of(session: str, log: Path) -> bool:
    told = [line.fields for line in of_session(lambda: lines_in(log.read_text().splitlines()), session)]
    events = [fields["event"] for fields in told if fields["process"] == "listener"]
    routes = {fields["route"] for fields in told if fields["process"] == "api" and fields["event"] == "request"}
    asked_and_answered = {"/api/payment-requests", "/api/mitra/offers/{offer_id}/accept", "/api/chat/{session_id}/end"}
    return asked_and_answered <= routes and {"pairing_offer", "session_started", "session_ended"} <= set(events)


def test_it_is_played_with_a_full_valkey(
    conn: psycopg.Connection, app_url: Callable[[str], str], own_valkey: EmbeddedValkey
) -> None:
    urls = {command: app_url(role) for command, role in ROLES.items()}
    with (
        serving(list(ROLES), place=ROOT, url=urls, valkey_url=own_valkey.url) as served,
        client_of(own_valkey.url) as client,
    ):
        client.config_set("maxmemory", 1)
        play(Visitors(served, conn), conn)
