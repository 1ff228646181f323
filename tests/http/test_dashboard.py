"""The dashboard as it changes, and over time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from structlog.testing import capture_logs

from app.live.looks import Live
from app.serving.apps import create_internal_app
from app.serving.server import UVICORN
from app.settings import InternalSettings
from app.wire.bounds import Bounds
from app.wire.http_protocol import HttpProtocol
from tests.support.http_apps import problem, serving
from tests.support.market import Market, Person
from tests.support.waiting import PATIENCE_SECONDS, eventually

STREAM = "/internal/dashboard/stream"
HISTORY = "/internal/dashboard/history"


class EventSource:
    """An open stream: its events, read as they are asked for."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def event(self) -> dict[str, str]:
        """The next event or comment, by field; empty at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(":")
                fields[name or "comment"] = value.removeprefix(" ")
        return fields

    async def figures(self) -> dict[str, Any]:
        """What the next event shows."""
        shown: dict[str, Any] = json.loads((await self.event())["data"])
        return shown


@asynccontextmanager
async def streaming(internal: httpx.AsyncClient, operator: Person, **headers: str) -> AsyncIterator[EventSource]:
    async with internal.stream("GET", STREAM, headers={**operator.headers, **headers}) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield EventSource(answer)


def without_time(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name != "server_time"}


async def test_the_stream_shows_the_dashboard_and_then_each_change(internal: httpx.AsyncClient, market: Market) -> None:
    operator, mitra = market.operator(), market.mitra()
    async with streaming(internal, operator) as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        first = await stream.figures()
        board = (await internal.get("/internal/dashboard", headers=operator.headers)).json()
        assert without_time(first) == without_time(board)

        market.session(market.customer(), mitra)

        async def moved() -> bool:
            return bool((await stream.figures())["active_chats"] == 1)

        await eventually(moved, "the session is shown")


async def test_all_streams_share_one_look_a_second(internal: httpx.AsyncClient, market: Market) -> None:
    operator = market.operator()
    async with (
        streaming(internal, operator) as one,
        streaming(internal, operator) as other,
    ):
        first, second = await asyncio.gather(one.event(), other.event())
        assert first == second
        market.mitra()
        third, fourth = await asyncio.gather(one.event(), other.event())
        assert third == fourth
        assert third["id"] != first["id"]


async def test_who_comes_back_with_the_last_id_gets_only_what_is_new(
    internal: httpx.AsyncClient, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.live.looks.QUIET_SECONDS", 1.5)
    operator = market.operator()
    async with streaming(internal, operator) as stream:
        seen = await stream.event()
    async with streaming(internal, operator, **{"Last-Event-ID": seen["id"]}) as stream:
        assert await stream.event() == {"comment": "nothing new"}
        market.mitra()
        news = await stream.event()
        while news == {"comment": "nothing new"}:
            news = await stream.event()
        assert json.loads(news["data"])["online_mitras"] == 1


@pytest.mark.parametrize(
    "loss",
    [
        "UPDATE core.control_center_users SET is_active = false WHERE id = %s",
        "UPDATE core.control_center_users SET role_id = (SELECT id FROM core.roles WHERE name = 'idle') WHERE id = %s",
    ],
)
async def test_a_stream_ends_with_the_loss_of_its_permission_and_no_other_does(
    internal: httpx.AsyncClient, market: Market, conn: psycopg.Connection, loss: str
) -> None:
    watcher = market.operator(market.role('{"dashboard": ["read"]}'))
    other = market.operator()
    conn.execute("INSERT INTO core.roles (name, permissions) VALUES ('idle', '{}')")
    async with streaming(internal, watcher) as stream, streaming(internal, other) as still_open:
        await asyncio.gather(stream.event(), still_open.event())
        conn.execute(loss.encode(), [watcher.id])
        assert await stream.event() == {}
        market.mitra()
        assert "data" in await still_open.event()
    # A user who was switched off is logged out, too.
    assert problem(await internal.get(STREAM, headers=watcher.headers))[0] in (401, 403)


async def test_a_stream_ends_with_the_login_that_opened_it_and_not_with_another(
    internal: httpx.AsyncClient, market: Market
) -> None:
    operator = market.operator()
    other_login = market.log_in("cc", operator.id)
    async with streaming(internal, operator) as stream, streaming(internal, other_login) as still_open:
        await asyncio.gather(stream.event(), still_open.event())
        market.value("SELECT core.revoke_logins('cc', %s, 'logout', p_except => %s)", operator.id, other_login.login)
        assert await stream.event() == {}
        market.mitra()
        assert "data" in await still_open.event()
    assert problem(await internal.get(STREAM, headers=operator.headers)) == (401, "UNAUTHENTICATED")


async def test_after_a_fault_of_ours_the_next_look_comes_and_without_one_the_streams_end(
    internal: httpx.AsyncClient, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fail(_live: Live) -> None:
        failed.set()
        raise ZeroDivisionError

    operator = market.operator()
    async with streaming(internal, operator) as stream:
        await stream.event()
        with capture_logs() as logged, monkeypatch.context() as broken:
            broken.setattr(Live, "_look", fail)
            await asyncio.wait_for(failed.wait(), PATIENCE_SECONDS)
        assert [(line["event"], line["log_level"]) for line in logged] == [("live_look_failed", "error")]
        market.mitra()
        assert "data" in await stream.event()

        monkeypatch.setattr("app.live.looks.BLIND_SECONDS", 1.0)
        monkeypatch.setattr(Live, "_look", fail)
        assert await stream.event() == {}


async def test_a_stream_ends_at_once_when_the_process_stops(
    internal_settings: InternalSettings, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the process would wait long for whoever goes on."""
    monkeypatch.setattr(HttpProtocol, "bounds", Bounds(cut_seconds=600))
    monkeypatch.setitem(UVICORN, "timeout_graceful_shutdown", 600)
    operator = market.operator()
    async with serving(create_internal_app(internal_settings)) as internal:
        opened = await internal.send(internal.build_request("GET", STREAM, headers=operator.headers), stream=True)
        await EventSource(opened).event()
    await opened.aclose()


