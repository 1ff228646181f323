"""The control centre's app."""

from uuid import uuid4

import httpx
import psycopg
import pytest

from app.services import InternalServices
from app.serving.apps import create_internal_app
from app.settings import InternalSettings
from tests.support.http_apps import problem, serving
from tests.support.market import PASSWORD, Market
from tests.support.mirror import seed_mirror
from tests.support.tokens import bearer
from tests.support.valkey_client import async_client_of, keys_at
from tests.support.waiting import PATIENCE_SECONDS

LOGIN = "/internal/auth/login"


async def test_an_operator_logs_in_refreshes_and_logs_out(internal: httpx.AsyncClient, market: Market) -> None:
    operator = market.operator()
    email = market.email(operator)
    answer = await internal.post(LOGIN, json={"email": email.upper(), "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"] == {"id": str(operator.id), "type": "cc", "display_name": "Ayu"}
    tokens = (
        await internal.post("/internal/auth/refresh", json={"refresh_token": answer.json()["refresh_token"]})
    ).json()
    headers = bearer(tokens["access_token"])
    assert (await internal.get("/internal/dashboard", headers=headers)).status_code == 200
    assert (await internal.post("/internal/auth/logout", headers=headers)).status_code == 204
    gone = await internal.post("/internal/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert problem(gone) == (401, "UNAUTHENTICATED")


async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(
    internal: httpx.AsyncClient, market: Market
) -> None:
    operator = market.operator()
    email = market.email(operator)
    answers = [
        (await internal.post(LOGIN, json={"email": given, "password": "wrong"})) for given in (email, "no@example.com")
    ]
    bodies = [answer.json() for answer in answers]
    for body in bodies:
        body.pop("request_id")
    assert problem(answers[0]) == (401, "UNAUTHENTICATED")
    assert bodies[0] == bodies[1]


async def test_a_switched_off_operator_does_not_get_in(internal: httpx.AsyncClient, market: Market) -> None:
    operator = market.operator()
    email = market.value(
        "UPDATE core.control_center_users SET is_active = false WHERE id = %s RETURNING email", operator.id
    )
    assert problem(await internal.post(LOGIN, json={"email": email, "password": PASSWORD})) == (401, "UNAUTHENTICATED")
    assert problem(await internal.get("/internal/dashboard", headers=operator.headers)) == (401, "UNAUTHENTICATED")


async def test_an_apps_refresh_token_is_refused_here(api: httpx.AsyncClient, internal: httpx.AsyncClient) -> None:
    token = (await api.post("/api/auth/customer/anonymous")).json()["refresh_token"]
    refused = await internal.post("/internal/auth/refresh", json={"refresh_token": token})
    assert problem(refused) == (401, "UNAUTHENTICATED")
    assert (await api.post("/api/auth/refresh", json={"refresh_token": token})).status_code == 200


async def test_a_mitra_is_made_with_a_number_as_people_write_it(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    body = {"display_name": "Dewi", "phone": "0812-3333-4444", "max_sessions": 2}
    made = await internal.post("/internal/mitras", json=body, headers=headers)
    assert made.status_code == 201
    mitra = made.json()
    assert mitra.pop("id")
    assert mitra == {
        "display_name": "Dewi", "phone": "+6281233334444", "is_active": True, "is_online": False, "max_sessions": 2,
        "mitra_share_percent": None, "is_held": False,
        "state": "offline", "capacity": 0, "slots": 2, "version": 1,
        "unanswered_offers": 0, "last_answer_at": None,
    }  # fmt: skip
    again = await internal.post("/internal/mitras", json=body, headers=headers)
    assert again.status_code == 409
    without = await internal.post(
        "/internal/mitras", json={"display_name": "Rina", "phone": "+6281233335555"}, headers=headers
    )
    assert without.status_code == 201
    items = (await internal.get("/internal/mitras", headers=headers)).json()["items"]
    assert {item["display_name"] for item in items} == {"Dewi", "Rina"}


async def test_a_mitra_that_can_not_be_is_refused(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    wrong: list[tuple[dict[str, object], str]] = [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"display_name": "a\u0000b"}, "display_name"),
        ({"phone": "12"}, "phone"),
        ({"max_sessions": 0}, "max_sessions"),
        ({"max_sessions": 10**20}, "max_sessions"),
        ({"is_active": False}, "is_active"),
    ]
    for changes, field in wrong:
        body = {"display_name": "Dewi", "phone": "+6281233334444"} | changes
        answer = await internal.post("/internal/mitras", json=body, headers=headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), changes
        assert answer.json()["field"] == field, changes
    assert market.value("SELECT count(*) FROM core.mitras") == 0


async def test_a_mitra_is_deactivated_and_activated_and_the_audit_log_knows_who_and_when(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    operator, mitra = market.operator(), market.mitra()
    path = f"/internal/mitras/{mitra.id}"
    headers = operator.headers | {"X-Request-ID": "they-asked"}
    off = await internal.post(f"{path}/deactivate", headers=headers)
    assert (off.status_code, off.json()["is_active"], off.json()["is_online"]) == (200, False, False)
    refused = await api.post("/api/mitra/status/online", headers=mitra.headers)
    assert problem(refused) == (403, "MITRA_DEACTIVATED")
    on = await internal.post(f"{path}/activate", headers=operator.headers)
    assert on.json()["is_active"] is True
    logged = market.value(
        "SELECT action || ' ' || request_id FROM core.audit_log WHERE subject = %s AND action = 'mitra.deactivate'",
        str(mitra.id),
    )
    assert logged == "mitra.deactivate they-asked"
    assert problem(await internal.post(f"/internal/mitras/{uuid4()}/activate", headers=headers)) == (404, "NOT_FOUND")


async def test_the_dashboard_shows_this_moment(internal: httpx.AsyncClient, market: Market) -> None:
    market.mitra()
    busy = market.mitra()
    market.session(market.customer(), busy)
    market.search(market.customer())
    board = (await internal.get("/internal/dashboard", headers=market.operator().headers)).json()
    assert (board["active_chats"], board["pending_requests"], board["online_mitras"]) == (1, 1, 2)
    assert [row["active_session_count"] for row in board["customers_per_mitra"]] == [1, 0]
    assert board["customers_per_mitra"][0] == {
        "id": str(busy.id), "display_name": "Sari", "active_session_count": 1, "slots": 3, "free_slots": 2,
    }  # fmt: skip
    assert board["free_slots"] == 5
    assert board["sensitive"] == {
        "total": 0, "last_30d_total": 2, "last_30d_sensitive": 0, "last_30d_percent": 0,
    }  # fmt: skip
    assert board["money"]["unaccounted"] == 0


async def test_a_route_is_for_those_whose_role_allows_it(internal: httpx.AsyncClient, market: Market) -> None:
    nobody = uuid4()
    routes = [
        ("GET", "/internal/dashboard", None, '{"dashboard": ["read"]}'),
        ("GET", "/internal/mitras", None, '{"mitra": ["read"]}'),
        ("POST", "/internal/mitras", {"display_name": "Dewi", "phone": "+6281233334444"}, '{"mitra": ["create"]}'),
        ("POST", f"/internal/mitras/{nobody}/activate", None, '{"mitra": ["update"]}'),
        ("POST", f"/internal/mitras/{nobody}/deactivate", None, '{"mitra": ["update"]}'),
        ("GET", "/internal/mirror", None, '{"mirror": ["read"]}'),
        ("POST", "/internal/mirror/reseed", None, '{"mirror": ["update"]}'),
    ]
    everything_else = '{"mitra": ["delete"], "sessions": ["read", "update"], "audit": ["read"], "pii": ["read"]}'
    refused = market.operator(market.role(everything_else))
    for method, path, body, permissions in routes:
        allowed = market.operator(market.role(permissions))
        answer = await internal.request(method, path, json=body, headers=refused.headers)
        assert problem(answer) == (403, "FORBIDDEN"), path
        assert problem(await internal.request(method, path, json=body)) == (401, "UNAUTHENTICATED"), path
        answer = await internal.request(method, path, json=body, headers=allowed.headers)
        assert answer.status_code in {200, 201, 202, 404}, path


async def test_prometheus_reads_routes_as_templates_and_no_ids(internal: httpx.AsyncClient, market: Market) -> None:
    path = f"/internal/mitras/{uuid4()}/activate"
    await internal.post(path, headers=market.operator().headers)
    page = (await internal.get("/metrics")).text
    assert 'route="/internal/mitras/{mitra_id}/activate"' in page
    assert path not in page
    assert "halobestie_database_connections{" in page
    assert 'halobestie_database_call_seconds_count{function="ActivateMitra_post"}' in page


async def test_the_mirror_is_reported_true_when_it_is_and_not_whole_when_it_is_not(
    internal: httpx.AsyncClient, internal_settings: InternalSettings, conn: psycopg.Connection, market: Market
) -> None:
    headers = market.operator().headers
    mitra = market.mitra()
    empty = (await internal.get("/internal/mirror", headers=headers)).json()
    assert (empty["is_whole"], empty["mitras"]) == (False, None)
    assert empty["drift"] > 0
    await seed_mirror(internal_settings, conn)
    whole = (await internal.get("/internal/mirror", headers=headers)).json()
    assert (whole["is_whole"], whole["drift"], whole["online"]) == (True, 0, 1)
    keys = keys_at(internal_settings.valkey_url)
    async with async_client_of(internal_settings.valkey_url) as client:
        await client.delete(keys.settings)
        damaged = await internal.get("/internal/mirror", headers=headers)
        assert damaged.status_code == 200
        assert [one["key"] for one in damaged.json()["differences"]] == [f"{keys.settings} heartbeat_stale_ms"]
        for field in ("leader", "whole_since", "seeded_at", "lag_ms"):
            await seed_mirror(internal_settings, conn)
            await client.execute_command("HSET", keys.epoch, field, "nonsense")  # type: ignore[no-untyped-call]
            planted = await internal.get("/internal/mirror", headers=headers)
            assert (planted.status_code, planted.json()["is_whole"]) == (200, False), field
    await seed_mirror(internal_settings, conn)
    market.value("SELECT api.go_offline(%s)", mitra.id)
    behind = (await internal.get("/internal/mirror", headers=headers)).json()
    assert behind["drift"] == len(behind["differences"]) > 0


@pytest.mark.not_on("pooler", "the settings of the roles hold there")
async def test_the_mirror_is_compared_by_statements_with_the_limit_of_the_control_centre(
    internal_settings: InternalSettings, conn: psycopg.Connection, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InternalServices, "statement_timeout", 1.0)
    await seed_mirror(internal_settings, conn)
    conn.execute(
        "CREATE OR REPLACE FUNCTION api.mirror_rules()"
        " RETURNS TABLE (heartbeat_stale_seconds integer, heartbeat_fallback_slack_seconds integer)"
        " LANGUAGE sql AS 'SELECT 90, 60 FROM pg_sleep(3)'"
    )
    async with serving(create_internal_app(internal_settings)) as internal:
        answer = await internal.get("/internal/mirror", headers=market.operator().headers)
    assert problem(answer) == (503, "SERVICE_UNAVAILABLE")


async def test_a_reseed_is_asked_of_the_listener(
    internal: httpx.AsyncClient, conn: psycopg.Connection, market: Market
) -> None:
    conn.execute("LISTEN mitra_mirror")
    answer = await internal.post("/internal/mirror/reseed", headers=market.operator().headers)
    assert (answer.status_code, answer.content) == (202, b"")
    (notice,) = conn.notifies(timeout=PATIENCE_SECONDS, stop_after=1)
    assert notice.payload == "reseed"
