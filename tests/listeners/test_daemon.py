"""The listener as a whole: start, health port, end."""

import signal

import psycopg
import pytest
from prometheus_client import generate_latest

from app.development.valkey import EmbeddedValkey
from app.observability import metrics
from app.settings import ListenerSettings
from tests.support.listening import Agrees, Listening, listening, metric_in
from tests.support.market import Market
from tests.support.waiting import eventually


async def test_what_became_due_while_nothing_ran_is_settled_before_the_port_opens(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    session_id = market.session(market.customer(), market.mitra())
    unpaid = market.payment(market.customer())
    conn.execute("UPDATE core.chat_sessions SET expires_at = now() - interval '1 hour' WHERE id = %s", [session_id])
    conn.execute("UPDATE core.payment_requests SET expires_at = now() - interval '1 hour' WHERE id = %s", [unpaid])
    async with listening(listener_settings):
        assert market.value("SELECT status FROM core.chat_sessions WHERE id = %s", session_id) in (
            "closing",
            "completed",
        )
        assert market.value("SELECT status FROM core.payment_requests WHERE id = %s", unpaid) == "expired"


async def test_the_health_port_tells_everything(listener: Listening) -> None:
    async def is_well() -> bool:
        return bool((await listener.get("/readyz")).json()["status"] == "ok")

    assert (await listener.get("/healthz")).json() == {"status": "ok"}
    await eventually(is_well, "the mirror's sign of life is seen")
    answer = await listener.get("/readyz")
    assert answer.status_code == 200
    report = answer.json()
    assert report.keys() == {
        "status", "postgres", "valkey", "leading", "epoch", "queue", "lag_ms", "sweeps", "reasons"
    }  # fmt: skip
    assert (report["status"], report["postgres"], report["valkey"], report["leading"]) == ("ok", "up", "up", True)
    assert report["sweeps"].keys() == {
        "heartbeat_copy", "auto_offline", "payments", "session_timers", "search_progress", "partitions", "prune",
        "notification_queue", "mirror", "low_water", "figures", "horizon", "sweep_runs", "payouts", "exports",
        "replays", "invariants",
    }  # fmt: skip

    async def has_nothing_to_write() -> bool:
        return "halobestie_mirror_queue_mitras 0.0" in (await listener.get("/metrics")).text

    await eventually(has_nothing_to_write, "the mirror's queue is empty")
    page = await listener.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    for series in (
        "halobestie_listener_leading 1.0",
        "halobestie_listener_listening 1.0",
        "halobestie_mirror_lag_seconds_count",
        "halobestie_event_lag_seconds_count",
        "halobestie_notification_queue_usage_ratio",
        'halobestie_sweep_duration_seconds{sweep="payments"}',
    ):
        assert series in page.text
    assert (await listener.get("/nothing")).status_code == 404


async def test_changes_that_a_stopped_listener_did_not_write_are_no_longer_counted(
    listener_settings: ListenerSettings, own_valkey: EmbeddedValkey, market: Market
) -> None:
    mitra = market.mitra()
    async with listening(listener_settings.model_copy(update={"valkey_url": own_valkey.url})) as listener:
        own_valkey.child.send_signal(signal.SIGSTOP)
        market.value("SELECT api.go_offline(%s)", mitra.id)

        async def waits() -> bool:
            return await listener.metric("halobestie_mirror_queue_mitras") == 1

        await eventually(waits, "a change waits for Valkey")
        await listener.stop()
    assert metric_in(generate_latest(metrics.LISTENER).decode(), "halobestie_mirror_queue_mitras") == 0


@pytest.mark.not_on("pooler", "it counts connections, which the pooler makes")
async def test_a_leading_listener_holds_eight_connections_at_most(
    listener: Listening, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    connections = """
        SELECT application_name, count(*)::integer FROM pg_stat_activity
        WHERE usename = 'halo_listener' AND datname = current_database() GROUP BY 1
    """
    names = {f"halobestie-{name}" for name in ("listen", "mirror", "lease", "events", "work", "sweeps")}
    most: dict[str, int] = {}

    async def leads_with_all_of_them() -> bool:
        market.session(market.customer(), market.mitra())  # a change, without which the mirror's is not made again
        for name, count in conn.execute(connections):
            most[name] = max(most.get(name, 0), count)
        return most.keys() >= names and bool((await listener.get("/readyz")).json()["leading"])

    for _ in range(20):
        await leads_with_all_of_them()
    await agrees()
    await eventually(leads_with_all_of_them, "each connection is made again where a busy machine cost it its time")
    assert most.keys() == names
    assert sum(most.values()) <= 8, most


async def test_a_reseed_period_of_zero_means_no_regular_reseed(listener_settings: ListenerSettings) -> None:
    settings = listener_settings.model_copy(update={"valkey_online_mirror_sweep_seconds": 0})
    async with listening(settings) as listener:
        assert "mirror" not in (await listener.get("/readyz")).json()["sweeps"]


async def test_a_failing_sweep_is_counted_and_the_next_one_runs(
    listener_settings: ListenerSettings, conn: psycopg.Connection
) -> None:
    settings = listener_settings.model_copy(update={"payment_sweep_seconds": 0.1})
    async with listening(settings) as listener:

        async def outcome_is(outcome: str) -> bool:
            return (await listener.sweep("payments"))["outcome"] == outcome

        await eventually(lambda: outcome_is("ok"), "the sweep runs")
        conn.execute("REVOKE EXECUTE ON FUNCTION api.expire_stale_payment_requests() FROM halo_listener")
        await eventually(lambda: outcome_is("failed"), "the sweep fails")
        assert await listener.metric('halobestie_sweep_runs_total{outcome="failed",sweep="payments"}') > 0
        conn.execute("GRANT EXECUTE ON FUNCTION api.expire_stale_payment_requests() TO halo_listener")
        await eventually(lambda: outcome_is("ok"), "the next one runs")