async def test_a_stream_has_no_head_and_asks_for_a_permission(internal: httpx.AsyncClient, market: Market) -> None:
    operator = market.operator(market.role('{"mitra": ["read"]}'))
    assert (await internal.head(STREAM, headers=operator.headers)).status_code == 405
    assert problem(await internal.get(STREAM, headers=operator.headers)) == (403, "FORBIDDEN")
    assert problem(await internal.get(STREAM)) == (401, "UNAUTHENTICATED")


async def test_a_metric_is_given_over_time(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    market.session(market.customer(), market.mitra())
    now = datetime.now(UTC)
    asked = {"metric": "sessions", "from": (now - timedelta(hours=2)).isoformat(), "to": now.isoformat()}

    answer = (await internal.get(HISTORY, params={**asked, "step": "hour"}, headers=headers)).json()

    assert (answer["metric"], answer["unit"], answer["step"]) == ("sessions", "sessions", "hour")
    assert [point["value"] for point in answer["items"]] in ([0, 0, 1], [0, 1, 0])  # the hour may just have begun
    assert len((await internal.get(HISTORY, params=asked, headers=headers)).json()["items"]) in (120, 121)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"metric": "happiness"}, "metric"),
        ({"step": "year"}, "step"),
        ({"from": "2026-01-01T00:00:00Z"}, "step"),
        ({"to": "2020-01-01T00:00:00Z"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-01-01T00:00:00"}, "to"),
    ],
)
async def test_a_history_that_makes_no_sense_is_refused_with_its_field(
    internal: httpx.AsyncClient, market: Market, changed: dict[str, str], field: str
) -> None:
    now = datetime.now(UTC)
    asked = {"metric": "sessions", "from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}

    refused = await internal.get(HISTORY, params={**asked, **changed}, headers=market.operator().headers)

    assert problem(refused) == (422, "VALIDATION_ERROR")
    assert refused.json()["field"] == field
