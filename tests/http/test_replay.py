"""What yesterday would have been is asked for by operators who may, is cancelled, and refuses what makes no sense."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from tests.support.http_apps import problem
from tests.support.market import Market

NOW = datetime.now(UTC) - timedelta(minutes=1)


def time(*, days: float = 1, ago: float = 0) -> dict[str, str]:
    until = NOW - timedelta(days=ago)
    return {"from": (until - timedelta(days=days)).isoformat(), "to": until.isoformat()}


async def test_too_few_searches_are_answered_at_once(internal: httpx.AsyncClient, market: Market) -> None:
    operator = market.operator()
    asked = await internal.post("/internal/replay", json=time(), headers=operator.headers)
    assert (asked.status_code, asked.json()["answer"], asked.json()["state"]) == (202, "too few", "done")
    assert asked.json()["calibration"] is None
    again = await internal.get(f"/internal/replay/{asked.json()['id']}", headers=operator.headers)
    assert again.json() == asked.json()
    listed = (await internal.get("/internal/replay", headers=operator.headers)).json()
    assert [one["id"] for one in listed["items"]] == [asked.json()["id"]]
    other = (await internal.get("/internal/replay", headers=market.operator().headers)).json()
    assert other["items"] == []


async def test_asked_for_twice_with_a_key_it_is_made_once(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers | {"Idempotency-Key": str(uuid4())}
    first, again = [await internal.post("/internal/replay", json=time(), headers=headers) for _ in range(2)]
    assert (first.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert again.json() == first.json()
    assert market.value("SELECT count(*) FROM core.replays") == 1


async def test_what_makes_no_sense_is_refused(internal: httpx.AsyncClient, market: Market) -> None:
    operator = market.operator()
    for body, field in (
        ({}, "from"),
        (time(days=8), "from"),
        (time(ago=-1), "to"),
        (time(days=-1), "to"),
        ({**time(), "settings": {"pairing_timeout_seconds": 5}}, "settings"),
        ({**time(), "settings": {"blast_size": 1000}}, None),
        ({**time(), "settings": 5}, "settings"),
    ):
        refused = await internal.post("/internal/replay", json=body, headers=operator.headers)
        assert problem(refused) == (422, "VALIDATION_ERROR"), body
        if field is not None:
            assert refused.json()["field"] == field
    assert problem(await internal.get(f"/internal/replay/{uuid4()}", headers=operator.headers)) == (404, "NOT_FOUND")


async def test_it_needs_the_permission_and_is_written_down_and_cancelled(
    internal: httpx.AsyncClient, market: Market
) -> None:
    market.value("SELECT api.seed_demo()")
    market.value("SELECT api.seed_demo_history(1, 500)")
    operator = market.operator()
    market.value("SELECT api.create_role('counts', '{\"dashboard\": [\"read\"]}')")
    stranger = market.operator("counts")
    assert problem(await internal.post("/internal/replay", json=time(), headers=stranger.headers)) == (403, "FORBIDDEN")
    body = {**time(days=2), "settings": {"blast_size": 3}}
    asked = (await internal.post("/internal/replay", json=body, headers=operator.headers)).json()
    assert (asked["state"], asked["answer"], asked["progress_percent"]) == ("running", None, 0)
    written = market.value("SELECT after -> 'settings' FROM core.audit_log WHERE subject = %s", asked["id"])
    assert written == {"blast_size": 3}

    cancelled = await internal.post(f"/internal/replay/{asked['id']}/cancel", json={}, headers=operator.headers)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = await internal.post(f"/internal/replay/{asked['id']}/cancel", json={}, headers=operator.headers)
    assert again.json() == cancelled.json()
