"""What heartbeats are compared with does the work: it checks tokens, asks who is online, and records the beat."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import valkey

from app.auth.tokens import Tokens
from bench.yardsticks import commands
from tests.bench.services import NEEDS_GO, NEEDS_NODE, Start
from tests.support.tokens import bearer

pytestmark = pytest.mark.not_on("cluster", "the yardsticks have plain clients of one server")

PATH = "/api/mitra/status/heartbeat"


@pytest.fixture(
    params=[
        pytest.param(lambda _: commands.node("heartbeat_pipelined"), marks=NEEDS_NODE, id="Fastify"),
        pytest.param(lambda _: commands.node("heartbeat_coalesced"), marks=NEEDS_NODE, id="Fastify, coalescing"),
        pytest.param(commands.go, marks=NEEDS_GO, id="Go"),
    ]
)
def service(request: pytest.FixtureRequest, start: Start, tmp_path: Path) -> httpx.Client:
    """A client of each service that records heartbeats."""
    return start(request.param(tmp_path))


def test_it_records_the_beats_of_mitras_online_and_refuses_everybody_else(
    service: httpx.Client, tokens: Tokens, valkey_url: str
) -> None:
    online, offline, customer = uuid4(), uuid4(), uuid4()
    with valkey.Valkey.from_url(valkey_url, decode_responses=True) as mirror:
        mirror.sadd("mitras:online", str(online), str(customer))
        answers = [
            service.post(PATH, headers=bearer(tokens.issue("mitra", online, uuid4()))),
            service.post(PATH, headers=bearer(tokens.issue("mitra", offline, uuid4()))),
            service.post(PATH, headers=bearer(tokens.issue("customer", customer, uuid4()))),
            service.post(PATH, headers=bearer(Tokens("somebody else's secret " * 2).issue("mitra", online, uuid4()))),
            service.post(PATH),
        ]
        assert [answer.status_code for answer in answers] == [204, 409, 401, 401, 401]
        assert mirror.keys("mitra:heartbeat:*") == [f"mitra:heartbeat:{online}"]
        assert is_now(mirror.get(f"mitra:heartbeat:{online}"))


def test_it_records_all_beats_that_come_together(service: httpx.Client, tokens: Tokens, valkey_url: str) -> None:
    mitras = [uuid4() for _ in range(40)]

    def beat(mitra: UUID) -> int:
        return service.post(PATH, headers=bearer(tokens.issue("mitra", mitra, uuid4()))).status_code

    with valkey.Valkey.from_url(valkey_url) as mirror, ThreadPoolExecutor(20) as pool:
        mirror.sadd("mitras:online", *map(str, mitras[::2]))
        assert list(pool.map(beat, mitras)) == [204, 409] * 20
        assert mirror.exists(*(f"mitra:heartbeat:{mitra}" for mitra in mitras)) == 20


def is_now(at: object) -> bool:
    """Whether a time in ISO 8601 is a moment ago."""
    return abs(datetime.fromisoformat(str(at)) - datetime.now(UTC)) < timedelta(seconds=30)
