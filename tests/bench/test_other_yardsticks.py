"""What the beacon, ordinary requests and sockets are compared with does the work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import valkey

from app.auth.tokens import Tokens
from bench.device import Device
from bench.yardsticks import commands
from bench.yardsticks.bare import BEACON
from tests.bench.services import NEEDS_NODE, Start

pytestmark = pytest.mark.not_on("cluster", "the yardsticks have plain clients of one server")

COUNTING = [
    pytest.param(lambda: commands.uvicorn("counting:counted"), id="Python"),
    pytest.param(lambda: commands.node("beacon"), marks=NEEDS_NODE, id="Fastify"),
]
EMPTY = [
    pytest.param(lambda: commands.uvicorn("bare:no_content"), id="bare"),
    pytest.param(lambda: commands.uvicorn("falcon_app:application"), id="Falcon"),
    pytest.param(lambda: commands.node("empty"), marks=NEEDS_NODE, id="Fastify"),
]


@pytest.mark.parametrize("command", COUNTING)
def test_counting_counts_the_mitras_who_are_online_fresh_and_not_full(
    command: Callable[[], list[str]], start: Start, valkey_url: str
) -> None:
    now, long_ago = (datetime.now(UTC) - age for age in (timedelta(0), timedelta(hours=2)))
    available, stale, full, deactivated, silent = (str(uuid4()) for _ in range(5))
    with valkey.Valkey.from_url(valkey_url) as mirror:
        mirror.sadd("mitras:online", available, stale, full, deactivated, silent)
        mirror.sadd("mitras:deactivated", deactivated)
        for mitra, capacity, beat in ((available, 2, now), (stale, 0, long_ago), (full, 3, now), (deactivated, 0, now)):
            mirror.set(f"mitra:capacity:{mitra}", capacity)
            mirror.set(f"mitra:heartbeat:{mitra}", beat.isoformat(timespec="milliseconds").replace("+00:00", "Z"))

        answer = start(command()).get("/counted").json()

    assert answer == {"available": True, "available_mitras": 1}


@NEEDS_NODE
def test_fastify_answers_the_key_itself(start: Start, valkey_url: str) -> None:
    with valkey.Valkey.from_url(valkey_url) as mirror:
        mirror.set("availability:snapshot", BEACON)

    answer = start(commands.node("beacon")).get("/api/availability")

    assert (answer.content, answer.headers["content-type"]) == (BEACON, "application/json; charset=utf-8")


def test_the_bare_beacon_answers_at_once(start: Start) -> None:
    answer = start(commands.uvicorn("bare:beacon")).get("/api/availability")

    assert (answer.content, answer.headers["content-type"]) == (BEACON, "application/json")


@pytest.mark.parametrize("command", EMPTY)
def test_an_empty_answer_is_204(command: Callable[[], list[str]], start: Start) -> None:
    answer: httpx.Response = start(command()).get("/healthz")

    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_bare_falcon_app_holds_a_socket(start: Start, tokens: Tokens) -> None:
    port = start(commands.uvicorn("falcon_app:application")).base_url.port
    assert port is not None

    device = await Device.open(port, tokens.issue("mitra", uuid4(), uuid4()))

    device.send(b"anything")
    assert not device.closed.done()
    device.transport.close()
    await device.closed
