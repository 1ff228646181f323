"""A process whose clock is wrong says so, and issues no tokens."""

import time

import httpx
import pytest
import time_machine
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.support.http_apps import problem


@pytest.mark.parametrize(("ahead", "is_right"), [(-3600, False), (-6, False), (-4, True), (4, True), (6, False)])
async def test_a_clock_that_differs_from_the_databases_by_over_five_seconds_issues_no_tokens(
    api: httpx.AsyncClient, ahead: int, is_right: bool
) -> None:
    refresh_token = (await api.post("/api/auth/customer/anonymous")).json()["refresh_token"]
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(time.time() + ahead):
        patch.setattr("app.readiness.clock.LOOK_SECONDS", 0.0)
        ready = await api.get("/readyz")
        answers = [
            await api.post("/api/auth/customer/anonymous"),
            await api.post("/api/auth/refresh", json={"refresh_token": refresh_token}),
        ]
        alive = await api.get("/healthz")
        shown = REGISTRY.get_sample_value("halobestie_clock_ahead_seconds", {"against": "database"})
    assert shown == pytest.approx(ahead, abs=1)
    assert alive.status_code == 200
    if is_right:
        assert [answer.status_code for answer in (ready, *answers)] == [200, 201, 200]
    else:
        assert {problem(answer) for answer in (ready, *answers)} == {(503, "SERVICE_UNAVAILABLE")}
        assert "clock" in ready.json()["detail"]
    assert (await api.get("/readyz")).status_code == (200 if is_right else 503)  # a look is good for five seconds


async def test_a_clock_that_stays_wrong_is_told_of_again(api: httpx.AsyncClient) -> None:
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(time.time() + 3600), capture_logs() as lines:
        patch.setattr("app.readiness.clock.LOOK_SECONDS", 0.0)
        for again_seconds in (60.0, 60.0, 0.0):
            patch.setattr("app.readiness.clock.AGAIN_SECONDS", again_seconds)
            await api.get("/readyz")
    told = [line for line in lines if line["event"] == "clock_wrong"]
    assert [line["log_level"] for line in told] == ["error"] * 2
