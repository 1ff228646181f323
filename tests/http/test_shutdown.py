"""The end of a server: what is under way is finished, and what takes too long is told to come again."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from app.wire.bounds import Bounds
from app.wire.http_protocol import HttpProtocol
from tests.http.raw_server import served
from tests.support.http_apps import problem, serving
from tests.support.market import Market
from tests.support.waiting import PATIENCE_SECONDS, eventually


async def test_a_request_that_is_under_way_is_answered_and_one_that_takes_too_long_is_told_to_come_again() -> None:
    begun = asyncio.Semaphore(0)

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        begun.release()
        await asyncio.sleep(0.2 if scope["path"] == "/soon" else 600)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        async with served(slow) as port:  # with the seconds of our servers: the protocol is sooner than uvicorn
            asking = [asyncio.create_task(client.get(f"http://127.0.0.1:{port}{path}")) for path in ("/soon", "/never")]
            for _ in asking:
                await begun.acquire()
        soon, never = await asyncio.gather(*asking)
    assert soon.status_code == 204
    assert problem(never) == (503, "SERVICE_UNAVAILABLE")
    assert int(never.headers["retry-after"]) > 0
    assert never.headers["connection"] == "close"


@pytest.mark.usefixtures("long_locks")
async def test_a_command_that_waits_for_a_lock_is_cut_in_time(
    api_settings: ApiSettings, market: Market, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HttpProtocol, "bounds", Bounds(cut_seconds=0.5))
    settings = api_settings.model_copy(update={"cors_origins": ["https://app.example"]})
    customer = market.customer()
    market.mitra()
    package = market.package()

    async def somebody_waits() -> bool:
        return await market.queue_for_locks() > 0

    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM core.customers WHERE id = %s FOR NO KEY UPDATE", [customer.id])
        headers = customer.headers | {"Origin": "https://app.example", "X-Request-ID": "mine"}
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, headers=headers) as client:
            async with serving(create_public_app(settings)) as served_by:
                address = f"{served_by.base_url}/api/payment-requests"
                asking = asyncio.create_task(client.post(address, json={"package_id": str(package)}))
                await eventually(somebody_waits, "the request waits for the customer")
            answer = await asking
    assert problem(answer) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert int(answer.headers["retry-after"]) > 0
